//! Artifacts for other tools: pictures, arrays for NumPy, weights for PyTorch.
//! The same artifact gives the same bytes.
//!
//! Knows nothing of where files are written, and of which artifact is meant.

pub mod drawn;
pub mod npz;
pub mod weights;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use acai_artifact::{ArtifactError, Element, ElementType, Reader};

/// About this many bytes are held at once.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// An artifact cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It cannot be read.
    #[error("{0}")]
    Artifact(#[from] ArtifactError),
    /// The file cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It has nothing of what is asked for.
    #[error("{0}")]
    Nothing(String),
}

/// Writes the elements of the dataset at `path`, row-major, little-endian.
fn elements(reader: &Reader, path: &str, out: &mut dyn Write) -> Result<(), ExportError> {
    match reader.element_type(path)? {
        ElementType::U8 => elements_of::<u8>(reader, path, out),
        ElementType::U32 => elements_of::<u32>(reader, path, out),
        ElementType::I64 => elements_of::<i64>(reader, path, out),
        ElementType::F32 => elements_of::<f32>(reader, path, out),
        ElementType::F64 => elements_of::<f64>(reader, path, out),
    }
}

fn elements_of<T: Element>(
    reader: &Reader,
    path: &str,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut write = |data: &[T]| {
        let mut bytes = Vec::new();
        T::append_le(data, &mut bytes);
        out.write_all(&bytes)
    };
    let shape = reader.shape(path)?;
    let Some((&rows, inner)) = shape.split_first() else {
        return Ok(write(&reader.read::<T>(path)?.data)?);
    };
    let row_bytes = inner.iter().product::<usize>().max(1) * T::TYPE.size();
    let step = (BLOCK_BYTES / row_bytes).max(1);
    for start in (0..rows).step_by(step) {
        write(&reader.read_rows::<T>(path, start..rows.min(start + step))?.data)?;
    }
    Ok(())
}
