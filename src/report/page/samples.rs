//! Decoded samples: a sheet per variant.
//!
//! Knows nothing of how they were drawn.

use super::{
    markup::{Markup, Tag, classed, tag},
    pixels::Images,
    report_data::{Found, Member},
    text,
};
use acai_artifact::{ArtifactError, Kind, Reader};

/// So many samples are shown at most, the first, and so many in a row.
const MOST: usize = 64;
const ACROSS: usize = 8;

/// The samples of every stage that draws some.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn sections(found: Found<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let families = found.families(Kind::Samples);
    families.iter().map(|(stage, members)| Ok((stage.to_string(), of(found, members)?))).collect()
}

fn of(found: Found<'_>, members: &[Member<'_>]) -> Result<Markup, ArtifactError> {
    let mut figures = Vec::new();
    for member in members {
        if let Some((place, reader)) = found.first(member)? {
            let instance = found.instance(place).name.to_string();
            figures.extend(figure(&reader, &member.label(), &found.class(member), &instance)?);
        }
    }
    let missing = text::missing(found, members);
    if figures.is_empty() {
        return Ok(missing);
    }
    let note = tag("p").text(format_args!("The first samples of each variant, at most {MOST}."));
    Ok(missing.and(note).and(classed("div", "panels").all(figures)))
}

/// None if the samples cannot be shown.
fn figure(
    reader: &Reader,
    name: &str,
    class: &str,
    instance: &str,
) -> Result<Option<Tag>, ArtifactError> {
    let path = "samples/decoded";
    let there = reader.shape(path)?.first().copied().unwrap_or(0);
    let decoded = reader.read_rows::<f32>(path, 0..there.min(MOST))?;
    let Some(images) = Images::decoded(&decoded).filter(|images| !images.all.is_empty()) else {
        return Ok(None);
    };
    let (across, shown) = (ACROSS.min(images.all.len()), images.all.len());
    let image = classed("img", "samples")
        .with("src", images.sheet(ACROSS))
        .with("width", across * images.shape.width)
        .with("height", shown.div_ceil(ACROSS) * images.shape.height)
        .with("alt", format_args!("{shown} decoded samples of {name}"));
    let caption = tag("figcaption")
        .put(tag("b").with("class", class).text(name))
        .put(classed("span", "note").text(instance));
    Ok(Some(classed("figure", "panel").put(caption).put(image)))
}
