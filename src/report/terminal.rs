//! Tables for terminals.
//!
//! Knows nothing of what a table says.

use comfy_table::{CellAlignment, ContentArrangement, TableComponent, presets::NOTHING};

use super::Table;
use acai_common::shown::{Shown, Terminal};

/// Draws a table, numbers aligned to the right.
#[must_use]
pub fn draw(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn
        .load_preset(NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─')
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(cells(&table.head))
        .add_rows(table.rows.iter().map(|row| cells(row)));
    for column in drawn.column_iter_mut().skip(table.text_columns) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = drawn.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn cells(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| Shown::<Terminal>::new(text).into()).collect()
}
