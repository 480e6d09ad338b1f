//! The two ways out: data to stdout, words to stderr.
//!
//! A reader that goes away (`| head`) ends the program quietly. Knows nothing
//! of what is said.

use std::io::{self, Write};

use super::exit::{Exit, Failure};
use acai_common::printable::{printable, printable_colours, printable_json};

/// Writes data to stdout, nothing in it to be obeyed by a terminal: what goes through
/// a pipe or into a file is looked at in the end.
pub(super) fn data(text: &str) -> Result<Exit, Failure> {
    write(&printable(text))
}

/// Writes text with drawings in colours of our own to stdout. Whoever makes it has made
/// the words of others printable.
pub(super) fn drawn(text: &str) -> Result<Exit, Failure> {
    write(&printable_colours(text))
}

fn write(text: &str) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
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
