//! One mirror: requested until it has sent the file, or has failed for good.
//!
//! Knows nothing of other mirrors, nor of how a mirror is read.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    super::{error::Reason, mirror::Mirror},
    DownloadRequest,
    attempt_error::AttemptError,
    download_limits::{DownloadLimits, ThroughputMonitor},
    mirror_stream::{DownloadEvent, MirrorStream, ResponseHead, TICK},
    partial_file::PartialFile,
};
use acai_common::events::{Message, Progress};

/// How often progress is reported.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Completes `partial` from `mirror` and verifies it.
///
/// A resumed file may mix two versions, or its first part may be damaged: if it
/// is wrong, it is downloaded once more, as a whole.
pub(super) fn download_from(
    request: &DownloadRequest<'_>,
    mirror: &Mirror,
    partial: &mut PartialFile,
    report: &mut dyn FnMut(Message),
) -> Result<(), AttemptError> {
    let mut retries = RetrySchedule::new(request.limits, partial.len());
    let mut may_restart = true;
    loop {
        let attempted = attempt(request, mirror, partial, report);
        match attempted.and_then(|origin| verify(request, partial, origin)) {
            Ok(()) => return Ok(()),
            Err(AttemptError::Restart(reason)) if may_restart => {
                report(Message::Note(format!("`{mirror}` {reason}; starting over")));
                partial.clear()?;
                may_restart = false;
                retries = RetrySchedule::new(request.limits, 0);
            }
            Err(AttemptError::Again { reason, after }) => {
                let Some(delay) = retries.next(partial.len()) else {
                    return Err(AttemptError::Next(reason));
                };
                let delay = after.unwrap_or(delay);
                let delay_s = delay.as_secs_f64();
                report(Message::Note(format!("`{mirror}` {reason}; asking again in {delay_s} s")));
                pause(delay, request.stop)?;
            }
            Err(attempt_error) => return Err(attempt_error),
        }
    }
}

/// Where the bytes of a file came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// All of them from one answer.
    Whole,
    /// Some were there before.
    Resumed,
}

fn verify(
    request: &DownloadRequest<'_>,
    partial: &mut PartialFile,
    origin: Origin,
) -> Result<(), AttemptError> {
    let Err(mismatch) = request.verify(partial.path())? else { return Ok(()) };
    let reason = Reason::Wrong { wanted: mismatch.wanted, found: mismatch.found };
    partial.clear()?;
    match origin {
        Origin::Whole => Err(AttemptError::Next(reason)),
        Origin::Resumed => Err(AttemptError::Restart(reason)),
    }
}

/// Appends what one response sends.
fn attempt(
    request: &DownloadRequest<'_>,
    mirror: &Mirror,
    partial: &mut PartialFile,
    report: &mut dyn FnMut(Message),
) -> Result<Origin, AttemptError> {
    let stream = MirrorStream::open(mirror.address(), partial.len(), request.limits);
    let head = head(&stream, request.stop)?;
    let declared = request.wanted.size;
    if let (Some(declared), Some(announced)) = (declared, head.whole)
        && declared != announced
    {
        return Err(AttemptError::Next(Reason::Length { declared, announced }));
    }
    if head.whole.is_some_and(|whole| whole > request.bound()) {
        return Err(AttemptError::Next(Reason::TooLarge(request.bound())));
    }
    if head.start == 0 {
        partial.clear()?;
    }
    body(request, &stream, declared.or(head.whole), partial, report)?;
    Ok(if head.start == 0 { Origin::Whole } else { Origin::Resumed })
}

fn head(stream: &MirrorStream, stop: &AtomicBool) -> Result<ResponseHead, AttemptError> {
    loop {
        if let Some(DownloadEvent::Head(head)) = stream.next(stop)? {
            return Ok(head);
        }
    }
}

/// Appends the body to `partial`, which then has `whole` bytes where that is known.
fn body(
    request: &DownloadRequest<'_>,
    stream: &MirrorStream,
    whole: Option<u64>,
    partial: &mut PartialFile,
    report: &mut dyn FnMut(Message),
) -> Result<(), AttemptError> {
    let mut monitor = ThroughputMonitor::new(request.limits);
    let mut reported = Instant::now();
    report(progress(partial, whole));
    loop {
        match stream.next(request.stop)? {
            Some(DownloadEvent::Piece(bytes)) => {
                monitor.count(bytes.len());
                append(request, partial, &bytes, whole)?;
            }
            Some(DownloadEvent::End) => break,
            Some(DownloadEvent::Head(_)) | None => {}
        }
        monitor.check()?;
        if reported.elapsed() >= PROGRESS_INTERVAL {
            reported = Instant::now();
            report(progress(partial, whole));
        }
    }
    report(progress(partial, whole));
    let is_cut = whole.is_some_and(|whole| partial.len() < whole);
    if is_cut { Err(AttemptError::again(Reason::Cut(partial.len()))) } else { Ok(()) }
}

fn append(
    request: &DownloadRequest<'_>,
    partial: &mut PartialFile,
    bytes: &[u8],
    whole: Option<u64>,
) -> Result<(), AttemptError> {
    let bound = request.bound();
    if whole.is_none() && partial.len() + bytes.len() as u64 > bound {
        partial.clear()?;
        return Err(AttemptError::Next(Reason::TooLarge(bound)));
    }
    if let Some(whole) = whole.filter(|&whole| partial.len() + bytes.len() as u64 > whole) {
        // A mirror that sends too much may have sent wrong bytes before, too.
        partial.clear()?;
        return Err(AttemptError::Next(Reason::TooLong(whole)));
    }
    Ok(partial.append(bytes)?)
}

fn progress(partial: &PartialFile, whole: Option<u64>) -> Message {
    let done = partial.len();
    let total = whole.unwrap_or(done);
    Message::Progress(Progress { done, total, unit: "bytes", figures: Vec::new() })
}

/// Counts attempts; one that brought enough bytes starts the count anew.
struct RetrySchedule<'a> {
    limits: &'a DownloadLimits,
    used: usize,
    reached: u64,
}

impl<'a> RetrySchedule<'a> {
    fn new(limits: &'a DownloadLimits, len: u64) -> Self {
        Self { limits, used: 0, reached: len }
    }

    /// How long to wait before the next try, now that `len` bytes are there;
    /// none if there have been enough.
    ///
    /// Only what goes beyond the longest so far brings the file on: a server
    /// that starts from the beginning each time and breaks off must not go on
    /// for ever. Neither must one that gives a byte at a time.
    fn next(&mut self, len: u64) -> Option<Duration> {
        if len >= self.reached.saturating_add(self.limits.least) {
            (self.reached, self.used) = (len, 0);
        }
        let delay = self.limits.delays.get(self.used).copied();
        self.used += 1;
        delay
    }
}

/// Waits, unless interrupted.
fn pause(delay: Duration, stop: &AtomicBool) -> Result<(), AttemptError> {
    let start = Instant::now();
    while start.elapsed() < delay {
        if stop.load(Ordering::Relaxed) {
            return Err(AttemptError::Interrupted);
        }
        thread::sleep(TICK.min(delay.saturating_sub(start.elapsed())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_used_up_unless_the_file_is_brought_on() {
        let limits = DownloadLimits { least: 10, ..DownloadLimits::usual() };
        let mut retries = RetrySchedule::new(&limits, 100);
        let delays = [100, 109, 90, 120, 121, 129, 120].map(|len| retries.next(len));
        let expected = [Some(500), Some(1000), Some(2000), Some(500), Some(1000), Some(2000), None];
        assert_eq!(delays, expected.map(|delay| delay.map(Duration::from_millis)));
    }
}
