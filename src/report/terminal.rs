//! Tables for terminals.
//!
//! Knows nothing of what a table says.

use comfy_table::{CellAlignment, ContentArrangement, TableComponent, presets::NOTHING};

use super::Table;
use acai_common::printable::printable;

/// Draws a table, numbers aligned to the right.
#[must_use]
pub fn draw(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn
        .load_preset(NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─')
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(table.head.iter().map(|cell| printable(cell)))
        .add_rows(table.rows.iter().map(|row| row.iter().map(|cell| printable(cell))));
    for column in drawn.column_iter_mut().skip(table.text_columns) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = drawn.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}
