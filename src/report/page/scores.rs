//! The comparison as the page's table: what `acai-pipe compare` says, in its
//! words and figures.
//!
//! Knows nothing of statistics.

use std::collections::HashSet;

use maud::{Markup, html};

use super::text;
use crate::{
    compare::{
        Comparison, ScoreRow, Verdict,
        tables::{difference, verdict},
    },
    scores::spread,
};
use acai_metric::score::{self, label};

/// More arms than this are rows instead of columns.
const MOST_COLUMNS: usize = 4;

/// The tables; stages with other arms than the one before begin one of their own.
pub(super) fn tables(rows: &[ScoreRow]) -> Markup {
    let stages: Vec<&[ScoreRow]> = rows.chunk_by(|a, b| a.stage == b.stage).collect();
    let blocks = stages.chunk_by(|a, b| arms(a) == arms(b)).enumerate();
    let tables = blocks.map(|(place, stages)| {
        let arms = arms(stages[0]);
        let table = if arms.len() > MOST_COLUMNS { long(stages) } else { wide(stages, &arms) };
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

/// A column per arm.
fn wide(stages: &[&[ScoreRow]], arms: &[&str]) -> Markup {
    let of = |score: &[ScoreRow], arm: &str| cell(score.iter().find(|row| row.variant == arm));
    html! {
        table.scores {
            thead { tr { th scope="col" { "score" } @for arm in arms { th scope="col" { (arm) } } } }
            @for stage in stages {
                tbody {
                    (stage_head(stage, arms.len() + 1))
                    @for score in stage.chunk_by(|a, b| a.score == b.score) {
                        tr {
                            th scope="row" { (label(&score[0].score)) }
                            @for arm in arms { (of(score, arm)) }
                        }
                    }
                }
            }
        }
    }
}

/// A row per score and arm.
fn long(stages: &[&[ScoreRow]]) -> Markup {
    html! {
        table.scores.long {
            thead {
                tr {
                    th scope="col" { "score" }
                    th.word scope="col" { "variant" }
                    th scope="col" { "mean ± std" }
                    th scope="col" { "difference" }
                    th.word scope="col" { "verdict" }
                }
            }
            @for stage in stages {
                tbody {
                    (stage_head(stage, 5))
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
        td { @if let Some(against) = &row.against { (difference(against)) } }
        td.word { @if let Some(against) = &row.against { (verdict_of(against)) } }
    }
}

/// The arms of a stage, the baseline first.
fn arms(rows: &[ScoreRow]) -> Vec<&str> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row.variant.as_str()).filter(|&arm| seen.insert(arm)).collect()
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
            @if let Some(against) = &row.against {
                // They stand on one line where there is room.
                span.against {
                    span.difference { (difference(against)) } " " (verdict_of(against))
                }
            }
        }
    }
}

fn verdict_of(against: &Comparison) -> Markup {
    html! { span class=(class(against.verdict)) { (verdict(against)) } }
}

fn value(row: &ScoreRow) -> String {
    row.summary.as_ref().map_or_else(|| "–".to_owned(), spread)
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "verdict better",
        Verdict::Worse => "verdict worse",
        Verdict::Differs => "verdict differs",
        Verdict::Inconclusive => "verdict",
    }
}
