//! The canonical walk: what of an artifact counts as content, in one order.
//!
//! Knows nothing of layout, compression, creation order or times: none of them counts.

use std::{collections::BTreeMap, ops::Range};

use super::{
    Array, ArtifactError, Digests, Element, ElementType, Reader, digest::Hasher, reader::Attribute,
};

/// About so many bytes are read at once.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// Digests every part: its datasets in order of their paths, each with type,
/// shape, little-endian elements and attributes; and the attributes of every
/// group on the way to them.
pub(super) fn digests(reader: &Reader) -> Result<Digests, ArtifactError> {
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in reader.datasets("")? {
        members.entry(reader.kind().part_of(&path).to_owned()).or_default().push(path);
    }
    let mut digests = Digests::default();
    for (part, paths) in members {
        let mut hash = Hasher::new("acai-pipe 2026 artifact part");
        for group in groups_above(&paths) {
            hash_attributes(reader, &group, &mut hash)?;
        }
        for path in &paths {
            hash_dataset(reader, path, &mut hash)?;
        }
        digests.parts.insert(part, hash.finish());
    }
    Ok(digests)
}

/// Every group above one of `paths`, the root first, sorted, once each.
pub(super) fn groups_above(paths: &[String]) -> Vec<String> {
    let above = |path: &str| -> Vec<String> {
        path.match_indices('/').map(|(end, _)| path[..end].to_owned()).collect()
    };
    let mut groups: Vec<String> = paths.iter().flat_map(|path| above(path)).collect();
    groups.push(String::new());
    groups.sort();
    groups.dedup();
    groups
}

fn hash_dataset(reader: &Reader, path: &str, hash: &mut Hasher) -> Result<(), ArtifactError> {
    let element = reader.element_type(path)?;
    let shape = reader.shape(path)?;
    hash.text("dataset");
    hash.text(path);
    hash.text(element.as_str());
    hash.number(shape.len() as u64);
    for &length in &shape {
        hash.number(length as u64);
    }
    match element {
        ElementType::U8 => hash_elements::<u8>(reader, path, &shape, hash)?,
        ElementType::U32 => hash_elements::<u32>(reader, path, &shape, hash)?,
        ElementType::I64 => hash_elements::<i64>(reader, path, &shape, hash)?,
        ElementType::F32 => hash_elements::<f32>(reader, path, &shape, hash)?,
        ElementType::F64 => hash_elements::<f64>(reader, path, &shape, hash)?,
    }
    hash_attributes(reader, path, hash)
}

fn hash_elements<T: Element>(
    reader: &Reader,
    path: &str,
    shape: &[usize],
    hash: &mut Hasher,
) -> Result<(), ArtifactError> {
    if shape.is_empty() {
        hash_array(&reader.read::<T>(path)?, hash);
    }
    for rows in blocks::<T>(reader, path, shape) {
        hash_array(&reader.read_rows::<T>(path, rows)?, hash);
    }
    Ok(())
}

/// All rows of a dataset, as many at once as make about [`BLOCK_BYTES`]; none
/// of a dataset without axes.
pub(super) fn blocks<T: Element>(
    reader: &Reader,
    path: &str,
    shape: &[usize],
) -> impl Iterator<Item = Range<usize>> + use<T> {
    let (&rows, inner) = shape.split_first().unwrap_or((&0, &[]));
    let row_bytes = inner.iter().product::<usize>().max(1) * T::TYPE.size();
    let chunk = reader.chunk_rows(path).unwrap_or(1).max(1);
    let step = (BLOCK_BYTES / row_bytes / chunk).max(1) * chunk;
    (0..rows).step_by(step).map(move |start| start..rows.min(start + step))
}

fn hash_array<T: Element>(array: &Array<T>, hash: &mut Hasher) {
    let mut bytes = Vec::new();
    T::append_le(&array.data, &mut bytes);
    hash.bytes(&bytes);
}

fn hash_attributes(reader: &Reader, path: &str, hash: &mut Hasher) -> Result<(), ArtifactError> {
    let names = reader.attribute_names(path)?;
    hash.text("attributes");
    hash.text(path);
    hash.number(names.len() as u64);
    for name in names {
        hash.text(&name);
        match reader.attribute(path, &name)? {
            Attribute::Text(text) => {
                hash.text("text");
                hash.text(&text);
            }
            Attribute::Texts(texts) => {
                hash.text("texts");
                hash.number(texts.len() as u64);
                for text in texts {
                    hash.text(&text);
                }
            }
            Attribute::Int(number) => {
                hash.text("int64");
                hash.bytes(&number.to_le_bytes());
            }
        }
    }
    Ok(())
}
