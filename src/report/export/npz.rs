//! All datasets of an artifact as one `.npz`, which `numpy.load` reads: an array
//! per dataset under its path, and the attributes as JSON in `attributes.json`.
//!
//! Knows nothing of what the arrays mean.

use std::io::{Seek, Write};

use serde_json::{Map, Value, json};

use super::{ExportError, elements};
use acai_archive::{npy::NpyElement, npz::NpzWriter};
use acai_artifact::{ArtifactError, Attribute, ElementType, Reader};

/// Where the attributes are: by path, the root's under an empty one.
const ATTRIBUTES: &str = "attributes.json";

/// Writes the archive.
///
/// # Errors
/// If the artifact is damaged or `out` cannot be written.
pub fn write<W: Write + Seek>(reader: &Reader, out: W) -> Result<(), ExportError> {
    let mut archive = NpzWriter::new(out);
    for path in reader.datasets("")? {
        archive.array(&path, element(reader.element_type(&path)?), &reader.shape(&path)?)?;
        elements(reader, &path, &mut archive)?;
    }
    let attributes = attributes(reader)?.to_string() + "\n";
    archive.file(ATTRIBUTES, attributes.len())?;
    archive.write_all(attributes.as_bytes())?;
    Ok(archive.finish()?)
}

fn element(element: ElementType) -> NpyElement {
    match element {
        ElementType::U8 => NpyElement::Unsigned(1),
        ElementType::U32 => NpyElement::Unsigned(4),
        ElementType::I64 => NpyElement::Signed(8),
        ElementType::F32 => NpyElement::Float(4),
        ElementType::F64 => NpyElement::Float(8),
    }
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
