//! Why an attempt to download from a mirror failed, by what to do about it.

use std::{io, time::Duration};

use super::super::error::Reason;

/// Why an attempt to download failed: at the mirror, or on our side.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// It may pass: ask the same mirror again.
    Again {
        /// What happened.
        reason: Reason,
        /// How long the server asks to wait.
        after: Option<Duration>,
    },
    /// What is here already does not go with what the mirror has: throw it away
    /// and ask the mirror for the whole.
    Restart(Reason),
    /// It will not pass: go to the next mirror.
    Next(Reason),
    /// The system refused to write; no mirror helps.
    Disk(io::Error),
    /// Somebody wants us to stop.
    Interrupted,
}

impl AttemptError {
    /// Something that may pass, with no word on when.
    pub(super) fn again(reason: Reason) -> Self {
        Self::Again { reason, after: None }
    }
}
