//! Reads an artifact. A damaged file gives errors, never nonsense and no panic.
//!
//! Knows nothing of where files are kept.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use hdf5::{
    Dataset, File, FileBuilder, Group, Hyperslab, Location, Selection, types::VarLenUnicode,
};

use super::{
    Array, ArtifactError, ArtifactErrorKind, Digests, Element, ElementType, Kind, Scattered,
    content, writer::FORMAT,
};

/// zlib makes nothing smaller by more than this.
const MOST_DEFLATED: u64 = 1_032;

/// Reads one artifact.
pub struct Reader {
    pub(super) file: File,
    pub(super) path: PathBuf,
    kind: Kind,
}

/// An attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// An integer.
    Int(i64),
}

impl Attribute {
    fn what(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Texts(_) => "a list of texts",
            Self::Int(_) => "an integer",
        }
    }
}

impl Reader {
    /// Opens an artifact.
    ///
    /// # Errors
    /// If there is no such file, or if it is no artifact of this version.
    pub fn open(path: &Path) -> Result<Self, ArtifactError> {
        // The library would wait for a pipe, and follow a link. What is not there is left to it.
        if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            let what = ArtifactErrorKind::NotAnArtifact("it is no regular file".to_owned());
            return Err(ArtifactError::at(path, "", what));
        }
        Self::of(path, File::open(path))
    }

    /// Opens an artifact by a name of what this process has open already, such as
    /// `/dev/fd/0`. No folder has to be open to it: HDF5 does not ask where the file is.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_handed_over(path: &Path) -> Result<Self, ArtifactError> {
        // The default driver resolves links by itself.
        Self::of(path, FileBuilder::new().with_fapl(|plan| plan.stdio()).open(path))
    }

    fn of(path: &Path, file: hdf5::Result<File>) -> Result<Self, ArtifactError> {
        let at = |kind: ArtifactErrorKind| ArtifactError::at(path, "", kind);
        let file = file.map_err(|error| at(error.into()))?;
        let mut reader = Self { file, path: path.to_owned(), kind: Kind::Scores };
        let format = reader.int_attribute("", "format")?;
        if format != FORMAT {
            let why = format!("its format is {format}, this acai-pipe reads {FORMAT}");
            return Err(at(ArtifactErrorKind::NotAnArtifact(why)));
        }
        let kind = reader.text_attribute("", "kind")?;
        reader.kind = kind.parse().map_err(|error| at(ArtifactErrorKind::Kind(error)))?;
        Ok(reader)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether there is a dataset at `path`.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.file.dataset(path).is_ok()
    }

    /// Paths of all datasets below the group `path` (`""` is the root), sorted.
    ///
    /// # Errors
    /// If there is no such group.
    pub fn datasets(&self, path: &str) -> Result<Vec<String>, ArtifactError> {
        let mut found = Vec::new();
        let mut open = vec![path.to_owned()];
        while let Some(path) = open.pop() {
            let group = self.group(&path)?;
            for name in group.member_names().map_err(|error| self.at(&path, error))? {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                let target = if group.dataset(&name).is_ok() { &mut found } else { &mut open };
                target.push(inner);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Lengths of the axes of a dataset.
    ///
    /// # Errors
    /// If there is no such dataset.
    pub fn shape(&self, path: &str) -> Result<Vec<usize>, ArtifactError> {
        Ok(self.dataset(path)?.shape())
    }

    /// Type of a dataset's elements.
    ///
    /// # Errors
    /// If there is no such dataset, or if it holds a type that artifacts do not.
    pub fn element_type(&self, path: &str) -> Result<ElementType, ArtifactError> {
        let dataset = self.dataset(path)?;
        let descriptor = dataset.dtype().and_then(|dtype| dtype.to_descriptor());
        let descriptor = descriptor.map_err(|error| self.at(path, error))?;
        ElementType::from_descriptor(&descriptor).ok_or_else(|| {
            let wanted = "a type that artifacts hold".to_owned();
            self.error(path, ArtifactErrorKind::Type { found: descriptor.to_string(), wanted })
        })
    }

    /// A whole dataset; it must hold elements of type `T`.
    ///
    /// # Errors
    /// If there is no such dataset, if it holds another type, or if it is damaged.
    pub fn read<T: Element>(&self, path: &str) -> Result<Array<T>, ArtifactError> {
        let dataset = self.dataset_of::<T>(path)?;
        let data = dataset.read_raw().map_err(|error| self.at(path, error))?;
        Ok(Array { shape: dataset.shape(), data })
    }

    /// Some rows (along the first axis) of a dataset.
    ///
    /// # Errors
    /// As [`Reader::read`]; also if there are no such rows.
    pub fn read_rows<T: Element>(
        &self,
        path: &str,
        rows: Range<usize>,
    ) -> Result<Array<T>, ArtifactError> {
        let dataset = self.dataset_of::<T>(path)?;
        let mut shape = dataset.shape();
        let all = shape.first().copied().unwrap_or(0);
        if rows.start > rows.end || rows.end > all {
            let kind = ArtifactErrorKind::Rows { rows: all, from: rows.start, to: rows.end };
            return Err(self.error(path, kind));
        }
        shape[0] = rows.len();
        let slab = rows_of(rows, shape.len());
        let data = dataset.read_slice::<T, _, ndarray::IxDyn>(slab);
        let data = data.map_err(|error| self.at(path, error))?.into_raw_vec_and_offset().0;
        Ok(Array { shape, data })
    }

    /// A contiguous dataset of bytes, to be read row by row in any order.
    ///
    /// # Errors
    /// As [`Reader::read`]; also if it does not lie in one piece.
    pub fn scattered(&self, path: &str) -> Result<Scattered, ArtifactError> {
        let dataset = self.dataset_of::<u8>(path)?;
        let shape = dataset.shape();
        let Some(offset) = dataset.offset().filter(|_| !shape.is_empty()) else {
            return Err(self.error(path, ArtifactErrorKind::Scattered));
        };
        Scattered::new(&self.path, offset, &shape).map_err(|error| self.error(path, error.into()))
    }

    /// A text attribute.
    ///
    /// # Errors
    /// If there is none of that name, or if it is no text.
    pub fn text_attribute(&self, path: &str, name: &str) -> Result<String, ArtifactError> {
        match self.attribute(path, name)? {
            Attribute::Text(text) => Ok(text),
            other => Err(self.wrong_attribute(path, name, other.what(), "text")),
        }
    }

    /// An integer attribute.
    ///
    /// # Errors
    /// If there is none of that name, or if it is no integer.
    pub fn int_attribute(&self, path: &str, name: &str) -> Result<i64, ArtifactError> {
        match self.attribute(path, name)? {
            Attribute::Int(number) => Ok(number),
            other => Err(self.wrong_attribute(path, name, other.what(), "an integer")),
        }
    }

    /// An attribute that lists texts.
    ///
    /// # Errors
    /// If there is none of that name, or if it is no list of texts.
    pub fn texts_attribute(&self, path: &str, name: &str) -> Result<Vec<String>, ArtifactError> {
        match self.attribute(path, name)? {
            Attribute::Texts(texts) => Ok(texts),
            other => Err(self.wrong_attribute(path, name, other.what(), "a list of texts")),
        }
    }

    /// All attributes of the root, of its datasets, and of the groups on the
    /// way to them, by path (`""` is the root).
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn attributes(&self) -> Result<BTreeMap<String, Vec<(String, Attribute)>>, ArtifactError> {
        let paths = self.datasets("")?;
        let mut all = BTreeMap::new();
        for path in content::groups_above(&paths).into_iter().chain(paths) {
            let names = self.attribute_names(&path)?.into_iter();
            let found = names.map(|name| Ok((name.clone(), self.attribute(&path, &name)?)));
            all.insert(path.clone(), found.collect::<Result<_, ArtifactError>>()?);
        }
        Ok(all)
    }

    /// All scores, sorted by name.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn scores(&self) -> Result<Vec<(String, f64)>, ArtifactError> {
        let paths = if self.file.link_exists("scores") { self.datasets("scores")? } else { vec![] };
        let score = |path: String| -> Result<(String, f64), ArtifactError> {
            let array = self.read::<f64>(&path)?;
            let name = path["scores/".len()..].to_owned();
            let kind = || ArtifactErrorKind::Shape { shape: array.shape.clone(), elements: 1 };
            let value = array.data.first().ok_or_else(|| self.error(&path, kind()))?;
            Ok((name, *value))
        };
        paths.into_iter().map(score).collect()
    }

    /// The content digests of its parts.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn digests(&self) -> Result<Digests, ArtifactError> {
        content::digests(self)
    }

    /// Names of the attributes of a dataset or group, sorted.
    pub(super) fn attribute_names(&self, path: &str) -> Result<Vec<String>, ArtifactError> {
        let location = self.locate(path)?;
        let mut names = location.attr_names().map_err(|error| self.at(path, error))?;
        names.sort();
        Ok(names)
    }

    pub(super) fn attribute(&self, path: &str, name: &str) -> Result<Attribute, ArtifactError> {
        let location = self.locate(path)?;
        let attribute = location.attr(name).map_err(|error| self.at(path, error))?;
        if let Ok(number) = attribute.as_reader().no_convert().read_scalar::<i64>() {
            return Ok(Attribute::Int(number));
        }
        let text = |text: &VarLenUnicode| match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(self.error(path, ArtifactErrorKind::Text(name.to_owned()))),
        };
        if attribute.is_scalar() {
            let read = attribute.read_scalar::<VarLenUnicode>();
            return Ok(Attribute::Text(text(&read.map_err(|error| self.at(path, error))?)?));
        }
        let texts = attribute.read_raw::<VarLenUnicode>().map_err(|error| self.at(path, error))?;
        Ok(Attribute::Texts(texts.iter().map(text).collect::<Result<_, _>>()?))
    }

    /// Rows per chunk of a compressed dataset.
    pub(super) fn chunk_rows(&self, path: &str) -> Option<usize> {
        self.file.dataset(path).ok()?.chunk()?.first().copied()
    }

    pub(super) fn dataset(&self, path: &str) -> Result<Dataset, ArtifactError> {
        self.file.dataset(path).map_err(|error| match self.datasets("") {
            Ok(names) if !names.iter().any(|name| name == path) => {
                self.error(path, ArtifactErrorKind::Missing(names.join(", ")))
            }
            _ => self.at(path, error),
        })
    }

    /// A dataset of elements `T` that the file is long enough to hold.
    fn dataset_of<T: Element>(&self, path: &str) -> Result<Dataset, ArtifactError> {
        let dataset = self.dataset(path)?;
        let found = self.element_type(path)?;
        if found != T::TYPE {
            return Err(ArtifactError::wrong_type(&self.path, path, found.as_str(), T::TYPE));
        }
        let shape = dataset.shape();
        let multiply = |bytes: u64, &length: &usize| bytes.checked_mul(length as u64);
        let bytes = shape.iter().try_fold(found.size() as u64, multiply);
        match bytes {
            Some(bytes) if bytes / MOST_DEFLATED <= self.file.size() => Ok(dataset),
            _ => Err(self.error(path, ArtifactErrorKind::Size(shape))),
        }
    }

    pub(super) fn group(&self, path: &str) -> Result<Group, ArtifactError> {
        let group = if path.is_empty() { self.file.as_group() } else { self.file.group(path) };
        group.map_err(|error| self.at(path, error))
    }

    fn locate(&self, path: &str) -> Result<Location, ArtifactError> {
        let dataset = self.file.dataset(path).and_then(|dataset| dataset.as_location());
        match dataset {
            Ok(location) => Ok(location),
            Err(_) => self.group(path)?.as_location().map_err(|error| self.at(path, error)),
        }
    }

    pub(super) fn at(&self, path: &str, error: hdf5::Error) -> ArtifactError {
        self.error(path, error.into())
    }

    pub(super) fn error(&self, path: &str, kind: ArtifactErrorKind) -> ArtifactError {
        ArtifactError::at(&self.path, path, kind)
    }

    fn wrong_attribute(&self, path: &str, name: &str, found: &str, wanted: &str) -> ArtifactError {
        let (found, wanted) = (format!("{found} in `{name}`"), wanted.to_owned());
        self.error(path, ArtifactErrorKind::Type { found, wanted })
    }
}

fn rows_of(rows: Range<usize>, axes: usize) -> Selection {
    let mut slices = vec![hdf5::SliceOrIndex::from(rows)];
    slices.resize_with(axes, || (..).into());
    Selection::from(Hyperslab::from(slices))
}
