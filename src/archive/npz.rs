//! NumPy's `.npz`: a zip archive of arrays, stored or deflated.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
};

use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions,
};

use super::npy::{self, NpyElement};

/// What NumPy adds to the name of an array.
const EXTENSION: &str = ".npy";

/// An archive that is read.
pub struct NpzReader(ZipArchive<BufReader<File>>);

/// An archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NpzError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no zip archive, or not a whole one.
    #[error("{0}")]
    Damaged(String),
    /// A zip archive of a kind that is not read.
    #[error("{0}")]
    Unsupported(String),
}

impl NpzReader {
    /// Reads the directory of the archive in `file`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn new(file: File) -> Result<Self, NpzError> {
        Ok(Self(ZipArchive::new(BufReader::new(file))?))
    }

    /// The names of the arrays, and of other files as they are.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        let extension = EXTENSION.as_bytes();
        self.0.file_names_raw().map(move |name| name.strip_suffix(extension).unwrap_or(name))
    }

    /// The array `name`, its header first, and how many bytes it has; nothing if
    /// there is none of that name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn array<'a>(
        &'a mut self,
        name: &str,
    ) -> Result<Option<(u64, impl Read + use<'a>)>, NpzError> {
        let name = format!("{name}{EXTENSION}");
        let Some(index) = self.0.index_for_name_raw(name.as_bytes()) else { return Ok(None) };
        let file = self.0.by_index(index)?;
        Ok(Some((file.size(), file)))
    }
}

impl From<ZipError> for NpzError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::Io(error),
            ZipError::InvalidArchive(_) => Self::Damaged(error.to_string()),
            other => Self::Unsupported(other.to_string()),
        }
    }
}

/// An archive that is written. The same content has the same bytes: no time is
/// written.
pub struct NpzWriter<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> NpzWriter<W> {
    /// An archive in `out`.
    pub fn new(out: W) -> Self {
        Self(ZipWriter::new(out))
    }

    /// Starts the array `name` of little-endian numbers in C order; its elements
    /// are then to be written.
    ///
    /// # Errors
    /// If it cannot be written.
    ///
    /// # Panics
    /// If `element` is no number.
    pub fn array(&mut self, name: &str, element: NpyElement, shape: &[usize]) -> io::Result<()> {
        let (NpyElement::Unsigned(size) | NpyElement::Signed(size) | NpyElement::Float(size)) =
            element
        else {
            panic!("only arrays of numbers are written")
        };
        let bytes = shape.iter().product::<usize>() * size as usize;
        self.file(&format!("{name}{EXTENSION}"), bytes)?;
        self.0.write_all(&npy::header(element, shape))
    }

    /// Starts a file of about so many bytes, which are then to be written.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn file(&mut self, name: &str, bytes: usize) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .large_file(u32::try_from(bytes.saturating_mul(2)).is_err());
        Ok(self.0.start_file(name, options)?)
    }

    /// Writes the directory of the archive.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()?;
        Ok(())
    }
}

impl<W: Write + Seek> Write for NpzWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
