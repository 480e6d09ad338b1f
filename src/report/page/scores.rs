//! The comparison as the page's table: what `acai-pipe compare` says, in its
//! words and figures.
//!
//! Knows nothing of statistics.

use std::collections::HashSet;

use maud::{Markup, html};

use super::text;
use crate::compare::{
    Comparison, ScoreRow, Verdict,
    tables::{effect, value, verdict, welch},
};
use acai_metric::score::{self, label};

/// More variants than this are rows instead of columns.
const MOST_COLUMNS: usize = 4;

/// The tables; stages with other variants than the one before begin one of their own.
pub(super) fn tables(rows: &[ScoreRow]) -> Markup {
    let stages: Vec<&[ScoreRow]> = rows.chunk_by(|a, b| a.stage == b.stage).collect();
    let blocks = stages.chunk_by(|a, b| variants(a) == variants(b)).enumerate();
    let tables = blocks.map(|(place, stages)| {
        let variants = variants(stages[0]);
        let table =
            if variants.len() > MOST_COLUMNS { long(stages) } else { wide(stages, &variants) };
        text::scroller(&format!("Table of scores {}", place + 1), table)
    });
    html! { @for table in tables { (table) } }
}

/// What the scores of the tables mean, as far as that is known.
pub(super) fn meanings(rows: &[ScoreRow]) -> Markup {
    let mut seen = HashSet::new();
    let names = rows.iter().map(|row| row.score.as_str()).filter(|&name| seen.insert(name));
    let known: Vec<_> = names.filter_map(score::find).collect();
    html! {
        @if !known.is_empty() {
            details {
                summary { "What the scores mean" }
                dl {
                    @for score in known {
                        dt { (score.title) @if let Some(unit) = score.unit { " (" (unit) ")" } }
                        dd { (score.meaning) }
                    }
                }
            }
        }
    }
}

/// A column per variant.
fn wide(stages: &[&[ScoreRow]], variants: &[&str]) -> Markup {
    let of =
        |score: &[ScoreRow], variant: &str| cell(score.iter().find(|row| row.variant == variant));
    html! {
        table.scores {
            thead { tr { th scope="col" { "score" } @for variant in variants { th scope="col" { (variant) } } } }
            @for stage in stages {
                tbody {
                    (stage_head(stage, variants.len() + 1))
                    @for score in stage.chunk_by(|a, b| a.score == b.score) {
                        tr {
                            th scope="row" { (label(&score[0].score)) }
                            @for variant in variants { (of(score, variant)) }
                        }
                    }
                }
            }
        }
    }
}

/// A row per score and variant.
fn long(stages: &[&[ScoreRow]]) -> Markup {
    html! {
        table.scores.long {
            thead {
                tr {
                    th scope="col" { "score" }
                    th.word scope="col" { "variant" }
                    th scope="col" { "mean ± std" }
                    th scope="col" { "difference or ratio" }
                    th.word scope="col" { "verdict" }
                    th scope="col" { "Welch interval" }
                }
            }
            @for stage in stages {
                tbody {
                    (stage_head(stage, 6))
                    @for score in stage.chunk_by(|a, b| a.score == b.score) {
                        @for (place, row) in score.iter().enumerate() {
                            tr {
                                @if place == 0 {
                                    th scope="rowgroup" rowspan=(score.len()) { (label(&row.score)) }
                                }
                                (line(row))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The cells of a row but the score's name.
fn line(row: &ScoreRow) -> Markup {
    html! {
        td.word { (row.variant) }
        td { (value(row)) }
        td { @if let Some(against) = tested(row) { (effect(against)) } }
        td.word { @if let Some(against) = tested(row) { (verdict_of(against)) } }
        td { @if let Some(against) = tested(row) { (welch(against)) } }
    }
}

/// The variants of a stage, the baseline first.
fn variants(rows: &[ScoreRow]) -> Vec<&str> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row.variant.as_str()).filter(|&variant| seen.insert(variant)).collect()
}

/// The head of a stage's rows.
fn stage_head(stage: &[ScoreRow], columns: usize) -> Markup {
    html! { tr.stage { th scope="rowgroup" colspan=(columns) { (stage[0].stage) } } }
}

fn cell(row: Option<&ScoreRow>) -> Markup {
    let Some(row) = row else { return html! { td {} } };
    html! {
        td {
            span.value { (value(row)) }
            @if let Some(against) = tested(row) {
                // They stand on one line where there is room.
                span.against {
                    span.difference title={ "By Welch, without pairs: " (welch(against)) } {
                        (effect(against))
                    } " " (verdict_of(against))
                }
            }
        }
    }
}

/// The comparison of a score that may be compared.
fn tested(row: &ScoreRow) -> Option<&Comparison> {
    row.against.as_ref().filter(|against| against.verdict != Verdict::NotTested)
}

fn verdict_of(against: &Comparison) -> Markup {
    html! { span class=(class(against.verdict)) { (verdict(against)) } }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "verdict better",
        Verdict::Worse => "verdict worse",
        Verdict::Differs => "verdict differs",
        Verdict::Equivalent => "verdict equivalent",
        Verdict::Inconclusive | Verdict::NotTested => "verdict",
    }
}
