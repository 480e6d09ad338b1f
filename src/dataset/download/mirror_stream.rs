//! What a mirror sends, as a stream of events that a thread of its own reads: a
//! read may block for long, and an interruption must not wait for it.
//!
//! Knows nothing of what becomes of the pieces.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use ureq::Agent;

use super::{
    super::error::Reason, attempt_error::AttemptError, download_limits::DownloadLimits, http,
};
use acai_common::files;

/// How often a waiting thread checks whether to stop.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// Bytes in a piece.
const PIECE: usize = 1 << 16;

/// Pieces read ahead.
const AHEAD: usize = 16;

/// What the response says before its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResponseHead {
    /// Which byte of the file comes first.
    pub(super) start: u64,
    /// How many come, where it is said.
    pub(super) length: Option<u64>,
    /// How many the whole file has, where it is said.
    pub(super) whole: Option<u64>,
}

/// One event of a download.
pub(super) enum DownloadEvent {
    /// First: what will come.
    Head(ResponseHead),
    /// Then bytes, as often as needed.
    Piece(Vec<u8>),
    /// Then the end of the response.
    End,
}

/// A mirror that is being read. Dropping it ends the reading.
pub(super) struct MirrorStream {
    events: Receiver<Result<DownloadEvent, AttemptError>>,
    agent: Agent,
}

impl MirrorStream {
    /// Starts to read the file at `mirror` from the byte `from` on.
    pub(super) fn open(mirror: &str, from: u64, limits: &DownloadLimits) -> Self {
        let agent = http::agent(limits);
        let (sender, events) = sync_channel(AHEAD);
        let (mirror, limits, inner) = (mirror.to_owned(), limits.clone(), agent.clone());
        // The thread ends by itself once the receiver is dropped. It is not joined,
        // because resolving a host name may take long.
        thread::spawn(move || {
            if let Err(attempt_error) = read(&mirror, from, &limits, &inner, &sender) {
                drop(sender.send(Err(attempt_error)));
            }
        });
        Self { events, agent }
    }

    /// The next event, or nothing within a [`TICK`].
    pub(super) fn next(&self, stop: &AtomicBool) -> Result<Option<DownloadEvent>, AttemptError> {
        if stop.load(Ordering::Relaxed) {
            return Err(AttemptError::Interrupted);
        }
        match self.events.recv_timeout(TICK) {
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(AttemptError::Next(Reason::Nonsense("it could not be understood".to_owned())))
            }
        }
    }
}

impl Drop for MirrorStream {
    fn drop(&mut self) {
        self.agent.clone().shutdown();
    }
}

fn read(
    mirror: &str,
    from: u64,
    limits: &DownloadLimits,
    agent: &Agent,
    sender: &SyncSender<Result<DownloadEvent, AttemptError>>,
) -> Result<(), AttemptError> {
    if http::is_web(mirror) {
        let (head, body) = http::ask(agent, mirror, from, limits)?;
        return forward(head, body.into_reader(), sender, |_, at| {
            AttemptError::again(Reason::Cut(at))
        });
    }
    let path = local(mirror).ok_or(AttemptError::Next(Reason::Address))?;
    let unreadable = |error: io::Error| AttemptError::Next(Reason::File(error.to_string()));
    let (head, file) = open(&path, from).map_err(unreadable)?;
    forward(head, file, sender, |error, _| unreadable(error))
}

/// Sends the head and all bytes, until the receiver is dropped.
fn forward(
    head: ResponseHead,
    mut bytes: impl Read,
    sender: &SyncSender<Result<DownloadEvent, AttemptError>>,
    broken: impl Fn(io::Error, u64) -> AttemptError,
) -> Result<(), AttemptError> {
    let mut at = head.start;
    let mut is_received = sender.send(Ok(DownloadEvent::Head(head))).is_ok();
    while is_received {
        let mut piece = vec![0; PIECE];
        match bytes.read(&mut piece) {
            Ok(0) => {
                drop(sender.send(Ok(DownloadEvent::End)));
                break;
            }
            Ok(count) => {
                piece.truncate(count);
                at += count as u64;
                is_received = sender.send(Ok(DownloadEvent::Piece(piece))).is_ok();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(broken(error, at)),
        }
    }
    Ok(())
}

/// The file at `path` from the byte `from` on; from its beginning if it is shorter.
fn open(path: &Path, from: u64) -> io::Result<(ResponseHead, File)> {
    let mut file = files::open_regular(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let whole = data.len();
    let start = if from <= whole { from } else { 0 };
    file.seek(SeekFrom::Start(start))?;
    Ok((ResponseHead { start, length: Some(whole - start), whole: Some(whole) }, file))
}

/// The path that `file:///…` means.
fn local(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    rest.starts_with('/').then(|| decoded(rest)).flatten().map(PathBuf::from)
}

/// Text with its `%20`s replaced.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2)?;
        bytes.push(u8::from_str_radix(byte, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_addresses_are_paths() {
        for (url, path) in [
            ("file:///a/b.gz", Some("/a/b.gz")),
            ("file://localhost/a", Some("/a")),
            ("file:///a%20b%2fc", Some("/a b/c")),
            ("file://a/b", None),
            ("file:///a%2", None),
            ("file:///a%zz", None),
            ("ftp://a/b", None),
            ("/a/b", None),
        ] {
            assert_eq!(local(url), path.map(PathBuf::from), "{url}");
        }
    }
}
