//! Writes an artifact: groups are made on the way, times are left out, and
//! everything can be opened with `h5py`.
//!
//! Knows nothing of digests, and not where finished files are kept.

use std::path::{Path, PathBuf};

use hdf5::{Dataset, File, Group, Location, dataset::FillTime, types::VarLenUnicode};

use super::{ArtifactError, ArtifactErrorKind, Digests, Element, Kind, Layout, Reader, Rows};

/// The version of the file layout, written as the root attribute `format`.
pub(super) const FORMAT: i64 = 1;

/// About so many bytes are compressed in one piece.
const CHUNK_BYTES: usize = 256 * 1024;

/// Below this many bytes, chunks cost more than compression saves.
const WORTH_COMPRESSING: usize = 4 * 1024;

/// zlib's level: beyond it, time grows faster than files shrink.
const DEFLATE_LEVEL: u8 = 4;

/// Writes one artifact.
pub struct Writer {
    file: File,
    path: PathBuf,
}

impl Writer {
    /// Starts a file of `kind` at `path`, replacing what is there.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path, kind: Kind) -> Result<Self, ArtifactError> {
        // From version 1.8 of the format on, HDF5 checksums its own metadata.
        let file = File::with_options()
            .with_fapl(|access| access.libver_v18())
            .with_fcpl(|creation| creation.obj_track_times(false))
            .create(path)
            .map_err(|error| ArtifactError::at(path, "", error))?;
        let mut writer = Self { file, path: path.to_owned() };
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
        let (parent, name) = self.place(path)?;
        write_dataset(&parent, name, shape, data, layout).map_err(|error| self.at(path, error))
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

    /// Starts the dataset `path`, which has at least one axis, to be written
    /// row by row; compressed, it is done fastest in blocks of its
    /// [chunks](chunk_rows).
    ///
    /// # Errors
    /// If `path` is taken or no path.
    pub(super) fn rows_in<T: Element>(
        &mut self,
        path: &str,
        shape: &[usize],
        layout: Layout,
    ) -> Result<Rows<T>, ArtifactError> {
        let (parent, name) = self.place(path)?;
        let builder = parent.new_dataset::<T>().obj_track_times(false);
        let bytes = shape.iter().product::<usize>() * T::TYPE.size();
        let builder = if layout == Layout::Compressed && bytes >= WORTH_COMPRESSING {
            builder.chunk(chunk::<T>(shape)).shuffle().deflate(DEFLATE_LEVEL)
        } else {
            builder.no_chunk()
        };
        // Every row is written, so nothing has to be filled before.
        let builder = builder.fill_time(FillTime::Never);
        let dataset = builder.shape(shape).create(name).map_err(|error| self.at(path, error))?;
        Ok(Rows::new(dataset, &self.path, path))
    }

    /// Sets a text attribute of a dataset or group (`""` is the root).
    ///
    /// # Errors
    /// If there is no such dataset or group, or if it has the attribute already.
    pub fn text_attribute(
        &mut self,
        path: &str,
        name: &str,
        value: &str,
    ) -> Result<(), ArtifactError> {
        let text: VarLenUnicode = value.parse().map_err(|_| self.bad_text(path, name))?;
        let location = self.locate(path)?;
        let create = || location.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&text);
        create().map_err(|error| self.at(path, error))
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
        let texts: Result<Vec<VarLenUnicode>, _> = values.iter().map(|text| text.parse()).collect();
        let texts = texts.map_err(|_| self.bad_text(path, name))?;
        let location = self.locate(path)?;
        let create = || {
            let attribute = location.new_attr::<VarLenUnicode>().shape(texts.len());
            attribute.create(name)?.write_raw(&texts)
        };
        create().map_err(|error| self.at(path, error))
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
        let location = self.locate(path)?;
        let create = || location.new_attr::<i64>().create(name)?.write_scalar(&value);
        create().map_err(|error| self.at(path, error))
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
        self.file.flush().map_err(|error| ArtifactError::at(&self.path, "", error))?;
        self.file.close().map_err(|error| ArtifactError::at(&self.path, "", error))?;
        Reader::open(&self.path)?.digests()
    }

    /// The group that the dataset `path` goes into, made if need be, and its name there.
    fn place<'p>(&self, path: &'p str) -> Result<(Group, &'p str), ArtifactError> {
        if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(ArtifactError::at(&self.path, path, ArtifactErrorKind::Path));
        }
        let (groups, name) = path.rsplit_once('/').unwrap_or(("", path));
        let group = self.group(groups).map_err(|error| self.at(path, error))?;
        Ok((group, name))
    }

    fn group(&self, path: &str) -> hdf5::Result<Group> {
        let mut group = self.file.as_group()?;
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            group = if group.link_exists(segment) {
                group.group(segment)?
            } else {
                group.create_group_builder().obj_track_times(false).create(segment)?
            };
        }
        Ok(group)
    }

    fn locate(&self, path: &str) -> Result<Location, ArtifactError> {
        let group = || -> hdf5::Result<Location> {
            match self.file.dataset(path) {
                Ok(dataset) => dataset.as_location(),
                Err(_) => self.group(path)?.as_location(),
            }
        };
        group().map_err(|error| self.at(path, error))
    }

    fn at(&self, path: &str, error: hdf5::Error) -> ArtifactError {
        ArtifactError::at(&self.path, path, error)
    }

    fn bad_text(&self, path: &str, name: &str) -> ArtifactError {
        ArtifactError::at(&self.path, path, ArtifactErrorKind::Text(name.to_owned()))
    }
}

fn write_dataset<T: Element>(
    parent: &Group,
    name: &str,
    shape: &[usize],
    data: &[T],
    layout: Layout,
) -> hdf5::Result<()> {
    let builder = parent.new_dataset::<T>().obj_track_times(false);
    let compressed = layout == Layout::Compressed && size_of_val(data) >= WORTH_COMPRESSING;
    let builder = if compressed && !shape.is_empty() {
        builder.chunk(chunk::<T>(shape)).shuffle().deflate(DEFLATE_LEVEL)
    } else {
        builder.no_chunk()
    };
    let dataset: Dataset = builder.shape(shape).create(name)?;
    if data.is_empty() { Ok(()) } else { dataset.write_raw(data) }
}

/// As many whole rows as make about [`CHUNK_BYTES`], at least one.
fn chunk<T: Element>(shape: &[usize]) -> Vec<usize> {
    let row_bytes = shape[1..].iter().product::<usize>() * T::TYPE.size();
    let mut chunk = shape.to_vec();
    chunk[0] = chunk_rows(row_bytes).min(shape[0]);
    chunk
}

/// How many rows of `row_bytes` each make a chunk.
pub(super) fn chunk_rows(row_bytes: usize) -> usize {
    (CHUNK_BYTES / row_bytes.max(1)).max(1)
}
