//! What of an artifact counts as content, and the one order in which it is digested.
//!
//! Knows nothing of layout, compression, creation order or times: none of them counts.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Array, ArtifactError, Digests, Element, ElementType, Kind, Reader, digest::Hasher,
    reader::Attribute,
};

/// About so many bytes are read at once.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// Names and values, sorted by name.
pub(super) type Attributes = Vec<(String, Attribute)>;

/// Digests content as it comes: of every part the attributes of each group on the way to
/// its datasets, then the datasets in order of their paths, each with type, shape,
/// little-endian elements and attributes.
pub(super) struct ContentHasher {
    kind: Kind,
    parts: BTreeMap<String, Hasher>,
}

impl ContentHasher {
    /// Over the datasets at `paths`, which are sorted; `groups` has the attributes of each
    /// group above them.
    pub(super) fn new(kind: Kind, paths: &[String], groups: &BTreeMap<String, Attributes>) -> Self {
        let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in paths {
            members.entry(kind.part_of(path).to_owned()).or_default().push(path.clone());
        }
        let mut parts = BTreeMap::new();
        for (part, paths) in members {
            let mut hash = Hasher::new("acai-pipe 2026 artifact part");
            for group in groups_above(&paths) {
                let attributes = groups.get(&group).map_or(&[][..], Vec::as_slice);
                hash_attributes(&mut hash, &group, attributes);
            }
            parts.insert(part, hash);
        }
        Self { kind, parts }
    }

    /// The next dataset of its part; its elements follow, then its attributes.
    pub(super) fn dataset(&mut self, path: &str, element: ElementType, shape: &[usize]) {
        let hash = self.part(path);
        hash.text("dataset");
        hash.text(path);
        hash.text(element.as_str());
        hash.number(shape.len() as u64);
        for &length in shape {
            hash.number(length as u64);
        }
    }

    /// The next elements of the dataset at `path`, as little-endian bytes.
    pub(super) fn elements(&mut self, path: &str, bytes: &[u8]) {
        self.part(path).bytes(bytes);
    }

    /// The attributes of the dataset at `path`, which has no more elements.
    pub(super) fn attributes(&mut self, path: &str, attributes: &[(String, Attribute)]) {
        hash_attributes(self.part(path), path, attributes);
    }

    fn part(&mut self, path: &str) -> &mut Hasher {
        let start = || Hasher::new("acai-pipe 2026 artifact part");
        self.parts.entry(self.kind.part_of(path).to_owned()).or_insert_with(start)
    }

    pub(super) fn finish(self) -> Digests {
        let digests = self.parts.into_iter().map(|(part, hash)| (part, hash.finish()));
        Digests { parts: digests.collect() }
    }
}

/// Digests every part.
pub(super) fn digests(reader: &Reader) -> Result<Digests, ArtifactError> {
    let paths = reader.datasets("")?;
    let attributes = |path: &str| -> Result<Attributes, ArtifactError> {
        let names = reader.attribute_names(path)?.into_iter();
        names.map(|name| Ok((name.clone(), reader.attribute(path, &name)?))).collect()
    };
    let groups =
        groups_above(&paths).into_iter().map(|path| Ok((path.clone(), attributes(&path)?)));
    let mut content =
        ContentHasher::new(reader.kind(), &paths, &groups.collect::<Result<_, ArtifactError>>()?);
    for path in &paths {
        let (element, shape) = (reader.element_type(path)?, reader.shape(path)?);
        content.dataset(path, element, &shape);
        match element {
            ElementType::U8 => elements::<u8>(reader, path, &shape, &mut content)?,
            ElementType::U32 => elements::<u32>(reader, path, &shape, &mut content)?,
            ElementType::I64 => elements::<i64>(reader, path, &shape, &mut content)?,
            ElementType::F32 => elements::<f32>(reader, path, &shape, &mut content)?,
            ElementType::F64 => elements::<f64>(reader, path, &shape, &mut content)?,
        }
        content.attributes(path, &attributes(path)?);
    }
    Ok(content.finish())
}

/// Every group above one of `paths`, the root first, sorted, once each.
pub(super) fn groups_above(paths: &[String]) -> Vec<String> {
    let above = |path: &str| -> Vec<String> {
        path.match_indices('/').map(|(end, _)| path[..end].to_owned()).collect()
    };
    let mut groups: Vec<String> = paths.iter().flat_map(|path| above(path)).collect();
    groups.push(String::new());
    groups.sort();
    groups.dedup();
    groups
}

fn elements<T: Element>(
    reader: &Reader,
    path: &str,
    shape: &[usize],
    content: &mut ContentHasher,
) -> Result<(), ArtifactError> {
    let mut take = |array: &Array<T>| {
        let mut bytes = Vec::new();
        T::append_le(&array.data, &mut bytes);
        content.elements(path, &bytes);
    };
    if shape.is_empty() {
        take(&reader.read::<T>(path)?);
    }
    for rows in blocks::<T>(reader, path, shape) {
        take(&reader.read_rows::<T>(path, rows)?);
    }
    Ok(())
}

/// All rows of a dataset, as many at once as make about [`BLOCK_BYTES`]; none
/// of a dataset without axes.
pub(super) fn blocks<T: Element>(
    reader: &Reader,
    path: &str,
    shape: &[usize],
) -> impl Iterator<Item = Range<usize>> + use<T> {
    let (&rows, inner) = shape.split_first().unwrap_or((&0, &[]));
    let row_bytes = inner.iter().product::<usize>().max(1) * T::TYPE.size();
    let chunk = reader.chunk_rows(path).unwrap_or(1).max(1);
    let step = (BLOCK_BYTES / row_bytes / chunk).max(1) * chunk;
    (0..rows).step_by(step).map(move |start| start..rows.min(start + step))
}

fn hash_attributes(hash: &mut Hasher, path: &str, attributes: &[(String, Attribute)]) {
    hash.text("attributes");
    hash.text(path);
    hash.number(attributes.len() as u64);
    for (name, value) in attributes {
        hash.text(name);
        match value {
            Attribute::Text(text) => {
                hash.text("text");
                hash.text(text);
            }
            Attribute::Texts(texts) => {
                hash.text("texts");
                hash.number(texts.len() as u64);
                for text in texts {
                    hash.text(text);
                }
            }
            Attribute::Int(number) => {
                hash.text("int64");
                hash.bytes(&number.to_le_bytes());
            }
        }
    }
}
