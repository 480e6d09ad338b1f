//! How long to wait for mirrors, how often to ask again, and how much to take.
//!
//! Knows nothing of what is asked.

use std::time::{Duration, Instant};

use super::{super::error::Reason, attempt_error::AttemptError};

/// Limits of requests. None bounds a whole download: 1.3 GB over a slow line
/// take hours.
#[derive(Clone, Debug)]
pub(crate) struct DownloadLimits {
    /// For resolving the address, and again for connecting.
    pub(crate) connect: Duration,
    /// For sending the request, and again for the response's header.
    pub(crate) answer: Duration,
    /// The longest time without a single byte.
    pub(crate) stall: Duration,
    /// The time over which throughput is averaged.
    pub(crate) window: Duration,
    /// How much has to come in a `window`.
    pub(crate) least: u64,
    /// Before each retry; there is one attempt more than delays.
    pub(crate) delays: Vec<Duration>,
    /// The longest that a server may ask to wait for.
    pub(crate) longest_delay: Duration,
    /// Redirections followed.
    pub(crate) redirects: u32,
    /// Bytes of a file whose length nobody has declared, unless more are asked for.
    pub(crate) largest: u64,
    /// The same, as the user says.
    pub(crate) asked_for: Option<u64>,
    /// Whether proxies that the environment names are used.
    pub(crate) uses_proxies: bool,
}

impl DownloadLimits {
    /// The limits for servers on the internet.
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
            largest: 1 << 30,
            asked_for: None,
            uses_proxies: true,
        }
    }
}

/// Detects a body that stalls or comes too slowly.
pub(super) struct ThroughputMonitor<'a> {
    limits: &'a DownloadLimits,
    last: Instant,
    window: Instant,
    bytes: u64,
}

impl<'a> ThroughputMonitor<'a> {
    pub(super) fn new(limits: &'a DownloadLimits) -> Self {
        let now = Instant::now();
        Self { limits, last: now, window: now, bytes: 0 }
    }

    /// Counts bytes that came.
    pub(super) fn count(&mut self, bytes: usize) {
        self.last = Instant::now();
        self.bytes += bytes as u64;
    }

    /// An error if the body has stalled or is too slow.
    pub(super) fn check(&mut self) -> Result<(), AttemptError> {
        let DownloadLimits { stall, window, least, .. } = *self.limits;
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
