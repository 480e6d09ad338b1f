//! Where two artifacts differ, and by how much.
//!
//! Knows nothing of why they should be the same.

use std::{collections::BTreeSet, fmt};

use super::{Array, ArtifactError, Element, ElementType, Reader, content};

/// A dataset, or a group with attributes, that is not the same in two artifacts.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its path; empty for the artifact itself.
    pub path: String,
    /// What differs.
    pub differs: Differs,
}

/// What of a dataset differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Differs {
    /// Only one of the artifacts has it.
    Presence,
    /// Type or shape.
    Form,
    /// An attribute of this name.
    Attribute(String),
    /// Elements.
    Elements {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
        /// The largest distance.
        absolute: f64,
        /// The same over the largest size of an element of the first artifact.
        relative: f64,
    },
}

impl Difference {
    /// Whether it is one of numbers alone, of which none is further from the
    /// other than `tolerance` times the largest.
    #[must_use]
    pub fn is_within(&self, tolerance: f64) -> bool {
        matches!(self.differs, Differs::Elements { relative, .. } if relative <= tolerance)
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Presence => f.write_str("only one of both has it"),
            Self::Form => f.write_str("another type or shape"),
            Self::Attribute(name) => write!(f, "another attribute `{}`", name.escape_debug()),
            Self::Elements { count, of, .. } => write!(f, "{count} of {of} numbers"),
        }
    }
}

/// Everything that differs between two artifacts: groups first, then datasets,
/// each in order of their paths.
///
/// # Errors
/// If one of them is damaged.
pub fn differences(first: &Reader, second: &Reader) -> Result<Vec<Difference>, ArtifactError> {
    let (in_first, in_second) = (first.datasets("")?, second.datasets("")?);
    let mut differences = Vec::new();
    let groups = |paths: &[String]| content::groups_above(paths).into_iter().collect();
    let (of_first, of_second): (BTreeSet<String>, BTreeSet<String>) =
        (groups(&in_first), groups(&in_second));
    for path in of_first.intersection(&of_second) {
        differences.extend(attributes(first, second, path)?.map(|differs| at(path, differs)));
    }
    let all: BTreeSet<&String> = in_first.iter().chain(&in_second).collect();
    for path in all {
        let is_in_both =
            in_first.binary_search(path).is_ok() && in_second.binary_search(path).is_ok();
        let differs =
            if is_in_both { dataset(first, second, path)? } else { Some(Differs::Presence) };
        differences.extend(differs.map(|differs| at(path, differs)));
    }
    Ok(differences)
}

fn at(path: &str, differs: Differs) -> Difference {
    Difference { path: path.to_owned(), differs }
}

fn dataset(first: &Reader, second: &Reader, path: &str) -> Result<Option<Differs>, ArtifactError> {
    let element = first.element_type(path)?;
    let shape = first.shape(path)?;
    if (element, &shape) != (second.element_type(path)?, &second.shape(path)?) {
        return Ok(Some(Differs::Form));
    }
    let differs = match element {
        ElementType::U8 => elements::<u8>(first, second, path, &shape)?,
        ElementType::U32 => elements::<u32>(first, second, path, &shape)?,
        ElementType::I64 => elements::<i64>(first, second, path, &shape)?,
        ElementType::F32 => elements::<f32>(first, second, path, &shape)?,
        ElementType::F64 => elements::<f64>(first, second, path, &shape)?,
    };
    if differs.is_some() { Ok(differs) } else { attributes(first, second, path) }
}

fn elements<T: Element>(
    first: &Reader,
    second: &Reader,
    path: &str,
    shape: &[usize],
) -> Result<Option<Differs>, ArtifactError> {
    let mut found = ElementComparison::default();
    if shape.is_empty() {
        found.compare(&first.read::<T>(path)?, &second.read::<T>(path)?);
    }
    for rows in content::blocks::<T>(first, path, shape) {
        found.compare(&first.read_rows::<T>(path, rows.clone())?, &second.read_rows(path, rows)?);
    }
    let ElementComparison { count, of, absolute, largest } = found;
    let relative = if absolute == 0.0 { 0.0 } else { absolute / largest };
    // Infinite over infinite: no number is as large as that difference.
    let relative = if relative.is_nan() { f64::INFINITY } else { relative };
    Ok((count > 0).then_some(Differs::Elements { count, of, absolute, relative }))
}

#[derive(Default)]
struct ElementComparison {
    count: usize,
    of: usize,
    absolute: f64,
    largest: f64,
}

impl ElementComparison {
    fn compare<T: Element>(&mut self, first: &Array<T>, second: &Array<T>) {
        self.of += first.data.len();
        for (&a, &b) in first.data.iter().zip(&second.data) {
            self.count += usize::from(!a.is_same(b));
            self.absolute = self.absolute.max(a.distance(b));
            let size = a.distance(T::default());
            self.largest = if size.is_finite() { self.largest.max(size) } else { self.largest };
        }
    }
}

/// The first attribute that differs.
fn attributes(
    first: &Reader,
    second: &Reader,
    path: &str,
) -> Result<Option<Differs>, ArtifactError> {
    let (in_first, in_second) = (first.attribute_names(path)?, second.attribute_names(path)?);
    let all: BTreeSet<&String> = in_first.iter().chain(&in_second).collect();
    for name in all {
        let is_in_both = in_first.contains(name) && in_second.contains(name);
        if !is_in_both || first.attribute(path, name)? != second.attribute(path, name)? {
            return Ok(Some(Differs::Attribute(name.clone())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Kind, Layout, Writer},
        *,
    };

    fn artifact(name: &str, write: impl FnOnce(&mut Writer)) -> (tempfile::TempDir, Reader) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let mut out = Writer::create(&path, Kind::Scores).unwrap();
        write(&mut out);
        out.finish().unwrap();
        let reader = Reader::open(&path).unwrap();
        (dir, reader)
    }

    fn floats(data: &[f32]) -> (tempfile::TempDir, Reader) {
        artifact("floats", |out| out.write("a/b", &[data.len()], data, Layout::Contiguous).unwrap())
    }

    fn found(first: &(tempfile::TempDir, Reader), second: &(tempfile::TempDir, Reader)) -> String {
        let found = differences(&first.1, &second.1).unwrap().into_iter();
        let lines: Vec<String> = found
            .map(|Difference { path, differs }| match differs {
                Differs::Elements { absolute, relative, .. } => {
                    format!("{path}: {differs}, {absolute}, {relative}")
                }
                _ => format!("{path}: {differs}"),
            })
            .collect();
        lines.join("; ")
    }

    #[test]
    fn numbers_differ_by_so_much() {
        let first = floats(&[1.0, -4.0, 0.0]);
        assert_eq!(found(&first, &floats(&[1.0, -4.0, 0.0])), "");
        assert_eq!(found(&first, &floats(&[1.5, -4.0, 0.25])), "a/b: 2 of 3 numbers, 0.5, 0.125");
        assert_eq!(found(&first, &floats(&[1.0, -4.0, -0.0])), "a/b: 1 of 3 numbers, 0, 0");
        let nan = floats(&[1.0, f32::NAN, 0.0]);
        assert_eq!(found(&nan, &floats(&[1.0, f32::NAN, 0.0])), "");
        assert_eq!(found(&first, &nan), "a/b: 1 of 3 numbers, inf, inf");
        assert_eq!(found(&nan, &first), "a/b: 1 of 3 numbers, inf, inf");
        let zeros = floats(&[0.0; 3]);
        assert_eq!(found(&zeros, &first), "a/b: 2 of 3 numbers, 4, inf");
    }

    #[test]
    fn integers_differ_even_where_floats_could_not_tell() {
        let one = |value: i64| {
            artifact("i", |out| out.write("n", &[], &[value], Layout::Contiguous).unwrap())
        };
        assert_eq!(found(&one(1 << 60), &one((1 << 60) + 1)), {
            format!("n: 1 of 1 numbers, 1, {}", 1.0 / (1_u64 << 60) as f64)
        });
        let bytes = |value: u8| {
            artifact("b", |out| out.write("n", &[1], &[value], Layout::Contiguous).unwrap())
        };
        assert_eq!(found(&bytes(3), &bytes(1)), "n: 1 of 1 numbers, 2, 0.6666666666666666");
    }

    #[test]
    fn what_is_no_number_is_reported_and_never_within() {
        let one = floats(&[1.0]);
        let two = artifact("two", |out| {
            out.write("a/b", &[1, 1], &[1.0_f32], Layout::Contiguous).unwrap();
            out.write("c", &[1], &[1.0_f32], Layout::Contiguous).unwrap();
            out.text_attribute("a", "unit", "s").unwrap();
        });
        let all =
            "a: another attribute `unit`; a/b: another type or shape; c: only one of both has it";
        assert_eq!(found(&one, &two), all);
        assert!(differences(&one.1, &two.1).unwrap().iter().all(|one| !one.is_within(f64::MAX)));
        let near = differences(&one.1, &floats(&[1.001]).1).unwrap();
        assert!(near[0].is_within(0.01) && !near[0].is_within(1e-4));
    }

    #[test]
    fn rows_in_many_blocks_are_all_compared() {
        let n = 3_000_000;
        let mut data = vec![1.0_f32; n];
        let first = floats(&data);
        data[0] = 2.0;
        data[n - 1] = 4.0;
        assert_eq!(found(&first, &floats(&data)), "a/b: 2 of 3000000 numbers, 3, 3");
    }
}
