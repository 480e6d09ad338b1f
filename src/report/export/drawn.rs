//! What of an artifact can be drawn, as named pictures: images, decoded paths,
//! samples; each by itself, and all on a sheet.
//!
//! Knows nothing of files.

use super::ExportError;
use crate::pictures::{self, Picture, grid, in_rows, strip};
use acai_artifact::{Kind, Reader};

/// Pixels between pictures on a sheet.
const GAP: usize = 2;

/// What lies between them: light enough to part black pictures, dark enough to
/// part white ones.
const GROUND: u8 = 128;

/// Name of the picture of all pictures.
const SHEET: &str = "sheet";

/// At most `count` pictures of an artifact and one of them all, by name.
///
/// # Errors
/// If the artifact is damaged, or there is nothing to draw.
pub fn drawn(reader: &Reader, count: usize) -> Result<Vec<(String, Picture)>, ExportError> {
    let mut named = match reader.kind() {
        Kind::Images => images(reader, count)?,
        Kind::Interpolations => paths(reader, count)?,
        Kind::Samples => {
            let all = first(reader, "samples/decoded", count)?;
            numbered(all, |place| format!("sample-{place:04}"))
        }
        kind => return Err(ExportError::Nothing(nothing(kind))),
    };
    let all: Vec<Picture> = named.iter().map(|(_, picture)| picture.clone()).collect();
    if all.is_empty() {
        return Err(ExportError::Nothing("has no pictures".to_owned()));
    }
    let across = if reader.kind() == Kind::Interpolations { 1 } else { across(all.len()) };
    named.push((SHEET.to_owned(), grid(&in_rows(&all, across), GAP, GROUND)));
    Ok(named)
}

/// Pictures in a row that make a sheet about square.
fn across(count: usize) -> usize {
    (1..=count).find(|across| across * across >= count).unwrap_or(1)
}

fn nothing(kind: Kind) -> String {
    let other = match kind {
        Kind::Model => "its weights are had with `--safetensors`, its history with `--npz`",
        _ => "its arrays are had with `--npz`",
    };
    format!("is of the kind {kind}, of which there is nothing to draw; {other}")
}

/// The first test images, with their classes.
fn images(reader: &Reader, count: usize) -> Result<Vec<(String, Picture)>, ExportError> {
    let labels = reader.read::<u8>("labels/test")?.data;
    let all = first(reader, "images/test", count)?;
    Ok(numbered(all, |place| {
        let class = labels.get(place).map_or_else(String::new, |label| format!("-class{label}"));
        format!("test-{place:04}{class}")
    }))
}

/// The first paths, a strip each.
fn paths(reader: &Reader, count: usize) -> Result<Vec<(String, Picture)>, ExportError> {
    let points = reader.shape("paths/decoded")?.get(1).copied().unwrap_or(1);
    let frames = first(reader, "paths/decoded", count)?;
    let strips = frames.chunks(points.max(1)).map(|frames| strip(frames, GAP, GROUND));
    Ok(numbered(strips.collect(), |place| format!("pair-{place:04}")))
}

fn first(reader: &Reader, path: &str, count: usize) -> Result<Vec<Picture>, ExportError> {
    let rows = reader.shape(path)?.first().copied().unwrap_or(0);
    Ok(pictures::read(reader, path, 0..rows.min(count))?)
}

fn numbered(all: Vec<Picture>, name: impl Fn(usize) -> String) -> Vec<(String, Picture)> {
    all.into_iter().enumerate().map(|(place, picture)| (name(place), picture)).collect()
}
