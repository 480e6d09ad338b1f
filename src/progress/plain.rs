//! Plain lines: for logs, pipes and people without a terminal.
//!
//! Knows nothing of what the lines say.

use std::{
    collections::HashMap,
    io::Write,
    time::{Duration, Instant},
};

use super::{
    Observer, Verbosity,
    line::{Lines, Pace, under_way},
};
use acai_common::events::Event;

/// At most so often a line says how far an instance is.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Writes lines.
pub(super) struct Plain<W> {
    out: W,
    lines: Lines,
    verbosity: Verbosity,
    running: HashMap<String, Running>,
}

struct Running {
    kind: &'static str,
    pace: Pace,
    beat: Instant,
}

impl<W: Write> Plain<W> {
    pub(super) fn new(out: W, verbosity: Verbosity) -> Self {
        Self { out, lines: Lines::new(verbosity), verbosity, running: HashMap::new() }
    }

    fn heartbeat(&mut self, event: &Event) -> Option<String> {
        if let Event::Started { instance, kind, .. } = event {
            let running = Running { kind, pace: Pace::default(), beat: Instant::now() };
            self.running.insert(instance.to_string(), running);
        }
        let Event::Progressed { instance, progress } = event else { return None };
        let running = self.running.get_mut(&instance.to_string())?;
        let per_s = running.pace.at(progress.done);
        if self.verbosity == Verbosity::Quiet || running.beat.elapsed() < HEARTBEAT {
            return None;
        }
        running.beat = Instant::now();
        let rest = under_way(progress, per_s);
        Some(self.lines.row(instance, running.kind, "running", &rest))
    }
}

impl<W: Write + Send> Observer for Plain<W> {
    fn see(&mut self, event: &Event) {
        let beat = self.heartbeat(event);
        if let Some(line) = self.lines.line(event).or(beat) {
            // In one piece: nothing is buffered on the way to a log.
            let _ = self.out.write_all(format!("{line}\n").as_bytes());
        }
    }
}
