//! A comparison with a line per variant: for more variants than fit side by side.
//!
//! Knows nothing of how a table is drawn.

use super::{
    ScoreRow,
    tables::{effect, value, verdict, welch},
};
use crate::Table;
use acai_metric::score::label;

/// The rows of one stage, score by score.
pub(super) fn long(rows: &[ScoreRow]) -> Table {
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(rows.len());
    for score in rows.chunk_by(|a, b| a.score == b.score) {
        let stage = if lines.is_empty() { score[0].stage.to_string() } else { String::new() };
        let first = [stage, label(&score[0].score)];
        let rest = || [String::new(), String::new()];
        let names = std::iter::once(first).chain(std::iter::repeat_with(rest));
        lines.extend(score.iter().zip(names).map(|(row, names)| line(row, names)));
    }
    let head =
        ["stage", "score", "variant", "mean", "difference or ratio", "verdict", "Welch interval"];
    Table { head: head.map(str::to_owned).to_vec(), rows: lines, text_columns: 3 }
}

fn line(row: &ScoreRow, [stage, score]: [String; 2]) -> Vec<String> {
    let against = row.against.as_ref();
    let [effect, verdict, welch] =
        [effect, verdict, welch].map(|text| against.map_or_else(String::new, text));
    vec![stage, score, row.variant.clone(), value(row), effect, verdict, welch]
}
