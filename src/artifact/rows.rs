//! Contiguous datasets row by row: written in any order, block by block, and
//! read in any order without HDF5 in between.
//!
//! Knows nothing of what a row is.

use std::{
    fs::File,
    io,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use hdf5::Dataset;
use ndarray::{ArrayView, IxDyn};

use super::{ArtifactError, ArtifactErrorKind, Element, reader::rows_of};

/// A dataset under construction.
pub struct Rows<T> {
    dataset: Dataset,
    file: PathBuf,
    path: String,
    shape: Vec<usize>,
    element: PhantomData<T>,
}

impl<T: Element> Rows<T> {
    pub(super) fn new(dataset: Dataset, file: &Path, path: &str) -> Self {
        let shape = dataset.shape();
        let (file, path) = (file.to_owned(), path.to_owned());
        Self { dataset, file, path, shape, element: PhantomData }
    }

    /// Writes whole rows from row `first` on.
    ///
    /// # Errors
    /// If `data` is no whole number of rows, if there are no such rows, or if
    /// the disk is full.
    pub fn write(&mut self, first: usize, data: &[T]) -> Result<(), ArtifactError> {
        let at = |kind: ArtifactErrorKind| ArtifactError::at(&self.file, &self.path, kind);
        let row: usize = self.shape[1..].iter().product();
        let mut shape = self.shape.clone();
        shape[0] = data.len() / row.max(1);
        let end = first + shape[0];
        if end > self.shape[0] {
            return Err(at(ArtifactErrorKind::Rows { rows: self.shape[0], from: first, to: end }));
        }
        let wrong = |_| at(ArtifactErrorKind::Shape { shape: shape.clone(), elements: data.len() });
        let view = ArrayView::from_shape(IxDyn(&shape), data).map_err(wrong)?;
        let slab = rows_of(first..end, self.shape.len());
        self.dataset.write_slice(view, slab).map_err(|error| at(error.into()))
    }
}

/// Rows of bytes of a contiguous dataset, read straight from the file, so that
/// it can happen beside everything else.
pub struct Scattered {
    file: File,
    path: PathBuf,
    offset: u64,
    row: usize,
    rows: usize,
}

impl Scattered {
    /// The dataset of bytes whose first lies at `offset` of the file.
    pub(super) fn new(path: &Path, offset: u64, shape: &[usize]) -> io::Result<Self> {
        let row = shape[1..].iter().product();
        let file = File::open(path)?;
        Ok(Self { file, path: path.to_owned(), offset, row, rows: shape[0] })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The rows numbered `rows`, one after the other.
    ///
    /// # Errors
    /// If the file cannot be read, or ends too early.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn read(&self, rows: &[usize]) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; rows.len() * self.row];
        for (into, &row) in bytes.chunks_exact_mut(self.row).zip(rows) {
            assert!(row < self.rows, "row {row} of {}", self.rows);
            let at = self.offset + (row * self.row) as u64;
            read_at(&self.file, into, at).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
            })?;
        }
        Ok(bytes)
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(not(unix))]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek};
    let mut file = file;
    file.seek(io::SeekFrom::Start(at))?;
    file.read_exact(into)
}
