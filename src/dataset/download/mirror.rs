//! One mirror: asked until it has given the file, or given cause to ask another.
//!
//! Knows nothing of other mirrors, nor of how a mirror is read.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    super::error::Reason,
    DownloadRequest,
    attempt_error::AttemptError,
    limits::{Limits, Pace},
    part::Part,
    stream::{Given, Head, Stream, TICK},
};
use acai_common::events::{Message, Progress};

/// How often progress is told.
const TELLING: Duration = Duration::from_millis(200);

/// Completes `part` from `mirror` and verifies it.
///
/// Pieces of different origin may not go together, and an old piece may be
/// spoilt: a resumed file that is wrong is drawn once more, as a whole.
pub(super) fn draw(
    errand: &DownloadRequest<'_>,
    mirror: &str,
    part: &mut Part,
    tell: &mut dyn FnMut(Message),
) -> Result<(), AttemptError> {
    let mut tries = Tries::new(errand.limits, part.len());
    let mut may_restart = true;
    loop {
        let drawn = attempt(errand, mirror, part, tell);
        match drawn.and_then(|origin| verify(errand, part, origin)) {
            Ok(()) => return Ok(()),
            Err(AttemptError::Restart(reason)) if may_restart => {
                tell(Message::Note(format!("`{mirror}` {reason}; starting over")));
                part.clear()?;
                may_restart = false;
                tries = Tries::new(errand.limits, 0);
            }
            Err(AttemptError::Again { reason, after }) => {
                let Some(delay) = tries.next(part.len()) else {
                    return Err(AttemptError::Next(reason));
                };
                let delay = after.unwrap_or(delay);
                let delay_s = delay.as_secs_f64();
                tell(Message::Note(format!("`{mirror}` {reason}; asking again in {delay_s} s")));
                pause(delay, errand.stop)?;
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
    errand: &DownloadRequest<'_>,
    part: &mut Part,
    origin: Origin,
) -> Result<(), AttemptError> {
    let Err(mismatch) = errand.verify(part.path())? else { return Ok(()) };
    let reason = Reason::Wrong { wanted: mismatch.wanted, found: mismatch.found };
    part.clear()?;
    match origin {
        Origin::Whole => Err(AttemptError::Next(reason)),
        Origin::Resumed => Err(AttemptError::Restart(reason)),
    }
}

/// Draws what one answer gives.
fn attempt(
    errand: &DownloadRequest<'_>,
    mirror: &str,
    part: &mut Part,
    tell: &mut dyn FnMut(Message),
) -> Result<Origin, AttemptError> {
    let stream = Stream::open(mirror, part.len(), errand.limits);
    let head = head(&stream, errand.stop)?;
    let declared = errand.wanted.size;
    if let (Some(declared), Some(announced)) = (declared, head.whole)
        && declared != announced
    {
        return Err(AttemptError::Next(Reason::Length { declared, announced }));
    }
    if head.start == 0 {
        part.clear()?;
    }
    body(errand, &stream, declared.or(head.whole), part, tell)?;
    Ok(if head.start == 0 { Origin::Whole } else { Origin::Resumed })
}

fn head(stream: &Stream, stop: &AtomicBool) -> Result<Head, AttemptError> {
    loop {
        if let Some(Given::Head(head)) = stream.next(stop)? {
            return Ok(head);
        }
    }
}

/// Appends what comes to `part`, which then has `whole` bytes where that is known.
fn body(
    errand: &DownloadRequest<'_>,
    stream: &Stream,
    whole: Option<u64>,
    part: &mut Part,
    tell: &mut dyn FnMut(Message),
) -> Result<(), AttemptError> {
    let mut pace = Pace::new(errand.limits);
    let mut told = Instant::now();
    tell(progress(part, whole));
    loop {
        match stream.next(errand.stop)? {
            Some(Given::Piece(bytes)) => {
                pace.count(bytes.len());
                append(part, &bytes, whole)?;
            }
            Some(Given::End) => break,
            Some(Given::Head(_)) | None => {}
        }
        pace.check()?;
        if told.elapsed() >= TELLING {
            told = Instant::now();
            tell(progress(part, whole));
        }
    }
    tell(progress(part, whole));
    let is_cut = whole.is_some_and(|whole| part.len() < whole);
    if is_cut { Err(AttemptError::again(Reason::Cut(part.len()))) } else { Ok(()) }
}

fn append(part: &mut Part, bytes: &[u8], whole: Option<u64>) -> Result<(), AttemptError> {
    if let Some(whole) = whole.filter(|&whole| part.len() + bytes.len() as u64 > whole) {
        // Whoever sends too much is not to be believed in what came before.
        part.clear()?;
        return Err(AttemptError::Next(Reason::TooLong(whole)));
    }
    Ok(part.append(bytes)?)
}

fn progress(part: &Part, whole: Option<u64>) -> Message {
    let done = part.len();
    let total = whole.unwrap_or(done);
    Message::Progress(Progress { done, total, unit: "bytes", figures: Vec::new() })
}

/// Counts tries; one that brought the file on makes up for those before.
struct Tries<'a> {
    limits: &'a Limits,
    used: usize,
    reached: u64,
}

impl<'a> Tries<'a> {
    fn new(limits: &'a Limits, len: u64) -> Self {
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

/// Waits, unless told to stop.
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
        let limits = Limits { least: 10, ..Limits::usual() };
        let mut tries = Tries::new(&limits, 100);
        let delays = [100, 109, 90, 120, 121, 129, 120].map(|len| tries.next(len));
        let expected = [Some(500), Some(1000), Some(2000), Some(500), Some(1000), Some(2000), None];
        assert_eq!(delays, expected.map(|delay| delay.map(Duration::from_millis)));
    }
}
