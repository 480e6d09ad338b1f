//! Shows a run to people and programs: observers of its events.
//!
//! Knows nothing of how a run goes on; an observer only looks.

mod bars;
mod json;
mod line;
mod plain;

use std::io::{self, IsTerminal};

use acai_common::events::Event;

/// Looks at a run.
pub trait Observer: Send {
    /// Takes note of what happened. A run goes on where that cannot be shown.
    fn see(&mut self, event: &Event);

    /// Takes away what is shown of work under way.
    fn end(&mut self) {}

    /// To be asked when the run is over.
    ///
    /// # Errors
    /// What programs read could not be written; whether people saw their lines is
    /// nobody's concern.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bars on a terminal (stderr).
    Bars,
    /// One line per instance (stderr).
    Plain,
    /// One JSON object per event (stdout).
    Json,
}

/// How much is said to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only what went wrong.
    Quiet,
    /// What happened to each instance.
    #[default]
    Normal,
    /// Also the artifacts' digests.
    Verbose,
}

/// Bars if stderr is a terminal that can move its cursor, else lines.
#[must_use]
pub fn fitting() -> Style {
    if io::stderr().is_terminal() && !is_dumb() { Style::Bars } else { Style::Plain }
}

/// Whether the terminal says that it can show lines and no more: no bars, no colours.
#[must_use]
pub fn is_dumb() -> bool {
    let term = std::env::var_os("TERM").unwrap_or_default();
    term == "dumb" || (cfg!(unix) && term.is_empty())
}

/// The observer for a style.
#[must_use]
pub fn observer(style: Style, verbosity: Verbosity) -> Box<dyn Observer> {
    match style {
        Style::Json => Box::new(json::Json::new(io::stdout())),
        Style::Bars if verbosity > Verbosity::Quiet && !is_dumb() => {
            Box::new(bars::Bars::new(verbosity))
        }
        Style::Bars | Style::Plain => Box::new(plain::Plain::new(io::stderr(), verbosity)),
    }
}
