//! What `show` draws of a whole pipeline, for a terminal: the losses of
//! every variant, and a path and samples of each, all of the first seed.
//!
//! Knows nothing of one instance's details.

use std::{collections::HashSet, fmt::Write as _};

use super::drawings;
use acai_artifact::{ArtifactError, Kind, Reader};
use acai_common::names::Name;
use acai_engine::{status::Status, store::Store};
use acai_plan::{Instance, Plan};
use acai_report::screen::{
    Screen,
    sparkline::{self, Series},
};

/// An instance that has an artifact.
struct Shown<'a> {
    instance: &'a Instance,
    reader: Reader,
}

/// Appends a drawing of an artifact.
type Draw = fn(&Reader, Screen, &mut String) -> Result<(), ArtifactError>;

/// Draws stage by stage, variants below each other. What cannot be read is left
/// out: `show` of that instance says why.
pub(super) fn tell(
    plan: &Plan,
    statuses: &[Status],
    store: &Store,
    screen: Screen,
    text: &mut String,
) {
    let mut seen = HashSet::new();
    let stages = plan.instances.iter().map(|one| &one.name.stage);
    for stage in stages.filter(|&stage| seen.insert(stage)) {
        let shown = of_stage(stage, plan, statuses, store);
        let Some(first) = shown.first() else { continue };
        let drawn = match first.reader.kind() {
            Kind::Model => losses(&shown, screen),
            Kind::Interpolations => pictures(&shown, screen, drawings::first_path),
            Kind::Samples => pictures(&shown, screen, drawings::samples_in_a_line),
            _ => continue,
        };
        let title = match first.reader.kind() {
            Kind::Model => "losses",
            Kind::Interpolations => "the first path",
            _ => "samples",
        };
        let seed =
            first.instance.name.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
        if !drawn.is_empty() {
            let _ = write!(text, "\n{stage}{seed}: {title}\n{drawn}");
        }
    }
}

/// A stage's instances of the first seed that can be read.
fn of_stage<'a>(
    stage: &Name,
    plan: &'a Plan,
    statuses: &[Status],
    store: &Store,
) -> Vec<Shown<'a>> {
    let all = plan.instances.iter().zip(statuses).filter(|(one, _)| one.name.stage == *stage);
    let there = all.filter_map(|(instance, status)| {
        let reader = Reader::open(&store.object(&status.record.as_ref()?.digest)).ok()?;
        Some(Shown { instance, reader })
    });
    let there: Vec<Shown<'_>> = there.collect();
    let seed = there.first().and_then(|one| one.instance.name.seed);
    there.into_iter().filter(|one| one.instance.name.seed == seed).collect()
}

fn label(shown: &Shown<'_>) -> String {
    let variant = shown.instance.name.variant.as_ref();
    variant.map_or_else(|| shown.instance.name.to_string(), Name::to_string)
}

/// A curve per variant and term.
fn losses(shown: &[Shown<'_>], screen: Screen) -> String {
    let named = |one: &Shown<'_>| {
        let label = label(one);
        let terms = drawings::history(&one.reader).unwrap_or_default().into_iter();
        let named = |term: Series| Series { name: format!("{label} {}", term.name), ..term };
        terms.map(named).collect::<Vec<_>>()
    };
    let all: Vec<Series> = shown.iter().flat_map(named).collect();
    if all.is_empty() { String::new() } else { sparkline::table(&all, screen.width) }
}

/// What `draw` draws of every variant.
fn pictures(shown: &[Shown<'_>], screen: Screen, draw: Draw) -> String {
    let mut text = String::new();
    for one in shown {
        let mut drawn = format!("\n  {}\n\n", label(one));
        if draw(&one.reader, screen, &mut drawn).is_ok() {
            text.push_str(&drawn);
        }
    }
    text
}
