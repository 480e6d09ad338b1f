//! A comparison as tables for people, variants as columns, and as lines for
//! spreadsheets.
//!
//! Knows nothing of statistics and of how a table is drawn.

use std::collections::HashSet;

use super::{
    Comparison, Question, ScoreRow, VariantScores, Verdict, changes::Change, long::long, moved,
};
use crate::{
    Table, csv,
    scores::{SIDE_BY_SIDE, bracketed, spread},
};
use acai_common::format::number;
use acai_metric::score::{Scale, label};

/// What stands where there is nothing.
pub(super) const NOTHING: &str = "–";

/// The comparison, a column per variant; a line per variant where they are too many to
/// stand side by side. Stages with other variants than the one before begin a table
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
    let variants = rows.iter().map(|row| row.variant.as_str());
    let variants: Vec<&str> = variants.filter(|&variant| seen.insert(variant)).collect();
    if variants.len() > SIDE_BY_SIDE {
        return long(rows);
    }
    let scores = rows.chunk_by(|a, b| a.score == b.score).enumerate();
    let lines = scores.flat_map(|(place, score)| lines(score, &variants, place == 0)).collect();
    let head = ["stage", "score"].iter().chain(&variants).map(|&title| title.to_owned());
    Table { head: head.collect(), rows: lines, text_columns: 2 }
}

/// The lines of one score: its value for each variant, and the comparison with
/// the baseline.
fn lines(score: &[ScoreRow], variants: &[&str], is_first: bool) -> Vec<Vec<String>> {
    let cells = |cell: &dyn Fn(&ScoreRow) -> String| -> Vec<String> {
        let row = |variant: &&str| score.iter().find(|row| row.variant == **variant);
        variants.iter().map(|variant| row(variant).map_or_else(String::new, cell)).collect()
    };
    let stage = if is_first { score[0].stage.to_string() } else { String::new() };
    let mut lines = vec![[vec![stage, label(&score[0].score)], cells(&value)].concat()];
    let compared = score.iter().filter_map(|row| row.against.as_ref());
    let tested = compared.filter(|against| against.verdict != Verdict::NotTested);
    let scales: Vec<Scale> = tested.map(|against| against.scale).collect();
    if scales.is_empty() {
        return lines;
    }
    let estimate = if scales.contains(&Scale::Difference) { "difference" } else { "ratio" };
    for (name, text) in [
        (estimate, effect as fn(&Comparison) -> String),
        ("Welch interval", welch),
        ("verdict", verdict),
    ] {
        let cells = cells(&|row| row.against.as_ref().map_or_else(String::new, text));
        if cells.iter().any(|cell| !cell.is_empty() && cell != NOTHING) {
            lines.push([vec![String::new(), name.to_owned()], cells].concat());
        }
    }
    lines
}

/// Mean ± standard deviation; of one seed the value, with its interval over images
/// where it has one.
pub(crate) fn value(row: &ScoreRow) -> String {
    let Some(summary) = &row.summary else { return NOTHING.to_owned() };
    let interval = match row.image_intervals.values().next() {
        Some(&ends) if summary.n == 1 => bracketed(ends),
        _ => String::new(),
    };
    format!("{}{interval}", spread(summary))
}

/// `-0.005600 [-0.007100, -0.004100]` or, of a ratio, `×0.5700 [0.4900, 0.6600]`.
pub(crate) fn effect(against: &Comparison) -> String {
    let Some(effect) = against.effect() else { return NOTHING.to_owned() };
    let sign = match against.scale {
        Scale::Ratio => "×",
        Scale::Difference if effect > 0.0 => "+",
        Scale::Difference => "",
    };
    let interval = against.interval().map_or_else(String::new, bracketed);
    format!("{sign}{}{interval}", number(effect))
}

/// The interval that does without pairs: `[0.4500, 0.7100]`.
pub(crate) fn welch(against: &Comparison) -> String {
    let interval = against.welch_interval().map(bracketed);
    interval.map_or_else(|| NOTHING.to_owned(), |interval| interval.trim_start().to_owned())
}

/// `better at n=5, p 0.003`, `inconclusive at n=3, p 0.21`: n pairs, which may be
/// fewer than either variant has seeds.
pub(crate) fn verdict(against: &Comparison) -> String {
    let pairs = against.paired.map_or(0, |paired| paired.n);
    let p_value = against.p_value.map_or_else(String::new, |p_value| match p_value {
        p_value if p_value < 0.001 => ", p < 0.001".to_owned(),
        p_value if p_value < 0.1 => format!(", p {p_value:.3}"),
        p_value => format!(", p {p_value:.2}"),
    });
    format!("{} at n={pairs}{p_value}", against.verdict.word())
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

/// How the scores of variants moved from the first of each pair to the second;
/// none if there are no scores. `variants` are the pairs' names.
#[must_use]
pub fn moved_scores(
    pairs: &[(&VariantScores, &VariantScores)],
    variants: &[&str],
    from: &str,
    to: &str,
    question: &Question,
) -> Option<Table> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    for (&(one, other), variant) in pairs.iter().zip(variants) {
        for [before, after] in moved(one, other, question) {
            let stage =
                if last == Some(&one.stage) { String::new() } else { one.stage.to_string() };
            last = Some(&one.stage);
            let text = |text: fn(&Comparison) -> String| {
                after.against.as_ref().map_or_else(String::new, text)
            };
            lines.push(vec![
                stage,
                label(&before.score),
                (*variant).to_owned(),
                value(&before),
                value(&after),
                text(effect),
                text(verdict),
            ]);
        }
    }
    let head =
        ["stage", "score", "variant", from, to, "change", "verdict"].map(str::to_owned).to_vec();
    (!lines.is_empty()).then_some(Table { head, rows: lines, text_columns: 3 })
}

/// The comparison as comma-separated values, a line per score and variant.
#[must_use]
pub fn csv(rows: &[ScoreRow]) -> String {
    let head = [
        "score",
        "stage",
        "variant",
        "n",
        "mean",
        "std",
        "scale",
        "effect",
        "ci95_low",
        "ci95_high",
        "welch_ci95_low",
        "welch_ci95_high",
        "p",
        "verdict",
        "missing",
    ];
    let head = head.map(str::to_owned).to_vec();
    csv::table(std::iter::once(head).chain(rows.iter().map(values)))
}

fn values(row: &ScoreRow) -> Vec<String> {
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let summary = row.summary.as_ref();
    let against = row.against.as_ref();
    let interval = against.and_then(Comparison::interval);
    let welch = against.and_then(Comparison::welch_interval);
    let missing: Vec<String> = row.missing.iter().map(u64::to_string).collect();
    vec![
        row.score.clone(),
        row.stage.to_string(),
        row.variant.clone(),
        summary.map_or(0, |summary| summary.n).to_string(),
        text(summary.map(|summary| summary.mean)),
        text(summary.and_then(|summary| summary.std)),
        against.map_or_else(String::new, |against| against.scale.word().to_owned()),
        text(against.and_then(Comparison::effect)),
        text(interval.map(|(low, _)| low)),
        text(interval.map(|(_, high)| high)),
        text(welch.map(|(low, _)| low)),
        text(welch.map(|(_, high)| high)),
        text(against.and_then(|against| against.p_value)),
        against.map_or_else(String::new, |against| against.verdict.word().to_owned()),
        missing.join(" "),
    ]
}
