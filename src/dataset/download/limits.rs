//! How long to wait for mirrors, and how often to ask again.
//!
//! Knows nothing of what is asked.

use std::time::{Duration, Instant};

use super::{super::error::Reason, attempt_error::AttemptError};

/// Limits of patience. None bounds a whole download: 1.3 GB over a slow line
/// take hours.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// For the address, and again for the connection.
    pub(crate) connect: Duration,
    /// For the request, and again for the answer's header.
    pub(crate) answer: Duration,
    /// Without a single byte.
    pub(crate) stall: Duration,
    /// Over which the pace is averaged.
    pub(crate) window: Duration,
    /// How much has to come in a `window`.
    pub(crate) least: u64,
    /// Before asking again; one try more than there are delays.
    pub(crate) delays: Vec<Duration>,
    /// The longest that a server may ask to wait for.
    pub(crate) longest_delay: Duration,
    /// Redirections followed.
    pub(crate) redirects: u32,
    /// Whether proxies that the environment names are used.
    pub(crate) uses_proxies: bool,
}

impl Limits {
    /// What is right for servers in the world.
    pub(crate) fn usual() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            window: Duration::from_secs(30),
            least: 30 << 10, // 1 KiB/s
            delays: [500, 1000, 2000].map(Duration::from_millis).into(),
            longest_delay: Duration::from_secs(30),
            redirects: 10,
            uses_proxies: true,
        }
    }
}

/// Watches over the pace of a body.
pub(super) struct Pace<'a> {
    limits: &'a Limits,
    last: Instant,
    window: Instant,
    bytes: u64,
}

impl<'a> Pace<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        let now = Instant::now();
        Self { limits, last: now, window: now, bytes: 0 }
    }

    /// Some bytes came.
    pub(super) fn count(&mut self, bytes: usize) {
        self.last = Instant::now();
        self.bytes += bytes as u64;
    }

    /// Whether it is worth waiting for more.
    pub(super) fn check(&mut self) -> Result<(), AttemptError> {
        let Limits { stall, window, least, .. } = *self.limits;
        if self.last.elapsed() >= stall {
            return Err(AttemptError::again(Reason::Stalled(stall)));
        }
        if self.window.elapsed() >= window {
            if self.bytes < least {
                let (bytes, within) = (self.bytes, window);
                return Err(AttemptError::again(Reason::Slow { bytes, within }));
            }
            (self.window, self.bytes) = (Instant::now(), 0);
        }
        Ok(())
    }
}
