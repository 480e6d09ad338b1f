//! What a mirror gives, as a stream of pieces read by a thread of its own: a
//! read may hang, and who waits for it must still be able to leave.
//!
//! Knows nothing of what becomes of the pieces.

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use fs_err::File;
use ureq::Agent;

use super::{super::error::Reason, attempt_error::AttemptError, http, limits::Limits};

/// How often somebody who waits looks whether to stop.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// Bytes in a piece.
const PIECE: usize = 1 << 16;

/// Pieces read ahead.
const AHEAD: usize = 16;

/// What is said before the bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Which byte of the file comes first.
    pub(super) start: u64,
    /// How many come, where it is said.
    pub(super) length: Option<u64>,
    /// How many the whole file has, where it is said.
    pub(super) whole: Option<u64>,
}

/// One thing that a mirror gives.
pub(super) enum Given {
    /// First of all.
    Head(Head),
    /// Then some of the bytes, as often as needed.
    Piece(Vec<u8>),
    /// Then the end: whole, as far as the mirror knows.
    End,
}

/// A mirror that is being read; dropped, it is read no further.
pub(super) struct Stream {
    given: Receiver<Result<Given, AttemptError>>,
    agent: Agent,
}

impl Stream {
    /// Starts to read the file at `mirror` from the byte `from` on.
    pub(super) fn open(mirror: &str, from: u64, limits: &Limits) -> Self {
        let agent = http::agent(limits);
        let (give, given) = sync_channel(AHEAD);
        let (mirror, limits, inner) = (mirror.to_owned(), limits.clone(), agent.clone());
        // The thread ends by itself once it has nobody to give to; it is not
        // waited for, because looking up a name may take its time.
        thread::spawn(move || {
            if let Err(attempt_error) = read(&mirror, from, &limits, &inner, &give) {
                drop(give.send(Err(attempt_error)));
            }
        });
        Self { given, agent }
    }

    /// The next thing, or nothing within a [`TICK`].
    pub(super) fn next(&self, stop: &AtomicBool) -> Result<Option<Given>, AttemptError> {
        if stop.load(Ordering::Relaxed) {
            return Err(AttemptError::Interrupted);
        }
        match self.given.recv_timeout(TICK) {
            Ok(given) => given.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(AttemptError::Next(Reason::Nonsense("it could not be understood".to_owned())))
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.agent.clone().shutdown();
    }
}

fn read(
    mirror: &str,
    from: u64,
    limits: &Limits,
    agent: &Agent,
    give: &SyncSender<Result<Given, AttemptError>>,
) -> Result<(), AttemptError> {
    if http::is_web(mirror) {
        let (head, body) = http::ask(agent, mirror, from, limits)?;
        return pass(head, body.into_reader(), give, |_, at| AttemptError::again(Reason::Cut(at)));
    }
    let path = local(mirror).ok_or(AttemptError::Next(Reason::Address))?;
    let unreadable = |error: io::Error| AttemptError::Next(Reason::File(error.to_string()));
    let (head, file) = open(path, from).map_err(unreadable)?;
    pass(head, file, give, |error, _| unreadable(error))
}

/// Passes on the head and all bytes. Whoever no longer listens ends it.
fn pass(
    head: Head,
    mut bytes: impl Read,
    give: &SyncSender<Result<Given, AttemptError>>,
    broken: impl Fn(io::Error, u64) -> AttemptError,
) -> Result<(), AttemptError> {
    let mut at = head.start;
    let mut is_heard = give.send(Ok(Given::Head(head))).is_ok();
    while is_heard {
        let mut piece = vec![0; PIECE];
        match bytes.read(&mut piece) {
            Ok(0) => {
                drop(give.send(Ok(Given::End)));
                break;
            }
            Ok(count) => {
                piece.truncate(count);
                at += count as u64;
                is_heard = give.send(Ok(Given::Piece(piece))).is_ok();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(broken(error, at)),
        }
    }
    Ok(())
}

/// The file at `path` from the byte `from` on; from its beginning if it is shorter.
fn open(path: PathBuf, from: u64) -> io::Result<(Head, File)> {
    let data = path.metadata()?;
    if !data.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let whole = data.len();
    let start = if from <= whole { from } else { 0 };
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    Ok((Head { start, length: Some(whole - start), whole: Some(whole) }, file))
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
