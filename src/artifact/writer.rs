//! Writes an artifact: groups are made on the way, times are left out, and
//! everything can be opened with `h5py`. Nothing is written through the HDF5 library.
//!
//! Knows nothing of digests, and not where finished files are kept.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    ArtifactError, ArtifactErrorKind, Digests, Element, Kind, Layout, Reader, Rows,
    format::{Space, Tree, TreeError},
};

/// The version of the file layout, written as the root attribute `format`.
pub(super) const FORMAT: i64 = 1;

/// About so many bytes are compressed in one piece.
const CHUNK_BYTES: usize = 256 * 1024;

/// Below this many bytes, chunks cost more than compression saves.
pub(super) const WORTH_COMPRESSING: usize = 4 * 1024;

/// Writes one artifact.
#[derive(Debug)]
pub struct Writer {
    space: Arc<Space>,
    tree: Tree,
    path: PathBuf,
}

impl Writer {
    /// Starts a file of `kind` at `path`, replacing what is there.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path, kind: Kind) -> Result<Self, ArtifactError> {
        let space = Space::create(path).map_err(|error| ArtifactError::at(path, "", error))?;
        Self::of(space, path, kind)
    }

    /// Starts a file of `kind` in `space`, called `path` in messages.
    pub(crate) fn of(space: Space, path: &Path, kind: Kind) -> Result<Self, ArtifactError> {
        let mut writer =
            Self { space: Arc::new(space), tree: Tree::default(), path: path.to_owned() };
        writer.text_attribute("", "kind", kind.as_str())?;
        writer.int_attribute("", "format", FORMAT)?;
        Ok(writer)
    }

    /// Writes `data` (row-major) as the dataset `path`, such as `images/train`.
    ///
    /// # Errors
    /// If `path` is taken or no path, if `shape` does not hold `data`, or if
    /// the disk is full.
    pub fn write<T: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
        data: &[T],
        layout: Layout,
    ) -> Result<(), ArtifactError> {
        if shape.iter().product::<usize>() != data.len() {
            let kind = ArtifactErrorKind::Shape { shape: shape.to_vec(), elements: data.len() };
            return Err(ArtifactError::at(&self.path, path, kind));
        }
        let mut rows = self.rows_in::<T>(path, shape, layout)?;
        rows.write_elements(data)
    }

    /// Starts the contiguous dataset `path`, to be written row by row.
    ///
    /// # Errors
    /// If `path` is taken or no path.
    pub fn rows<T: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
    ) -> Result<Rows<T>, ArtifactError> {
        self.rows_in::<T>(path, shape, Layout::Contiguous)
    }

    /// Starts the dataset `path`, to be written row by row; compressed, in the order of
    /// the rows.
    ///
    /// # Errors
    /// If `path` is taken or no path.
    pub(super) fn rows_in<T: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
        layout: Layout,
    ) -> Result<Rows<T>, ArtifactError> {
        if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(ArtifactError::at(&self.path, path, ArtifactErrorKind::Path));
        }
        let bytes = shape.iter().product::<usize>() * T::TYPE.size();
        let is_chunked =
            layout == Layout::Compressed && bytes >= WORTH_COMPRESSING && !shape.is_empty();
        let chunk_rows = is_chunked.then(|| chunk_rows(bytes / shape[0]).min(shape[0]));
        let storage = self.tree.dataset(&self.space, path, (T::TYPE, shape), chunk_rows);
        let storage = storage.map_err(|error| self.refused(path, error))?;
        Ok(Rows::new(Arc::clone(&self.space), storage, &self.path, path, shape))
    }

    /// Sets a text attribute of a dataset or group (`""` is the root).
    ///
    /// # Errors
    /// If it has the attribute already, or if that is too long for the format.
    pub fn text_attribute(
        &mut self,
        path: &str,
        name: &str,
        value: &str,
    ) -> Result<(), ArtifactError> {
        self.check_texts(path, name, &[value])?;
        self.tree.text(path, name, value).map_err(|error| self.refused(path, error))
    }

    /// Sets an attribute that lists texts.
    ///
    /// # Errors
    /// As [`Writer::text_attribute`].
    pub fn texts_attribute(
        &mut self,
        path: &str,
        name: &str,
        values: &[String],
    ) -> Result<(), ArtifactError> {
        self.check_texts(path, name, values)?;
        self.tree.texts(path, name, values).map_err(|error| self.refused(path, error))
    }

    /// Sets an integer attribute.
    ///
    /// # Errors
    /// As [`Writer::text_attribute`].
    pub fn int_attribute(
        &mut self,
        path: &str,
        name: &str,
        value: i64,
    ) -> Result<(), ArtifactError> {
        self.check_texts(path, name, &[""])?;
        self.tree.int(path, name, value).map_err(|error| self.refused(path, error))
    }

    /// Records a score as the scalar dataset `scores/<name>` (f64).
    ///
    /// # Errors
    /// As [`Writer::write`].
    pub fn score(&mut self, name: &str, value: f64) -> Result<(), ArtifactError> {
        self.write(&format!("scores/{name}"), &[], &[value], Layout::Contiguous)
    }

    /// Closes the file and says what it holds, read back from the disk.
    ///
    /// # Errors
    /// If the file cannot be completed or read.
    pub fn finish(self) -> Result<Digests, ArtifactError> {
        self.complete()?;
        Reader::open(&self.path)?.digests()
    }

    /// Closes the file; what it holds is known.
    pub(super) fn complete(&self) -> Result<(), ArtifactError> {
        self.tree.finish(&self.space).map_err(|error| self.failed(error))
    }

    /// Names and texts end at a zero byte, wherever they are read.
    fn check_texts(
        &self,
        path: &str,
        name: &str,
        values: &[impl AsRef<str>],
    ) -> Result<(), ArtifactError> {
        if name.contains('\0') || values.iter().any(|value| value.as_ref().contains('\0')) {
            let kind = ArtifactErrorKind::Text(name.to_owned());
            return Err(ArtifactError::at(&self.path, path, kind));
        }
        Ok(())
    }

    fn refused(&self, path: &str, error: TreeError) -> ArtifactError {
        let kind = match error {
            TreeError::Taken => ArtifactErrorKind::Taken,
            TreeError::TooLong => ArtifactErrorKind::TooLong,
        };
        ArtifactError::at(&self.path, path, kind)
    }

    fn failed(&self, error: io::Error) -> ArtifactError {
        ArtifactError::at(&self.path, "", error)
    }
}

/// How many rows of `row_bytes` each make a chunk.
pub(super) fn chunk_rows(row_bytes: usize) -> usize {
    (CHUNK_BYTES / row_bytes.max(1)).max(1)
}
