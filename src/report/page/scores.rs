//! The comparison as the page's table: what `acai-pipe compare` says, in its
//! words and figures.
//!
//! Knows nothing of statistics.

use std::collections::HashSet;

use super::{
    markup::{Markup, Tag, classed, tag},
    text,
};
use crate::{
    compare::{
        Row, Verdict,
        tables::{difference, verdict},
    },
    scores::spread,
};
use acai_metric::score::label;

/// More arms than this are rows instead of columns.
const MOST_COLUMNS: usize = 4;

/// The tables; stages with other arms than the one before begin one of their own.
pub(super) fn tables(rows: &[Row]) -> Markup {
    let stages: Vec<&[Row]> = rows.chunk_by(|a, b| a.stage == b.stage).collect();
    let blocks = stages.chunk_by(|a, b| arms(a) == arms(b)).enumerate();
    let tables = blocks.map(|(place, stages)| {
        let arms = arms(stages[0]);
        let table = if arms.len() > MOST_COLUMNS { long(stages) } else { wide(stages, &arms) };
        text::scroller(&format!("Table of scores {}", place + 1), table)
    });
    Markup::all(tables)
}

/// A column per arm.
fn wide(stages: &[&[Row]], arms: &[&str]) -> Tag {
    let titles = arms.iter().map(|arm| head("col", arm));
    let titles = tag("tr").put(head("col", "score")).all(titles);
    let bodies = stages.iter().map(|stage| {
        let scores = stage.chunk_by(|a, b| a.score == b.score).map(|score| {
            let cell = |arm: &&str| cell(score.iter().find(|row| row.variant == **arm));
            let name = head("row", &label(&score[0].score));
            tag("tr").put(name).all(arms.iter().map(cell))
        });
        body(stage, arms.len() + 1).all(scores)
    });
    classed("table", "scores").put(tag("thead").put(titles)).all(bodies)
}

/// A row per score and arm.
fn long(stages: &[&[Row]]) -> Tag {
    let titles = tag("tr")
        .put(head("col", "score"))
        .put(head("col", "variant").with("class", "word"))
        .all(["mean ± std", "difference"].map(|title| head("col", title)))
        .put(head("col", "verdict").with("class", "word"));
    let bodies = stages.iter().map(|stage| {
        let rows = stage.chunk_by(|a, b| a.score == b.score).flat_map(|score| {
            let name = head("rowgroup", &label(&score[0].score)).with("rowspan", score.len());
            let mut name = Some(name);
            score.iter().map(move |row| line(name.take(), row)).collect::<Vec<_>>()
        });
        body(stage, 5).all(rows)
    });
    classed("table", "scores long").put(tag("thead").put(titles)).all(bodies)
}

fn line(name: Option<Tag>, row: &Row) -> Tag {
    let against = row.against.as_ref();
    let verdict = against
        .map(|against| tag("span").with("class", class(against.verdict)).text(verdict(against)));
    tag("tr")
        .all(name)
        .put(classed("td", "word").text(&row.variant))
        .put(tag("td").text(value(row)))
        .put(tag("td").text(against.map_or_else(String::new, difference)))
        .put(classed("td", "word").all(verdict))
}

/// The arms of a stage, the baseline first.
fn arms(rows: &[Row]) -> Vec<&str> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row.variant.as_str()).filter(|&arm| seen.insert(arm)).collect()
}

fn head(scope: &str, text: &str) -> Tag {
    tag("th").with("scope", scope).text(text)
}

/// The head of a stage's rows.
fn body(stage: &[Row], columns: usize) -> Tag {
    let name = head("rowgroup", stage[0].stage.as_str()).with("colspan", columns);
    tag("tbody").put(classed("tr", "stage").put(name))
}

fn cell(row: Option<&Row>) -> Tag {
    let Some(row) = row else { return tag("td") };
    let cell = tag("td").put(classed("span", "value").text(value(row)));
    let Some(against) = &row.against else { return cell };
    // They stand on one line where there is room.
    let beneath = classed("span", "against")
        .put(classed("span", "difference").text(difference(against)))
        .text(" ")
        .put(tag("span").with("class", class(against.verdict)).text(verdict(against)));
    cell.put(beneath)
}

fn value(row: &Row) -> String {
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
