//! Tables in LaTeX, with the rules of the package `booktabs`.
//!
//! Knows nothing of what a table says.

use std::fmt::Write as _;

use super::{BOLD, Table};
use acai_common::shown::{Latex, Shown};

/// Draws a table, numbers aligned to the right.
#[must_use]
pub fn draw(table: &Table) -> String {
    let columns = (0..table.head.len()).map(|at| if at < table.text_columns { 'l' } else { 'r' });
    let mut text = format!("\\begin{{tabular}}{{{}}}\n\\toprule\n", columns.collect::<String>());
    line(&mut text, &table.head);
    text.push_str("\\midrule\n");
    for row in &table.rows {
        line(&mut text, row);
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    text
}

fn line(text: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| written(cell)).collect();
    let _ = writeln!(text, "{} \\\\", cells.join(" & "));
}

fn written(cell: &str) -> String {
    match cell.strip_prefix(BOLD) {
        Some(rest) => format!("\\textbf{{{}}}", Shown::<Latex>::new(rest)),
        None => Shown::<Latex>::new(cell).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_rules_and_nothing_is_taken_for_a_command() {
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = vec![cells(["a_b & c", "\u{2}1 ± 2"]), cells(["50%", "–"])];
        let table = Table { head: cells(["accuracy ↑", "acai"]), rows, text_columns: 1 };
        let wanted = "\\begin{tabular}{lr}\n\\toprule\naccuracy $\\uparrow$ & acai \\\\\n\\midrule\n\
                      a\\_b \\& c & \\textbf{1 $\\pm$ 2} \\\\\n50\\% & -- \\\\\n\\bottomrule\n\
                      \\end{tabular}\n";
        assert_eq!(draw(&table), wanted);
    }
}
