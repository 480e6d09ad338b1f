//! A comparison as tables for people, variants as columns, and as lines for
//! spreadsheets.
//!
//! Knows nothing of statistics and of how a table is drawn.

use std::collections::HashSet;

use super::{Comparison, ScoreRow, VariantScores, against, changes::Change, long::long, rows};
use crate::{
    Table, csv,
    scores::{SIDE_BY_SIDE, spread},
};
use acai_common::format::number;
use acai_metric::score::label;

/// What stands where there is nothing.
pub(super) const NOTHING: &str = "–";

/// The comparison, a column per arm; a line per arm where they are too many to
/// stand side by side. Stages with other arms than the one before begin a table
/// of their own.
#[must_use]
pub fn wide(rows: &[ScoreRow]) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for stage in rows.chunk_by(|a, b| a.stage == b.stage) {
        let next = of_stage(stage);
        match tables.last_mut() {
            Some(table) if table.head == next.head => table.rows.extend(next.rows),
            _ => tables.push(next),
        }
    }
    tables
}

fn of_stage(rows: &[ScoreRow]) -> Table {
    let mut seen = HashSet::new();
    let arms = rows.iter().map(|row| row.variant.as_str());
    let arms: Vec<&str> = arms.filter(|&arm| seen.insert(arm)).collect();
    if arms.len() > SIDE_BY_SIDE {
        return long(rows);
    }
    let scores = rows.chunk_by(|a, b| a.score == b.score).enumerate();
    let lines = scores.flat_map(|(place, score)| lines(score, &arms, place == 0)).collect();
    let head = ["stage", "score"].iter().chain(&arms).map(|&title| title.to_owned());
    Table { head: head.collect(), rows: lines, text_columns: 2 }
}

/// The lines of one score: its value for each variant, and the comparison with
/// the baseline.
fn lines(score: &[ScoreRow], arms: &[&str], is_first: bool) -> Vec<Vec<String>> {
    let cells = |cell: &dyn Fn(&ScoreRow) -> String| -> Vec<String> {
        let row = |arm: &&str| score.iter().find(|row| row.variant == **arm);
        arms.iter().map(|arm| row(arm).map_or_else(String::new, cell)).collect()
    };
    let stage = if is_first { score[0].stage.to_string() } else { String::new() };
    let values = cells(&|row| row.summary.as_ref().map_or_else(|| NOTHING.to_owned(), spread));
    let mut lines = vec![[vec![stage, label(&score[0].score)], values].concat()];
    if score.iter().any(|row| row.against.is_some()) {
        for (name, text) in
            [("difference", difference as fn(&Comparison) -> String), ("verdict", verdict)]
        {
            let cells = cells(&|row| row.against.as_ref().map_or_else(String::new, text));
            lines.push([vec![String::new(), name.to_owned()], cells].concat());
        }
    }
    lines
}

/// `-0.005600 [-0.007100, -0.004100]`.
pub(crate) fn difference(against: &Comparison) -> String {
    let Some(difference) = against.difference else { return NOTHING.to_owned() };
    let sign = if difference.mean > 0.0 { "+" } else { "" };
    let interval = difference
        .interval
        .map_or_else(String::new, |(low, high)| format!(" [{}, {}]", number(low), number(high)));
    format!("{sign}{}{interval}", number(difference.mean))
}

/// `better at n=5`, `inconclusive at n=3`: n pairs, which may be fewer than
/// either arm has seeds.
pub(crate) fn verdict(against: &Comparison) -> String {
    let pairs = against.difference.map_or(0, |difference| difference.n);
    format!("{} at n={pairs}", against.verdict.word())
}

/// Parameters that differ between two pipelines called `from` and `to`; none if
/// none do.
#[must_use]
pub fn changed(changes: &[Change], from: &str, to: &str) -> Option<Table> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| NOTHING.to_owned());
    let row = |change: &Change| {
        vec![change.of.clone(), change.field.clone(), text(&change.from), text(&change.to)]
    };
    let head = ["of", "parameter", from, to].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
    (!rows.is_empty()).then_some(Table { head, rows, text_columns: 4 })
}

/// How the scores of arms moved from the first of each pair to the second;
/// none if there are no scores. `variants` are the pairs' names.
#[must_use]
pub fn moved(
    pairs: &[(&VariantScores, &VariantScores)],
    variants: &[&str],
    from: &str,
    to: &str,
) -> Option<Table> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    for (&(one, other), variant) in pairs.iter().zip(variants) {
        let both = [one.clone(), other.clone()];
        for score in rows(&both).chunk_by(|a, b| a.score == b.score) {
            let value = |arm: &VariantScores| {
                let row = score.iter().find(|row| row.variant == arm.label);
                row.and_then(|row| row.summary.as_ref()).map_or_else(|| NOTHING.to_owned(), spread)
            };
            let against = against(&score[0].score, one, other);
            let stage =
                if last == Some(&one.stage) { String::new() } else { one.stage.to_string() };
            last = Some(&one.stage);
            let name = label(&score[0].score);
            lines.push(vec![
                stage,
                name,
                (*variant).to_owned(),
                value(one),
                value(other),
                difference(&against),
                verdict(&against),
            ]);
        }
    }
    let head = ["stage", "score", "variant", from, to, "difference", "verdict"]
        .map(str::to_owned)
        .to_vec();
    (!lines.is_empty()).then_some(Table { head, rows: lines, text_columns: 3 })
}

/// The comparison as comma-separated values, a line per score and arm.
#[must_use]
pub fn csv(rows: &[ScoreRow]) -> String {
    let head = [
        "score",
        "stage",
        "variant",
        "n",
        "mean",
        "std",
        "diff",
        "ci95_low",
        "ci95_high",
        "verdict",
        "missing",
    ];
    let head = head.map(str::to_owned).to_vec();
    csv::table(std::iter::once(head).chain(rows.iter().map(values)))
}

fn values(row: &ScoreRow) -> Vec<String> {
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let summary = row.summary.as_ref();
    let difference = row.against.and_then(|against| against.difference);
    let interval = difference.and_then(|difference| difference.interval);
    let missing: Vec<String> = row.missing.iter().map(u64::to_string).collect();
    vec![
        row.score.clone(),
        row.stage.to_string(),
        row.variant.clone(),
        summary.map_or(0, |summary| summary.n).to_string(),
        text(summary.map(|summary| summary.mean)),
        text(summary.and_then(|summary| summary.std)),
        text(difference.map(|difference| difference.mean)),
        text(interval.map(|(low, _)| low)),
        text(interval.map(|(_, high)| high)),
        row.against.map_or_else(String::new, |against| against.verdict.word().to_owned()),
        missing.join(" "),
    ]
}
