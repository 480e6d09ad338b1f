//! Decoded samples: a sheet per variant.
//!
//! Knows nothing of how they were drawn.

use maud::{Markup, html};

use super::{
    pixels::PagePictures,
    report_data::{ReportData, VariantInstances},
    text,
};
use acai_artifact::{ArtifactError, Kind, Reader};

/// At most this many samples are shown, the first, and this many in a row.
const MOST: usize = 64;
const ACROSS: usize = 8;

/// The samples of every stage that draws some.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn sections(found: ReportData<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let families = found.families(Kind::Samples);
    families.iter().map(|(stage, members)| Ok((stage.to_string(), of(found, members)?))).collect()
}

fn of(found: ReportData<'_>, members: &[VariantInstances<'_>]) -> Result<Markup, ArtifactError> {
    let mut figures = Vec::new();
    for member in members {
        if let Some((place, reader)) = found.first(member)? {
            let instance = found.instance(place).name.to_string();
            figures.extend(figure(&reader, &member.label(), &found.class(member), &instance)?);
        }
    }
    Ok(html! {
        (text::missing(found, members))
        @if !figures.is_empty() {
            p { "The first samples of each variant, at most " (MOST) "." }
            div.panels { @for figure in figures { (figure) } }
        }
    })
}

/// None if the samples cannot be shown.
fn figure(
    reader: &Reader,
    name: &str,
    class: &str,
    instance: &str,
) -> Result<Option<Markup>, ArtifactError> {
    let path = "samples/decoded";
    let there = reader.shape(path)?.first().copied().unwrap_or(0);
    let decoded = reader.read_rows::<f32>(path, 0..there.min(MOST))?;
    let Some(images) = PagePictures::decoded(&decoded).filter(|images| !images.all.is_empty())
    else {
        return Ok(None);
    };
    let (across, shown) = (ACROSS.min(images.all.len()), images.all.len());
    Ok(Some(html! {
        figure.panel {
            figcaption { b class=(class) { (name) } span.note { (instance) } }
            img.samples
                src=(images.sheet(ACROSS))
                width=(across * images.shape.width)
                height=(shown.div_ceil(ACROSS) * images.shape.height)
                alt={ (shown) " decoded samples of " (name) };
        }
    }))
}
