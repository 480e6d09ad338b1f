//! Artifacts: results of stages, as HDF5 files.
//!
//! Knows nothing of stages, keys or where files are kept.

mod content;
mod difference;
mod digest;
mod element;
mod error;
mod format;
mod kind;
mod reader;
mod rows;
pub mod sandboxed_read;
mod writer;

pub use difference::{Difference, Differs, differences};
pub use digest::Hasher;
pub use digest::{BadDigest, Digest, Digests};
pub use element::{Element, ElementType};
pub use error::{ArtifactError, ArtifactErrorKind};
pub use kind::{Kind, UnknownKind};
pub use reader::{Attribute, Reader};
pub use rows::{Rows, Scattered};
pub use writer::Writer;

#[cfg(test)]
mod tests;

/// How a dataset is stored in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Contiguous and uncompressed: for random access.
    Contiguous,
    /// Chunked and deflated, unless it is too small for that to pay.
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
