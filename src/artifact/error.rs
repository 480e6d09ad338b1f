//! What can go wrong with an artifact's file, and where.
//!
//! Knows nothing of how to repair it; the store sets damaged files aside.

use std::path::{Path, PathBuf};

use super::{ElementType, kind::UnknownKind};

/// Something went wrong with an artifact's file.
#[derive(Debug, thiserror::Error)]
#[error("{}{place}: {kind}", file.display(), place = place(dataset))]
pub struct ArtifactError {
    /// The file.
    pub file: PathBuf,
    /// Path of the dataset or group inside; empty for the file as a whole.
    pub dataset: String,
    /// What is wrong; the message contains it, so it is no `source` as well.
    pub kind: ArtifactErrorKind,
}

/// What is wrong with a file or with what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactErrorKind {
    /// HDF5 or the system refused.
    #[error("{0}")]
    Hdf5(#[from] hdf5::Error),
    /// The file is HDF5, but no artifact.
    #[error("is not an artifact: {0}")]
    NotAnArtifact(String),
    /// Its kind is none that is known.
    #[error("{0}; was it written by a newer acai-pipe?")]
    Kind(#[from] UnknownKind),
    /// There is no such dataset or attribute.
    #[error("is missing; the artifact holds {0}")]
    Missing(String),
    /// The elements are of another type than was asked for.
    #[error("holds {found}, but {wanted} was asked for")]
    Type {
        /// What the file says.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A shape and a number of elements that disagree.
    #[error("shape {shape:?} does not hold {elements} elements")]
    Shape {
        /// Lengths of the axes.
        shape: Vec<usize>,
        /// How many elements were handed in.
        elements: usize,
    },
    /// Rows that are not there.
    #[error("has {rows} rows; rows {from}..{to} were asked for")]
    Rows {
        /// How many there are.
        rows: usize,
        /// First one asked for.
        from: usize,
        /// One past the last asked for.
        to: usize,
    },
    /// More elements than a file of this length can hold.
    #[error("says it holds {0:?} elements, more than the file can; the file is damaged")]
    Size(Vec<usize>),
    /// The system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A dataset that shall be read row by row and is not contiguous.
    #[error("does not lie in one piece; images are stored contiguous and uncompressed")]
    Scattered,
    /// A dataset or attribute of that name is there.
    #[error("is there already")]
    Taken,
    /// More than the format allows.
    #[error("has a name or a list of texts that is longer than HDF5 allows")]
    TooLong,
    /// A path no dataset can have.
    #[error("is no path: segments are separated by single slashes, such as `images/train`")]
    Path,
    /// Something that HDF5 reads and artifacts do not have.
    #[error("{0}")]
    Odd(String),
    /// A text that is not UTF-8, or holds a zero byte.
    #[error("attribute `{0}` is not UTF-8 text without zero bytes")]
    Text(String),
}

impl ArtifactError {
    /// An error of this kind at a place.
    pub(super) fn at(file: &Path, dataset: &str, kind: impl Into<ArtifactErrorKind>) -> Self {
        Self { file: file.to_owned(), dataset: dataset.to_owned(), kind: kind.into() }
    }

    /// Another element type than was asked for.
    pub(super) fn wrong_type(file: &Path, dataset: &str, found: &str, wanted: ElementType) -> Self {
        let (found, wanted) = (found.to_owned(), wanted.as_str().to_owned());
        Self::at(file, dataset, ArtifactErrorKind::Type { found, wanted })
    }
}

fn place(dataset: &str) -> String {
    if dataset.is_empty() { String::new() } else { format!(": `{dataset}`") }
}
