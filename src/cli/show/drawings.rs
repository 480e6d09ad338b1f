//! What `show` draws of an artifact: curves of a training, strips of paths,
//! samples, maps.
//!
//! Knows nothing of the instance it belongs to.

use std::fmt::Write as _;

use acai_artifact::{ArtifactError, Kind, Reader};
use acai_common::{
    format::{count, number},
    printable::printable_line,
};
use acai_report::{
    pictures,
    screen::{
        Screen,
        map::{self, ScatterPoints},
        sparkline::{self, Series},
        tiles,
    },
};

/// How many paths are drawn.
const PATHS: usize = 4;

/// How many lines of samples.
const LINES: usize = 3;

/// Columns before what is drawn.
const INDENT: usize = 2;

/// Characters of a path's distances.
const CURVE: usize = 16;

/// Draws what there is to draw.
pub(super) fn tell(
    reader: &Reader,
    screen: Screen,
    text: &mut String,
) -> Result<(), ArtifactError> {
    match reader.kind() {
        Kind::Model => losses(reader, screen, text),
        Kind::Interpolations => paths(reader, screen, text),
        Kind::Samples => {
            text.push_str("\nsamples\n");
            samples(reader, LINES, screen, text)
        }
        Kind::Projection => points(reader, screen, text),
        _ => Ok(()),
    }
}

/// The screen right of the indent.
pub(super) fn inner(screen: Screen) -> Screen {
    Screen { width: screen.width - INDENT, ..screen }
}

/// Appends lines behind the indent.
pub(super) fn indented(lines: &[String], text: &mut String) {
    for line in lines {
        let _ = writeln!(text, "{}", format!("{:INDENT$}{line}", "").trim_end());
    }
}

/// Every loss term of a training, in the order of their names, `mse` first;
/// none if it was too short for an entry.
pub(super) fn history(reader: &Reader) -> Result<Vec<Series>, ArtifactError> {
    let mut series = Vec::new();
    for path in reader.datasets("")? {
        let Some(name) = path.strip_prefix("history/").filter(|&name| name != "step") else {
            continue;
        };
        let values = reader.read::<f32>(&path)?.data;
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        series.push(Series { name: printable_line(name).into_owned(), values });
    }
    series.retain(|one| !one.values.is_empty());
    series.sort_by_key(|one| one.name != "mse");
    Ok(series)
}

/// The strip of the first pair's path.
pub(super) fn first_path(
    reader: &Reader,
    screen: Screen,
    text: &mut String,
) -> Result<(), ArtifactError> {
    path(reader, 0, screen, text)
}

/// As many samples as a line holds.
pub(super) fn samples_in_a_line(
    reader: &Reader,
    screen: Screen,
    text: &mut String,
) -> Result<(), ArtifactError> {
    samples(reader, 1, screen, text)
}

fn path(
    reader: &Reader,
    pair: usize,
    screen: Screen,
    text: &mut String,
) -> Result<(), ArtifactError> {
    let frames = pictures::read(reader, "paths/decoded", pair..pair + 1)?;
    indented(&tiles::strip(&frames, inner(screen)), text);
    Ok(())
}

fn samples(
    reader: &Reader,
    lines: usize,
    screen: Screen,
    text: &mut String,
) -> Result<(), ArtifactError> {
    let there = reader.shape("samples/decoded")?.first().copied().unwrap_or(0);
    let all = pictures::read(reader, "samples/decoded", 0..there.min(lines * screen.width))?;
    indented(&tiles::grid(&all, lines, inner(screen)), text);
    Ok(())
}

fn losses(reader: &Reader, screen: Screen, text: &mut String) -> Result<(), ArtifactError> {
    let steps = reader.read::<u32>("history/step")?.data;
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Ok(()) };
    let [first, last] = [first, last].map(|&step| count(step.into()));
    let _ = writeln!(text, "\nlosses, steps {first} to {last}");
    text.push_str(&sparkline::table(&history(reader)?, screen.width));
    Ok(())
}

fn paths(reader: &Reader, screen: Screen, text: &mut String) -> Result<(), ArtifactError> {
    text.push_str("\npaths\n");
    let there = reader.shape("paths/decoded")?.first().copied().unwrap_or(0);
    for pair in 0..there.min(PATHS) {
        let distance = reader.read_rows::<f64>("paths/distance", pair..pair + 1)?.data;
        let mean = distance.iter().sum::<f64>() / distance.len() as f64;
        let _ = write!(
            text,
            "{}  test images {pair} and {}, distance {} mean {}{}\n\n",
            if pair > 0 { "\n" } else { "" },
            pair + there,
            sparkline::curve(&distance, CURVE).0,
            number(mean),
            smoothness(reader, pair)?,
        );
        path(reader, pair, screen, text)?;
    }
    Ok(())
}

/// How smooth a path is, in words: between lines, or in pixels and latents.
fn smoothness(reader: &Reader, pair: usize) -> Result<String, ArtifactError> {
    let mut text = String::new();
    for name in ["smoothness", "pixel_smoothness", "latent_smoothness"] {
        let path = format!("pairs/{name}");
        if reader.has(&path) {
            let values = reader.read_rows::<f64>(&path, pair..pair + 1)?.data;
            let values = values.into_iter().map(number);
            for value in values {
                let _ = write!(text, ", {} {value}", name.replace('_', " "));
            }
        }
    }
    Ok(text)
}

fn points(reader: &Reader, screen: Screen, text: &mut String) -> Result<(), ArtifactError> {
    let positions = reader.read::<f32>("points/positions")?.data;
    let pairs = positions.chunks_exact(2);
    let points = ScatterPoints {
        positions: pairs.map(|at| [f64::from(at[0]), f64::from(at[1])]).collect(),
        labels: reader.read::<u8>("points/labels")?.data,
        names: Vec::new(),
    };
    text.push_str("\nmap, by class\n");
    indented(&map::draw(&points, inner(screen)), text);
    Ok(())
}
