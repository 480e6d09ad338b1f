//! Interpolations on the page: strips of frames, distance and angle along the
//! path, and the places where the script puts the slider and its frames.
//!
//! Knows nothing of which pairs are shown and why.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{
    paths::{DecodedPath, ShownPair, ShownPaths},
    report_data::ReportData,
    text,
};
use crate::chart::{Chart, ChartLine, panel};
use acai_artifact::{ArtifactError, Kind};
use acai_common::{
    format::{count, number},
    names::Name,
};

/// What the ideal path is called.
const IDEAL: &str = "ideal";

/// The interpolations of every stage that makes some.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn sections(found: ReportData<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let families = found.families(Kind::Interpolations);
    let section = |(stage, members): &(&Name, Vec<_>)| {
        let shown = ShownPaths::read(found, members)?.map(|paths| of(&paths));
        let body = html! {
            (text::missing(found, members))
            @if let Some(shown) = shown { (shown) }
        };
        Ok::<_, ArtifactError>((stage.to_string(), body))
    };
    families.iter().map(section).collect()
}

fn of(paths: &ShownPaths) -> Markup {
    let points = paths.pairs.iter().flat_map(|pair| &pair.strips);
    let points = points.map(|strip| strip.images.all.len()).max().unwrap_or(0);
    html! {
        @if points == 0 {
            p { "The decoded images cannot be shown." }
        } @else {
            p { (note(paths, points)) }
            (viewer(paths, points))
            div.pairs { @for pair in &paths.pairs { (of_pair(pair, paths)) } }
        }
    }
}

fn note(paths: &ShownPaths, points: usize) -> String {
    let all = count(paths.all as u64);
    let first = paths.pairs.iter().filter(|pair| pair.place < 6).count();
    let mut text = format!(
        "Decoded at {points} equal steps between the codes of two test images. Shown are the \
         first {first} of {all} pairs"
    );
    if paths.pairs.iter().any(|pair| pair.because.is_some()) {
        text += ", and those whose mean distance from real images over all variants is least, in \
                 the middle, and greatest";
    }
    let mut seeds: Vec<u64> = paths.sources.iter().filter_map(|source| source.2).collect();
    let all_alike = seeds.windows(2).all(|two| two[0] == two[1]);
    seeds.truncate(1);
    match (seeds.first(), all_alike) {
        (Some(seed), true) => {
            let _ = write!(text, "; seed {seed}.");
        }
        (Some(_), false) => text += "; of each variant the first seed that is there.",
        (None, _) => text.push('.'),
    }
    if paths.pairs.iter().any(|pair| pair.ideal.is_some()) {
        text += " The ideal is a line that turns evenly from the first true angle to the second.";
    }
    text
}

/// The slider; it needs the script, so it is hidden until that has started.
fn viewer(paths: &ShownPaths, points: usize) -> Markup {
    html! {
        div.viewer hidden {
            div.controls {
                label {
                    "Pair "
                    select {
                        @for (at, pair) in paths.pairs.iter().enumerate() {
                            option value=(at) { (title(pair)) }
                        }
                    }
                }
                label.alpha {
                    span { "α" }
                    input type="range" min="0" max=(points - 1) step="1" value=((points - 1) / 2);
                    output {}
                }
            }
            div.frames {}
        }
    }
}

fn title(pair: &ShownPair) -> String {
    let why = pair.because.map_or_else(String::new, |because| format!(", {because}"));
    format!("{}{why}", pair.place)
}

fn of_pair(pair: &ShownPair, paths: &ShownPaths) -> Markup {
    let (from, to) = (count(pair.place as u64), count((pair.place + paths.all) as u64));
    html! {
        figure.pair {
            figcaption {
                h3 { "Pair " (title(pair)) }
                span.note { "from test image " (from) " to " (to) }
            }
            div.strips {
                @if let Some(ideal) = &pair.ideal { (row(ideal, IDEAL, IDEAL)) }
                @for (strip, (name, class, _)) in pair.strips.iter().zip(&paths.sources) {
                    (row(strip, name, class))
                }
            }
            div.panels {
                @if let Some(chart) = distances(pair, paths) { (chart) }
                @if let Some(chart) = angles(pair, paths) { (chart) }
            }
        }
    }
}

/// One path as a row of frames.
fn row(strip: &DecodedPath, name: &str, class: &str) -> Markup {
    let frames = strip.images.all.len();
    let mean = strip.distance.iter().sum::<f64>() / strip.distance.len() as f64;
    let is_made = class != IDEAL && !strip.distance.is_empty();
    let alt = if class == IDEAL {
        format!("{frames} images of a line that turns evenly")
    } else if is_made {
        format!("{frames} decoded images of {name}, mean distance {}", number(mean))
    } else {
        format!("{frames} decoded images of {name}")
    };
    html! {
        div.strip {
            span.label {
                b class=(class) { (name) }
                @if is_made { small { "mean distance " (number(mean)) } }
            }
            span.frames-of data-says=(says(strip, class)) {
                img
                    src=(strip.images.sheet(frames))
                    width=(frames * strip.images.shape.width)
                    height=(strip.images.shape.height)
                    alt=(alt);
            }
        }
    }
}

/// What is known at every point, in text, for the script.
fn says(strip: &DecodedPath, class: &str) -> String {
    let at = |point: usize| {
        let distance = strip.distance.get(point).filter(|_| class != IDEAL);
        let distance = distance.map(|value| format!("distance {}", number(*value)));
        let angle = strip.angle.get(point).filter(|angle| angle.is_finite());
        let angle = angle.map(|angle| format!("{:.0}°", angle.to_degrees().rem_euclid(360.0)));
        distance.into_iter().chain(angle).collect::<Vec<_>>().join("\n")
    };
    (0..strip.images.all.len()).map(at).collect::<Vec<_>>().join("|")
}

fn distances(pair: &ShownPair, paths: &ShownPaths) -> Option<Markup> {
    let lines = lines(pair, paths, |strip| &strip.distance, 1.0);
    let alt = format!("Distance from real images along pair {}", pair.place);
    let chart = Chart { alt, unit: "α", lines, may_be_log: false, from_zero: true };
    Some(panel("distance", "from the nearest real image", &chart.draw()?))
}

fn angles(pair: &ShownPair, paths: &ShownPaths) -> Option<Markup> {
    let mut lines = lines(pair, paths, |strip| &strip.angle, 180.0 / std::f64::consts::PI);
    if lines.is_empty() {
        return None;
    }
    if let Some(ideal) = &pair.ideal {
        let degrees: Vec<f64> = ideal.angle.iter().map(|angle| angle.to_degrees()).collect();
        lines.insert(0, line(IDEAL, IDEAL, &degrees, 1.0));
    }
    let alt = format!("Angle of the nearest line along pair {}", pair.place);
    let chart = Chart { alt, unit: "α", lines, may_be_log: false, from_zero: false };
    Some(panel("angle", "of the nearest line, in degrees", &chart.draw()?))
}

fn lines(
    pair: &ShownPair,
    paths: &ShownPaths,
    of: fn(&DecodedPath) -> &Vec<f64>,
    unit: f64,
) -> Vec<ChartLine> {
    let strips = pair.strips.iter().zip(&paths.sources);
    let known = strips.filter(|(strip, _)| !of(strip).is_empty());
    known.map(|(strip, (name, class, _))| line(name, class, of(strip), unit)).collect()
}

fn line(name: &str, class: &str, values: &[f64], unit: f64) -> ChartLine {
    let last = values.len().saturating_sub(1).max(1) as f64;
    let points = values.iter().enumerate().map(|(at, value)| (at as f64 / last, value * unit));
    let (name, class) = (name.to_owned(), class.to_owned());
    ChartLine { name, class, points: points.collect(), band: Vec::new() }
}
