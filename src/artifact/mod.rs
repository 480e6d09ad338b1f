//! Artifacts: what stages hand to each other, as HDF5 files.
//!
//! Knows nothing of stages, keys or where files are kept.

use std::{collections::BTreeMap, ops::Range, path::Path};

/// The kinds of artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Images and labels of both splits.
    Images,
    /// Trained nets.
    Model,
    /// Encoded images.
    Latents,
    /// A clustering.
    Clusters,
    /// Figures alone.
    Scores,
    /// Decoded paths between images.
    Interpolations,
}

/// A BLAKE3 digest; displayed and parsed as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

/// The content digests of an artifact's parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// Part name to content digest.
    pub parts: BTreeMap<String, Digest>,
}

/// How a dataset lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In one piece, uncompressed: for random access.
    Contiguous,
    /// Chunked and deflated.
    Compressed,
}

/// An array read from an artifact: row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// The elements.
    pub data: Vec<T>,
}

/// Element types that artifacts hold: `u8`, `u32`, `i64`, `f32`, `f64`.
pub trait Element: Copy + Default {}

/// Writes one artifact.
pub struct Writer;

/// Reads one artifact.
pub struct Reader;

/// Something went wrong with an artifact's file.
#[derive(Debug, thiserror::Error)]
#[error("artifact error")]
pub struct ArtifactError;

impl Writer {
    /// Starts a file of `kind` at `path`, replacing what is there.
    pub fn create(path: &Path, kind: Kind) -> Result<Self, ArtifactError> {
        unimplemented!("{path:?} {kind:?}")
    }

    /// Writes `data` (row-major) as the dataset `path`, such as `images/train`.
    pub fn write<T: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
        data: &[T],
        layout: Layout,
    ) -> Result<(), ArtifactError> {
        unimplemented!("{path} {shape:?} {layout:?} {}", data.len())
    }

    /// Sets a text attribute of a dataset or group (`""` is the root).
    pub fn text_attribute(
        &mut self,
        path: &str,
        name: &str,
        value: &str,
    ) -> Result<(), ArtifactError> {
        unimplemented!("{path} {name} {value}")
    }

    /// Sets an integer attribute.
    pub fn int_attribute(
        &mut self,
        path: &str,
        name: &str,
        value: i64,
    ) -> Result<(), ArtifactError> {
        unimplemented!("{path} {name} {value}")
    }

    /// Records a score as the scalar dataset `scores/<name>` (f64).
    pub fn score(&mut self, name: &str, value: f64) -> Result<(), ArtifactError> {
        unimplemented!("{name} {value}")
    }
}

impl Reader {
    /// Opens an artifact.
    pub fn open(path: &Path) -> Result<Self, ArtifactError> {
        unimplemented!("{path:?}")
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        unimplemented!()
    }

    /// Whether there is a dataset at `path`.
    pub fn has(&self, path: &str) -> bool {
        unimplemented!("{path}")
    }

    /// Paths of all datasets below the group `path`, sorted.
    pub fn datasets(&self, path: &str) -> Result<Vec<String>, ArtifactError> {
        unimplemented!("{path}")
    }

    /// Lengths of the axes of a dataset.
    pub fn shape(&self, path: &str) -> Result<Vec<usize>, ArtifactError> {
        unimplemented!("{path}")
    }

    /// A whole dataset; it must hold elements of type `T`.
    pub fn read<T: Element>(&self, path: &str) -> Result<Array<T>, ArtifactError> {
        unimplemented!("{path}")
    }

    /// Some rows (along the first axis) of a dataset.
    pub fn read_rows<T: Element>(
        &self,
        path: &str,
        rows: Range<usize>,
    ) -> Result<Array<T>, ArtifactError> {
        unimplemented!("{path} {rows:?}")
    }

    /// A text attribute.
    pub fn text_attribute(&self, path: &str, name: &str) -> Result<String, ArtifactError> {
        unimplemented!("{path} {name}")
    }

    /// An integer attribute.
    pub fn int_attribute(&self, path: &str, name: &str) -> Result<i64, ArtifactError> {
        unimplemented!("{path} {name}")
    }

    /// All scores, sorted by name.
    pub fn scores(&self) -> Result<Vec<(String, f64)>, ArtifactError> {
        unimplemented!()
    }

    /// The content digests of its parts.
    pub fn digests(&self) -> Result<Digests, ArtifactError> {
        unimplemented!()
    }
}

impl Element for u8 {}
impl Element for u32 {}
impl Element for i64 {}
impl Element for f32 {}
impl Element for f64 {}
