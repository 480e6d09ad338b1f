//! All datasets of an artifact as one `.npz`, which `numpy.load` reads: an array
//! per dataset under its path, and the attributes as JSON in `attributes.json`.
//!
//! Knows nothing of what the arrays mean.

use std::io::{self, Seek, Write};

use npyz::{DType, WriteOptions, WriterBuilder};
use serde_json::{Map, Value, json};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{ExportError, elements};
use acai_artifact::{ArtifactError, Attribute, ElementType, Reader};

/// Where the attributes are: by path, the root's under an empty one.
const ATTRIBUTES: &str = "attributes.json";

/// Writes the archive.
///
/// # Errors
/// If the artifact is damaged or `out` cannot be written.
pub fn write<W: Write + Seek>(reader: &Reader, out: W) -> Result<(), ExportError> {
    let mut archive = ZipWriter::new(out);
    for path in reader.datasets("")? {
        let (element, shape) = (reader.element_type(&path)?, reader.shape(&path)?);
        let bytes = shape.iter().product::<usize>() * element.size();
        start(&mut archive, &format!("{path}.npy"), bytes)?;
        header(element, &shape, &mut archive)?;
        elements(reader, &path, &mut archive)?;
    }
    let attributes = attributes(reader)?.to_string() + "\n";
    start(&mut archive, ATTRIBUTES, attributes.len())?;
    archive.write_all(attributes.as_bytes())?;
    archive.finish().map_err(io::Error::from)?;
    Ok(())
}

/// Starts a member. No time is written, so that the same content has the same
/// bytes.
fn start<W: Write + Seek>(
    archive: &mut ZipWriter<W>,
    name: &str,
    bytes: usize,
) -> Result<(), io::Error> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .large_file(u32::try_from(bytes.saturating_mul(2)).is_err());
    Ok(archive.start_file(name, options)?)
}

fn header(element: ElementType, shape: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let word = match element {
        ElementType::U8 => "|u1",
        ElementType::U32 => "<u4",
        ElementType::I64 => "<i8",
        ElementType::F32 => "<f4",
        ElementType::F64 => "<f8",
    };
    let kind = word.parse().expect("NumPy's words for its types");
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let options = WriteOptions::new_header_only().dtype(DType::Plain(kind)).shape(&shape);
    options.writer(out).write_header_only()?;
    Ok(())
}

/// All attributes there are, by path and name.
fn attributes(reader: &Reader) -> Result<Value, ArtifactError> {
    let value = |attribute: Attribute| match attribute {
        Attribute::Text(text) => json!(text),
        Attribute::Texts(texts) => json!(texts),
        Attribute::Int(number) => json!(number),
    };
    let all = reader.attributes()?.into_iter().filter(|(_, found)| !found.is_empty());
    let objects = all.map(|(path, found)| {
        let fields = found.into_iter().map(|(name, attribute)| (name, value(attribute)));
        (path, Value::Object(fields.collect()))
    });
    Ok(Value::Object(objects.collect::<Map<_, _>>()))
}
