//! Contiguous datasets row by row: written in any order, block by block, and
//! read in any order without HDF5 in between.
//!
//! Knows nothing of what a row is.

use std::{
    fs::File,
    io,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    ArtifactError, ArtifactErrorKind, Element,
    format::{Space, Storage},
};

/// About so many bytes are converted and written at once.
const PIECE_BYTES: usize = 1 << 20;

/// A dataset under construction.
#[derive(Debug)]
pub struct Rows<T> {
    space: Arc<Space>,
    storage: Storage,
    file: PathBuf,
    path: String,
    shape: Vec<usize>,
    /// Rows that were written, if they have to come in order.
    done: usize,
    element: PhantomData<T>,
}

impl<T: Element> Rows<T> {
    pub(super) fn new(
        space: Arc<Space>,
        storage: Storage,
        file: &Path,
        path: &str,
        shape: &[usize],
    ) -> Self {
        let (file, path, shape) = (file.to_owned(), path.to_owned(), shape.to_vec());
        Self { space, storage, file, path, shape, done: 0, element: PhantomData }
    }

    /// Writes whole rows from row `first` on; those of a compressed dataset come in
    /// order.
    ///
    /// # Errors
    /// If `data` is no whole number of rows, if there are no such rows, or if
    /// the disk is full.
    pub fn write(&mut self, first: usize, data: &[T]) -> Result<(), ArtifactError> {
        let row: usize = self.shape[1..].iter().product();
        let count = data.len() / row.max(1);
        if count * row != data.len() {
            let shape = self.shape.clone();
            return Err(self.at(ArtifactErrorKind::Shape { shape, elements: data.len() }));
        }
        let end = first + count;
        let is_next = first == self.done || matches!(self.storage, Storage::Contiguous(_));
        if end > self.shape[0] || !is_next {
            let rows = self.shape[0];
            return Err(self.at(ArtifactErrorKind::Rows { rows, from: first, to: end }));
        }
        self.done = end;
        self.put(first * row, data)
    }

    /// Writes all elements, in their order.
    pub(super) fn write_elements(&mut self, data: &[T]) -> Result<(), ArtifactError> {
        self.put(0, data)
    }

    /// The same of elements as their little-endian bytes; a rest that is no row is no error
    /// but left out.
    pub(super) fn write_bytes(&mut self, first: usize, bytes: &[u8]) -> Result<(), ArtifactError> {
        let row_bytes = self.shape[1..].iter().product::<usize>() * T::TYPE.size();
        let end = first + bytes.len() / row_bytes.max(1);
        let is_next = first == self.done || matches!(self.storage, Storage::Contiguous(_));
        if end > self.shape[0] || !is_next {
            let rows = self.shape[0];
            return Err(self.at(ArtifactErrorKind::Rows { rows, from: first, to: end }));
        }
        self.done = end;
        let written = match &mut self.storage {
            Storage::Contiguous(at) => self.space.write(*at + (first * row_bytes) as u64, bytes),
            Storage::Chunked(chunks) => chunks.write(bytes),
        };
        written.map_err(|error| self.at(error.into()))
    }

    /// Writes the next chunk as another file has it, shuffled and perhaps deflated; `plain`
    /// gets the bytes that it holds. False, and nothing is written, if it is no chunk of
    /// this dataset.
    ///
    /// # Errors
    /// If the disk is full.
    pub(super) fn write_chunk(
        &mut self,
        stored: &[u8],
        is_deflated: bool,
        plain: &mut Vec<u8>,
    ) -> Result<bool, ArtifactError> {
        let Storage::Chunked(chunks) = &mut self.storage else { return Ok(false) };
        let written = chunks.write_stored(stored, is_deflated, plain).map_err(|error| {
            ArtifactError::at(&self.file, &self.path, ArtifactErrorKind::from(error))
        })?;
        if written {
            let row_bytes = self.shape[1..].iter().product::<usize>() * T::TYPE.size();
            self.done += plain.len() / row_bytes.max(1);
        }
        Ok(written)
    }

    /// Writes elements from the element number `first` on.
    fn put(&mut self, first: usize, data: &[T]) -> Result<(), ArtifactError> {
        let size = T::TYPE.size();
        let mut bytes = Vec::new();
        for (number, piece) in data.chunks(PIECE_BYTES / size).enumerate() {
            bytes.clear();
            T::append_le(piece, &mut bytes);
            let written = match &mut self.storage {
                Storage::Contiguous(at) => {
                    let place = first * size + number * PIECE_BYTES;
                    self.space.write(*at + place as u64, &bytes)
                }
                Storage::Chunked(chunks) => chunks.write(&bytes),
            };
            written.map_err(|error| self.at(error.into()))?;
        }
        Ok(())
    }

    fn at(&self, kind: ArtifactErrorKind) -> ArtifactError {
        ArtifactError::at(&self.file, &self.path, kind)
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

/// Fills `into` from the offset `at` on.
#[cfg(unix)]
pub(super) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

/// Fills `into` from the offset `at` on.
#[cfg(not(unix))]
pub(super) fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek};
    let mut file = file;
    file.seek(io::SeekFrom::Start(at))?;
    file.read_exact(into)
}
