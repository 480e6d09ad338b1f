//! Results side by side: the content of a table once, its syntax apart.
//!
//! Reads what was recorded; runs nothing. Knows nothing of pipelines' files and
//! of the command line.
#![expect(clippy::disallowed_methods, reason = "what is drawn is looked at and not stored")]

mod chart;
pub mod compare;
mod csv;
pub mod curves;
pub mod export;
pub mod graph;
pub mod latex;
pub mod markdown;
pub mod page;
pub mod pictures;
pub mod scores;
pub mod screen;
pub mod splice;
pub mod terminal;

/// What a cell begins with that is to be bold, where the syntax has that.
pub(crate) const BOLD: char = '\u{2}';

/// A table's content; whoever draws it makes its texts harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
    /// How many columns from the left are text; the others are numbers.
    pub text_columns: usize,
}
