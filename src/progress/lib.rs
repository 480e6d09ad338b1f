//! Shows a run to people and programs: observers of its events.
//!
//! Knows nothing of how a run goes on; an observer only looks.

mod bars;
mod json;
mod line;
mod plain;

use std::io::IsTerminal;

use acai_common::events::Event;

/// Looks at a run.
pub trait Observer: Send {
    /// Takes note of what happened. Nobody cares whether it can be shown: a
    /// run goes on when its terminal is gone.
    fn see(&mut self, event: &Event);

    /// Takes away what is shown of work under way.
    fn end(&mut self) {}
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

/// Bars if stderr is a terminal, else lines.
#[must_use]
pub fn fitting() -> Style {
    if std::io::stderr().is_terminal() { Style::Bars } else { Style::Plain }
}

/// The observer for a style.
#[must_use]
pub fn observer(style: Style, verbosity: Verbosity) -> Box<dyn Observer> {
    match style {
        Style::Json => Box::new(json::Json::new(std::io::stdout())),
        Style::Bars if verbosity > Verbosity::Quiet => Box::new(bars::Bars::new(verbosity)),
        Style::Bars | Style::Plain => Box::new(plain::Plain::new(std::io::stderr(), verbosity)),
    }
}
