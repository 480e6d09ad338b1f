//! Tables in Markdown, as GitHub draws them.
//!
//! Knows nothing of what a table says.

use std::fmt::Write as _;

use super::{BOLD, Table};
use acai_common::shown::{Markdown, Shown};

/// Draws a table, numbers aligned to the right.
#[must_use]
pub fn draw(table: &Table) -> String {
    let columns = 0..table.head.len();
    let rules = columns.map(|column| if column < table.text_columns { "---" } else { "---:" });
    let rules: Vec<String> = rules.map(str::to_owned).collect();
    let mut text = String::new();
    line(&mut text, table.head.iter().map(|cell| written(cell)));
    line(&mut text, rules.into_iter());
    for row in &table.rows {
        line(&mut text, row.iter().map(|cell| written(cell)));
    }
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    for cell in cells {
        let gap = if cell.is_empty() { "" } else { " " };
        let _ = write!(text, "{gap}{cell} |");
    }
    text.push('\n');
}

fn written(cell: &str) -> String {
    match cell.strip_prefix(BOLD) {
        Some(rest) => format!("**{}**", Shown::<Markdown>::new(rest)),
        None => Shown::<Markdown>::new(cell).into(),
    }
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
