//! Interpolations on the page: strips of frames, distance and angle along the
//! path, and the places where the script puts the slider and its frames.
//!
//! Knows nothing of which pairs are shown and why.

use std::fmt::Write as _;

use super::{
    chart::{Chart, Line, panel},
    markup::{Markup, classed, tag},
    paths::{Pair, Paths, Strip},
    report_data::Found,
    text,
};
use acai_artifact::{ArtifactError, Kind};
use acai_common::format::{count, number};

/// What the ideal path is called.
const IDEAL: &str = "ideal";

/// The interpolations of every stage that makes some.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn sections(found: Found<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let families = found.families(Kind::Interpolations);
    let section = |(stage, members): &(_, Vec<_>)| {
        let missing = text::missing(found, members);
        let shown = Paths::read(found, members)?.map(|paths| of(&paths));
        Ok((format!("{stage}"), missing.and(shown.unwrap_or_default())))
    };
    families.iter().map(section).collect()
}

fn of(paths: &Paths) -> Markup {
    let points = paths.pairs.iter().flat_map(|pair| &pair.strips);
    let points = points.map(|strip| strip.images.all.len()).max().unwrap_or(0);
    if points == 0 {
        return tag("p").text("The decoded images cannot be shown.").into();
    }
    let pairs = classed("div", "pairs").all(paths.pairs.iter().map(|pair| of_pair(pair, paths)));
    let note = tag("p").text(note(paths, points));
    Markup::from(note).and(viewer(paths, points)).and(pairs)
}

fn note(paths: &Paths, points: usize) -> String {
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
    let mut seeds: Vec<u64> = paths.arms.iter().filter_map(|arm| arm.2).collect();
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
fn viewer(paths: &Paths, points: usize) -> Markup {
    let option = |(at, pair): (usize, &Pair)| tag("option").with("value", at).text(title(pair));
    let select = tag("select").all(paths.pairs.iter().enumerate().map(option));
    let pair = tag("label").text("Pair ").put(select);
    let range = tag("input")
        .with("type", "range")
        .with("min", 0)
        .with("max", points - 1)
        .with("step", 1)
        .with("value", (points - 1) / 2);
    let alpha = classed("label", "alpha").put(tag("span").text("α")).put(range);
    let alpha = alpha.put(tag("output"));
    classed("div", "viewer")
        .flag("hidden")
        .put(classed("div", "controls").put(pair).put(alpha))
        .put(classed("div", "frames"))
        .into()
}

fn title(pair: &Pair) -> String {
    let why = pair.because.map_or_else(String::new, |because| format!(", {because}"));
    format!("{}{why}", pair.place)
}

fn of_pair(pair: &Pair, paths: &Paths) -> Markup {
    let other = pair.place + paths.all;
    let heading = tag("h3").text(format_args!("Pair {}", title(pair)));
    let images = classed("span", "note").text(format_args!(
        "from test image {} to {}",
        count(pair.place as u64),
        count(other as u64)
    ));
    let ideal = pair.ideal.iter().map(|strip| row(strip, IDEAL, IDEAL));
    let arms = pair.strips.iter().zip(&paths.arms);
    let arms = arms.map(|(strip, (name, class, _))| row(strip, name, class));
    let strips = classed("div", "strips").all(ideal.chain(arms));
    let charts = [distances(pair, paths), angles(pair, paths)].into_iter().flatten();
    classed("figure", "pair")
        .put(tag("figcaption").put(heading).put(images))
        .put(strips)
        .put(classed("div", "panels").all(charts))
        .into()
}

/// One path as a row of frames.
fn row(strip: &Strip, name: &str, class: &str) -> Markup {
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
    let image = tag("img")
        .with("src", strip.images.sheet(frames))
        .with("width", frames * strip.images.shape.width)
        .with("height", strip.images.shape.height)
        .with("alt", alt);
    let label = tag("b").with("class", class).text(name);
    let label = classed("span", "label").put(label);
    let mean = tag("small").text(format_args!("mean distance {}", number(mean)));
    let label = if is_made { label.put(mean) } else { label };
    let frames = classed("span", "frames-of").with("data-says", says(strip, class)).put(image);
    classed("div", "strip").put(label).put(frames).into()
}

/// What is known at every point, in text, for the script.
fn says(strip: &Strip, class: &str) -> String {
    let at = |point: usize| {
        let distance = strip.distance.get(point).filter(|_| class != IDEAL);
        let distance = distance.map(|value| format!("distance {}", number(*value)));
        let angle = strip.angle.get(point).filter(|angle| angle.is_finite());
        let angle = angle.map(|angle| format!("{:.0}°", angle.to_degrees().rem_euclid(360.0)));
        distance.into_iter().chain(angle).collect::<Vec<_>>().join("\n")
    };
    (0..strip.images.all.len()).map(at).collect::<Vec<_>>().join("|")
}

fn distances(pair: &Pair, paths: &Paths) -> Option<Markup> {
    let lines = lines(pair, paths, |strip| &strip.distance, 1.0);
    let alt = format!("Distance from real images along pair {}", pair.place);
    let chart = Chart { alt, unit: "α", lines, may_be_log: false, from_zero: true };
    Some(panel("distance", "from the nearest real image", chart.draw()?))
}

fn angles(pair: &Pair, paths: &Paths) -> Option<Markup> {
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
    Some(panel("angle", "of the nearest line, in degrees", chart.draw()?))
}

fn lines(pair: &Pair, paths: &Paths, of: fn(&Strip) -> &Vec<f64>, unit: f64) -> Vec<Line> {
    let strips = pair.strips.iter().zip(&paths.arms);
    let known = strips.filter(|(strip, _)| !of(strip).is_empty());
    known.map(|(strip, (name, class, _))| line(name, class, of(strip), unit)).collect()
}

fn line(name: &str, class: &str, values: &[f64], unit: f64) -> Line {
    let last = values.len().saturating_sub(1).max(1) as f64;
    let points = values.iter().enumerate().map(|(at, value)| (at as f64 / last, value * unit));
    let (name, class) = (name.to_owned(), class.to_owned());
    Line { name, class, points: points.collect(), band: Vec::new() }
}
