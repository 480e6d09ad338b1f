//! Tables in Markdown, as GitHub draws them.
//!
//! Knows nothing of what a table says.

use std::fmt::Write as _;

use super::Table;

/// Draws a table, numbers aligned to the right.
#[must_use]
pub fn draw(table: &Table) -> String {
    let columns = 0..table.head.len();
    let rules = columns.map(|column| if column < table.text_columns { "---" } else { "---:" });
    let rules: Vec<String> = rules.map(str::to_owned).collect();
    let mut text = String::new();
    for cells in [&table.head, &rules].into_iter().chain(&table.rows) {
        text.push('|');
        for cell in cells {
            let gap = if cell.is_empty() { "" } else { " " };
            let _ = write!(text, "{gap}{} |", cell.replace('|', "\\|"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_right_and_bars_do_not_split_cells() {
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = vec![cells(["a|b", "1"]), cells(["", "2"])];
        let table = Table { head: cells(["what", "n"]), rows, text_columns: 1 };
        assert_eq!(draw(&table), "| what | n |\n| --- | ---: |\n| a\\|b | 1 |\n| | 2 |\n");
    }
}
