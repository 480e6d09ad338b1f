//! Latents in two dimensions: a map per variant, the same images on all of
//! them, each to be seen under the pointer.
//!
//! Knows nothing of how latents are laid out.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use maud::{Markup, html};

use super::{
    pixels::PagePictures,
    report_data::{ReportData, VariantInstances},
    text,
};
use acai_artifact::{ArtifactError, Kind, Reader};
use acai_common::format::count;

/// At most this many images are shown, the first.
const MOST_IMAGES: usize = 1_000;

/// Pictures of images in colour are made smaller than this.
const SIDE_IN_COLOUR: usize = 16;

/// Pictures in a row of the sheet.
const ACROSS: usize = 40;

/// Side of a map in its own units, and what is left free at its edges.
const SIDE: f64 = 1_000.0;
const MARGIN: f64 = 30.0;

/// Number of colours for classes.
const COLOURS: usize = 10;

/// A variant's map.
struct LatentMap {
    name: String,
    class: String,
    instance: String,
    method: String,
    /// How much of the variance is along both directions, where that is known.
    explained: Option<f64>,
    /// Positions by test image.
    points: BTreeMap<u32, (f32, f32)>,
}

/// The images that are shown on every map.
struct ShownImages {
    /// Which test images, and their classes.
    images: Vec<(u32, u8)>,
    all: usize,
}

/// The maps of every stage that makes some.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn sections(found: ReportData<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let families = found.families(Kind::Projection);
    families.iter().map(|(stage, members)| Ok((stage.to_string(), of(found, members)?))).collect()
}

fn of(found: ReportData<'_>, members: &[VariantInstances<'_>]) -> Result<Markup, ArtifactError> {
    let missing = text::missing(found, members);
    let (mut maps, mut shown, mut data) = (Vec::new(), None, None);
    for member in members {
        let Some((place, reader)) = found.first(member)? else { continue };
        shown = match shown {
            None => read_shown(&reader)?,
            known => known,
        };
        let latents = found.input(place, "latents");
        data = data.or_else(|| found.input(latents?, "data"));
        maps.extend(LatentMap::read(found, member, place, &reader)?);
    }
    let Some(shown) = shown.filter(|shown| !shown.images.is_empty() && !maps.is_empty()) else {
        return Ok(missing);
    };
    let data = data.map(|place| found.open(place)).transpose()?.flatten();
    let pictures = data.as_ref().map(|data| pictures(data, &shown)).transpose()?.flatten();
    let classes = classes(data.as_ref(), &shown);
    Ok(html! {
        (missing)
        p { (note(&maps, &shown, pictures.is_some())) }
        (legend(&classes))
        @if let Some(pictures) = &pictures { (sheet(pictures, &shown, &classes)) }
        div.maps { @for map in &maps { (map.draw(&shown)) } }
        p.told aria-live="polite" {}
    })
}

fn note(maps: &[LatentMap], shown: &ShownImages, has_pictures: bool) -> String {
    let (some, all) = (count(shown.images.len() as u64), count(shown.all as u64));
    let images = if shown.images.len() < shown.all {
        format!("the first {some} of {all} encoded test images")
    } else {
        format!("{all} encoded test images")
    };
    let mut methods: Vec<&str> = maps.iter().map(|map| method(&map.method)).collect();
    methods.dedup();
    let names: Vec<&str> = maps.iter().map(|map| map.instance.as_str()).collect();
    let mut text = format!(
        "Of {}: {images}, laid out by {} and coloured by class; both directions have one unit.",
        names.join(", "),
        methods.join(", ")
    );
    if has_pictures {
        text += " Point at a map, or walk on it with the arrow keys: its image is shown, and \
                 where the same image lies on the others.";
    }
    text
}

/// A method of laying out, in words.
fn method(word: &str) -> &str {
    match word {
        "Pca" => "principal component analysis",
        "Tsne" => "t-SNE",
        other => other,
    }
}

/// The images of the first map; none if it is no map.
fn read_shown(reader: &Reader) -> Result<Option<ShownImages>, ArtifactError> {
    let index = reader.read::<u32>("points/index")?.data;
    let labels = reader.read::<u8>("points/labels")?.data;
    let all = index.len();
    let images: Vec<(u32, u8)> = index.into_iter().zip(labels).take(MOST_IMAGES).collect();
    Ok(Some(ShownImages { images, all }))
}

impl LatentMap {
    /// None if its positions are not two by two.
    fn read(
        found: ReportData<'_>,
        member: &VariantInstances<'_>,
        place: usize,
        reader: &Reader,
    ) -> Result<Option<Self>, ArtifactError> {
        let positions = reader.read::<f32>("points/positions")?;
        let index = reader.read::<u32>("points/index")?.data;
        if positions.shape != [index.len(), 2] {
            return Ok(None);
        }
        let scores = reader.scores()?;
        let places = positions.data.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        Ok(Some(Self {
            name: member.label(),
            class: found.class(member),
            instance: found.instance(place).name.to_string(),
            method: reader.text_attribute("", "method")?,
            explained: scores
                .into_iter()
                .find(|(name, _)| name == "explained_variance")
                .map(|one| one.1),
            points: index.into_iter().zip(places).collect(),
        }))
    }

    fn draw(&self, shown: &ShownImages) -> Markup {
        let places = self.places(shown);
        let mut dots: BTreeMap<usize, String> = BTreeMap::new();
        let mut told = String::new();
        for (place, (_, label)) in places.iter().zip(&shown.images) {
            let Some((x, y)) = place else {
                told.push_str("- ");
                continue;
            };
            let _ = write!(told, "{x},{y} ");
            let _ = write!(dots.entry(usize::from(*label) % COLOURS).or_default(), "M{x} {y}h0");
        }
        html! {
            figure.of-map {
                figcaption {
                    b class=(self.class) { (self.name) }
                    @if let Some(share) = self.explained {
                        span.note { (format!("{:.1}\u{a0}% of the variance", 100.0 * share)) }
                    }
                }
                div.map data-points=(told.trim_end()) {
                    svg
                        viewBox={ "0 0 " (SIDE) " " (SIDE) }
                        role="img"
                        aria-label={ "Map of " (self.name) ": " (shown.images.len()) " images" }
                    {
                        @for (colour, path) in dots { path class={ "dots c" (colour) } d=(path) {} }
                        circle.ring r="16" cx="-99" cy="-99" {}
                    }
                }
            }
        }
    }

    /// Whole coordinates in the map's own units, in the order of the images.
    fn places(&self, shown: &ShownImages) -> Vec<Option<(i32, i32)>> {
        let here = shown.images.iter().map(|(image, _)| {
            let place = self.points.get(image).filter(|(x, y)| x.is_finite() && y.is_finite());
            place.map(|&(x, y)| (f64::from(x), f64::from(y)))
        });
        let here: Vec<Option<(f64, f64)>> = here.collect();
        let ends = |of: fn(&(f64, f64)) -> f64| {
            let all = || here.iter().flatten().map(of);
            (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
        };
        let ((left, right), (low, high)) = (ends(|at| at.0), ends(|at| at.1));
        let reach = (right - left).max(high - low).max(f64::MIN_POSITIVE);
        let scale = (SIDE - 2.0 * MARGIN) / reach;
        let (middle_x, middle_y) = (f64::midpoint(left, right), f64::midpoint(low, high));
        let place = |(x, y): (f64, f64)| {
            let (x, y) = ((x - middle_x) * scale, (y - middle_y) * scale);
            ((SIDE / 2.0 + x).round() as i32, (SIDE / 2.0 - y).round() as i32)
        };
        here.into_iter().map(|at| at.map(place)).collect()
    }
}

/// Small pictures of the images; none if they cannot be shown.
fn pictures(data: &Reader, shown: &ShownImages) -> Result<Option<PagePictures>, ArtifactError> {
    let places: Vec<usize> = shown.images.iter().map(|(image, _)| *image as usize).collect();
    let mut images = PagePictures::tests(data, &places)?;
    while let Some(large) = &images {
        if large.shape.channels == 1 || large.shape.height.min(large.shape.width) <= SIDE_IN_COLOUR
        {
            break;
        }
        images = Some(large.halved());
    }
    Ok(images)
}

/// The names of the classes that are shown, by their numbers.
fn classes(data: Option<&Reader>, shown: &ShownImages) -> BTreeMap<u8, String> {
    let names = data.and_then(|data| data.texts_attribute("", "class_names").ok());
    let names = names.unwrap_or_default();
    let name = |label: u8| {
        let name = names.get(usize::from(label)).cloned();
        (label, name.unwrap_or_else(|| label.to_string()))
    };
    shown.images.iter().map(|(_, label)| name(*label)).collect()
}

fn legend(classes: &BTreeMap<u8, String>) -> Markup {
    html! {
        ul.legend aria-label="Classes" {
            @for (label, name) in classes {
                li { span class={ "dot c" (usize::from(*label) % COLOURS) } {} (name) }
            }
        }
    }
}

/// The pictures for the script, and what each image is.
fn sheet(pictures: &PagePictures, shown: &ShownImages, classes: &BTreeMap<u8, String>) -> Markup {
    let names: HashMap<u8, usize> = classes.keys().copied().zip(0..).collect();
    let name_list = classes.values().cloned().collect::<Vec<_>>().join("|");
    let told = shown.images.iter().map(|(image, label)| format!("{image},{}", names[label]));
    html! {
        img.sheet
            hidden
            alt=""
            data-across=(ACROSS.min(shown.images.len()))
            data-width=(pictures.shape.width)
            data-height=(pictures.shape.height)
            data-classes=(name_list)
            data-images=(told.collect::<Vec<_>>().join(" "))
            src=(pictures.sheet(ACROSS));
    }
}
