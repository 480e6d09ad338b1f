//! The two ways out: data to stdout, words to stderr.
//!
//! A reader that goes away (`| head`) ends the program quietly. Knows nothing
//! of what is said.

use std::io::{self, Write};

use super::exit::{Exit, Failure};

/// Writes data to stdout.
pub(super) fn data(text: &str) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Writes a JSON value to stdout, one element of an array per line.
pub(super) fn array(values: &[serde_json::Value]) -> Result<Exit, Failure> {
    let lines: Vec<String> = values.iter().map(|value| format!("  {value}")).collect();
    data(&if lines.is_empty() {
        "[]\n".to_owned()
    } else {
        format!("[\n{}\n]\n", lines.join(",\n"))
    })
}

/// Writes a line to stderr; an error there is ignored.
pub(super) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
