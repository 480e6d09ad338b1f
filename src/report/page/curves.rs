//! Training curves: every loss term, and every score of snapshots, a chart, every
//! variant a line, its seeds a band.
//!
//! Knows nothing of how models are trained.

use std::{collections::BTreeMap, fmt::Write as _};

use maud::{Markup, html};

use super::{
    report_data::{ReportData, VariantInstances},
    text,
};
use crate::{
    chart::{Chart, ChartLine, panel},
    curves::of_artifact,
};
use acai_artifact::{ArtifactError, Kind, Reader};
use acai_autoencoder::term_meaning;
use acai_common::format::{count, number};
use acai_metric::score::{find, label};

/// A line has at most this many points; more are averaged.
const MOST_POINTS: usize = 200;

/// Images in a kimg.
const KIMG: f64 = 1024.0;

/// One seed's history: places on the axis, and the values of every term.
struct History {
    at: Vec<f64>,
    terms: BTreeMap<String, Vec<f64>>,
}

/// The curves of every family of models.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn sections(found: ReportData<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let families = found.families(Kind::Model);
    families.iter().map(|(stage, members)| Ok((stage.to_string(), of(found, members)?))).collect()
}

/// The scores of every snapshot, of every stage that evaluates some.
///
/// # Errors
/// If an artifact is damaged.
pub(super) fn of_snapshots(found: ReportData<'_>) -> Result<Vec<(String, Markup)>, ArtifactError> {
    let mut sections = Vec::new();
    for kind in [Kind::Latents, Kind::Interpolations] {
        for (stage, members) in found.families(kind) {
            let histories = members.iter().map(|member| scored_snapshots(found, member));
            let histories: Vec<Vec<History>> = histories.collect::<Result<_, _>>()?;
            if histories.iter().flatten().any(|history| !history.terms.is_empty()) {
                let body = charts(found, &members, &histories, &label, &|score| {
                    find(score).map_or("", |score| score.meaning)
                });
                sections.push((stage.to_string(), html! { div.panels { (body) } }));
            }
        }
    }
    Ok(sections)
}

/// The scores of the snapshots of a member's seeds that are there.
fn scored_snapshots(
    found: ReportData<'_>,
    member: &VariantInstances<'_>,
) -> Result<Vec<History>, ArtifactError> {
    let mut histories = Vec::new();
    for &place in &member.places {
        let Some(reader) = found.open(place)? else { continue };
        let curves = of_artifact(&reader)?;
        let at = curves
            .first()
            .map_or_else(Vec::new, |(_, curve)| curve.iter().map(|(kimg, _)| *kimg).collect());
        let values = |curve: Vec<(f64, f64)>| curve.into_iter().map(|(_, value)| value).collect();
        let terms = curves.into_iter().map(|(score, curve)| (score, values(curve))).collect();
        histories.push(History { at, terms });
    }
    Ok(histories)
}

/// A chart for each term, which `title` and `note` name.
fn charts(
    found: ReportData<'_>,
    members: &[VariantInstances<'_>],
    histories: &[Vec<History>],
    title: &dyn Fn(&str) -> String,
    note: &dyn Fn(&str) -> &'static str,
) -> Markup {
    let charts = terms(histories).into_iter().filter_map(|term| {
        let lines = members.iter().zip(histories).filter_map(|(member, seeds)| {
            let (points, band) = line(seeds, &term)?;
            let (name, class) = (member.label(), found.class(member));
            Some(ChartLine { name, class, points, band })
        });
        chart(&title(&term), note(&term), lines.collect())
    });
    html! { @for chart in charts { (chart) } }
}

fn of(found: ReportData<'_>, members: &[VariantInstances<'_>]) -> Result<Markup, ArtifactError> {
    let histories = members.iter().map(|member| histories(found, member));
    let histories: Vec<Vec<History>> = histories.collect::<Result<_, _>>()?;
    let title = |term: &str| term.replace('_', " ");
    let meaning = |term: &str| term_meaning(term).unwrap_or_default();
    let charts = charts(found, members, &histories, &title, &meaning);
    let note = if charts.0.is_empty() {
        "No run is long enough for a curve: there is an entry every 64 steps.".to_owned()
    } else {
        note(&histories)
    };
    Ok(html! {
        p { (note) }
        (text::missing(found, members))
        div.panels { (charts) }
    })
}

fn note(histories: &[Vec<History>]) -> String {
    let seeds = histories.iter().map(Vec::len).max().unwrap_or(0);
    let band = match seeds {
        0 | 1 => "one seed, so there is no band".to_owned(),
        n => format!("the mean of {n} seeds, and a band from the least of them to the greatest"),
    };
    let mut text = format!("Each loss term over training: {band}.");
    let longest = histories.iter().flatten().map(|history| history.at.len()).max().unwrap_or(0);
    if longest > MOST_POINTS {
        let (longest, most) = (count(longest as u64), MOST_POINTS);
        let _ = write!(text, " {longest} entries are averaged to at most {most}.");
    }
    text
}

/// The histories of a member's seeds that are there.
fn histories(
    found: ReportData<'_>,
    member: &VariantInstances<'_>,
) -> Result<Vec<History>, ArtifactError> {
    let mut histories = Vec::new();
    for &place in &member.places {
        if let Some(reader) = found.open(place)? {
            let params = found.instance(place).stage.params().0;
            let batch = params.iter().find(|param| param.name == "batch");
            let batch = batch.and_then(|param| param.value.parse().ok()).unwrap_or(KIMG);
            histories.push(history(&reader, batch)?);
        }
    }
    Ok(histories)
}

fn history(reader: &Reader, batch: f64) -> Result<History, ArtifactError> {
    let steps = reader.read::<u32>("history/step")?.data;
    let mut terms = BTreeMap::new();
    for path in reader.datasets("history")? {
        let name = path.rsplit('/').next().unwrap_or_default();
        if name != "step" {
            let values = reader.read::<f32>(&path)?.data;
            terms.insert(name.to_owned(), values.into_iter().map(f64::from).collect());
        }
    }
    let at = steps.into_iter().map(|step| f64::from(step) * batch / KIMG).collect();
    Ok(History { at, terms })
}

/// Every term that some history has: the reconstruction first, the probe last.
fn terms(histories: &[Vec<History>]) -> Vec<String> {
    let all = histories.iter().flatten().flat_map(|history| history.terms.keys());
    let mut terms: Vec<String> = all.cloned().collect();
    let rank = |term: &str| match term {
        "mse" => 0,
        "probe" => 2,
        _ => 1,
    };
    terms.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
    terms.dedup();
    terms
}

type LinePoints = Vec<(f64, f64)>;
type SeedBand = Vec<(f64, f64, f64)>;

/// The mean of the seeds that have the term, and from their least to their
/// greatest; none if no seed has it.
fn line(seeds: &[History], term: &str) -> Option<(LinePoints, SeedBand)> {
    let having: Vec<(&[f64], &[f64])> = seeds
        .iter()
        .filter_map(|seed| Some((seed.at.as_slice(), seed.terms.get(term)?.as_slice())))
        .collect();
    let entries = having.iter().map(|(at, values)| at.len().min(values.len())).min()?;
    let thinned = |values: &[f64]| thin(&values[..entries]);
    let at = thin_last(&having[0].0[..entries]);
    let seeds: Vec<Vec<f64>> = having.iter().map(|(_, values)| thinned(values)).collect();
    let column = |place: usize| seeds.iter().map(move |seed| seed[place]);
    let mean = |place: usize| column(place).sum::<f64>() / seeds.len() as f64;
    let points = at.iter().enumerate().map(|(place, &x)| (x, mean(place))).collect();
    let reach = |(place, &x): (usize, &f64)| {
        let (low, high) = (column(place).reduce(f64::min)?, column(place).reduce(f64::max)?);
        Some((x, low, high))
    };
    let band =
        if seeds.len() > 1 { at.iter().enumerate().filter_map(reach).collect() } else { vec![] };
    Some((points, band))
}

fn block(entries: usize) -> usize {
    entries.div_ceil(MOST_POINTS).max(1)
}

/// Means of equally long blocks, so that at most [`MOST_POINTS`] are left.
fn thin(values: &[f64]) -> Vec<f64> {
    let blocks = values.chunks(block(values.len()));
    blocks.map(|block| block.iter().sum::<f64>() / block.len() as f64).collect()
}

/// The last place of each block.
fn thin_last(at: &[f64]) -> Vec<f64> {
    at.chunks(block(at.len())).filter_map(|block| block.last().copied()).collect()
}

fn chart(name: &str, note: &str, lines: Vec<ChartLine>) -> Option<Markup> {
    let ends = lines.iter().filter_map(|line| {
        let (_, last) = line.points.last()?;
        Some(format!("{} ends at {}", line.name, number(*last)))
    });
    let ends = ends.collect::<Vec<_>>().join(", ");
    let alt = format!("{name} over training: {ends}");
    let chart = Chart { alt, unit: "kimg", lines, may_be_log: true, from_zero: false };
    Some(panel(name, note, &chart.draw()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(values: &[f64]) -> History {
        let at = (1..=values.len()).map(|entry| entry as f64).collect();
        History { at, terms: [("mse".to_owned(), values.to_vec())].into() }
    }

    #[test]
    fn seeds_become_a_mean_and_a_band() {
        let (points, band) = line(&[history(&[1.0, 4.0]), history(&[3.0, 8.0])], "mse").unwrap();
        assert_eq!(points, [(1.0, 2.0), (2.0, 6.0)]);
        assert_eq!(band, [(1.0, 1.0, 3.0), (2.0, 4.0, 8.0)]);
        let (points, band) = line(&[history(&[1.0])], "mse").unwrap();
        assert_eq!((points, band), (vec![(1.0, 1.0)], vec![]));
        assert!(line(&[history(&[1.0])], "probe").is_none());
    }

    #[test]
    fn a_seed_that_is_shorter_shortens_the_line() {
        let (points, _) = line(&[history(&[1.0, 2.0]), history(&[3.0])], "mse").unwrap();
        assert_eq!(points, [(1.0, 2.0)]);
    }

    #[test]
    fn many_entries_are_averaged_to_few() {
        let values: Vec<f64> = (0..4096).map(f64::from).collect();
        let (points, _) = line(&[history(&values)], "mse").unwrap();
        assert_eq!(points.len(), 4096_usize.div_ceil(21));
        assert_eq!(points[0], (21.0, 10.0));
        assert_eq!(points.last(), Some(&(4096.0, 4095.0)));
        assert_eq!(thin(&[1.0, 2.0]), [1.0, 2.0]);
        assert_eq!(thin(&[]), [0.0; 0]);
    }

    #[test]
    fn the_reconstruction_comes_first_and_the_probe_last() {
        let names = ["adversarial", "mse", "probe", "critic_mixed"];
        let terms_of = names.iter().map(|name| ((*name).to_owned(), vec![]));
        let history = History { at: vec![], terms: terms_of.collect() };
        assert_eq!(terms(&[vec![history]]), ["mse", "adversarial", "critic_mixed", "probe"]);
    }
}
