//! The two ways out: data to stdout, words to stderr.
//!
//! A reader that goes away (`| head`) ends the program quietly. Knows nothing
//! of what is said.

use std::io::{self, IsTerminal, Write};

use super::exit::{Exit, Failure};
use acai_common::printable::{printable, printable_colours, printable_json};

/// Writes data to stdout.
pub(super) fn data(text: &str) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { printable_colours(text) } else { text.into() };
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Writes a JSON value to stdout, one element of an array per line.
pub(super) fn array(values: &[serde_json::Value]) -> Result<Exit, Failure> {
    let lines: Vec<String> =
        values.iter().map(|value| format!("  {}", printable_json(&value.to_string()))).collect();
    data(&if lines.is_empty() {
        "[]\n".to_owned()
    } else {
        format!("[\n{}\n]\n", lines.join(",\n"))
    })
}

/// Writes a line to stderr, nothing in it to be obeyed by a terminal; an error there
/// is ignored.
pub(super) fn tell(line: &str) {
    tell_drawn(&printable(line));
}

/// Writes lines with colours of our own to stderr.
pub(super) fn tell_drawn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
