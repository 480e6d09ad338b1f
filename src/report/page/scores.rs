//! The comparison as the page's table: what `acai-pipe compare` says, in its
//! words and figures.
//!
//! Knows nothing of statistics.

use std::collections::HashSet;

use super::{
    markup::{Markup, Tag, classed, tag},
    words,
};
use crate::report::{
    compare::{
        Row, Verdict,
        tables::{difference, verdict},
    },
    scores::{label, spread},
};

/// The tables; stages with other arms than the one before begin one of their own.
pub(super) fn tables(rows: &[Row]) -> Markup {
    let stages: Vec<&[Row]> = rows.chunk_by(|a, b| a.stage == b.stage).collect();
    let tables = stages.chunk_by(|a, b| arms(a) == arms(b)).map(|stages| {
        let arms = arms(stages[0]);
        let titles = arms.iter().map(|arm| head("col", arm));
        let titles = tag("tr").put(head("col", "score")).all(titles);
        let bodies = stages.iter().map(|stage| body(stage, &arms));
        let table = classed("table", "scores").put(tag("thead").put(titles)).all(bodies);
        words::scroller("Scores", table)
    });
    Markup::all(tables)
}

/// The arms of a stage, the baseline first.
fn arms(rows: &[Row]) -> Vec<&str> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row.variant.as_str()).filter(|&arm| seen.insert(arm)).collect()
}

fn head(scope: &str, text: &str) -> Tag {
    tag("th").with("scope", scope).text(text)
}

fn body(rows: &[Row], arms: &[&str]) -> Tag {
    let stage = head("rowgroup", rows[0].stage.as_str()).with("colspan", arms.len() + 1);
    let scores = rows.chunk_by(|a, b| a.score == b.score).map(|score| {
        let cell = |arm: &&str| cell(score.iter().find(|row| row.variant == **arm));
        let name = head("row", &label(&score[0].score));
        tag("tr").put(name).all(arms.iter().map(cell))
    });
    tag("tbody").put(classed("tr", "stage").put(stage)).all(scores)
}

fn cell(row: Option<&Row>) -> Tag {
    let Some(row) = row else { return tag("td") };
    let value = row.summary.as_ref().map_or_else(|| "–".to_owned(), spread);
    let cell = tag("td").put(classed("span", "value").text(value));
    let Some(against) = &row.against else { return cell };
    let class = match against.verdict {
        Verdict::Better => "verdict better",
        Verdict::Worse => "verdict worse",
        Verdict::Differs => "verdict differs",
        Verdict::Inconclusive => "verdict",
    };
    // They stand on one line where there is room.
    let beneath = classed("span", "against")
        .put(classed("span", "difference").text(difference(against)))
        .text(" ")
        .put(classed("span", class).text(verdict(against)));
    cell.put(beneath)
}
