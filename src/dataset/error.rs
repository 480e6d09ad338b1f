//! What can go wrong with finding and downloading a file.
//!
//! Knows nothing of how files are found or downloaded.

use std::{fmt, io, path::PathBuf, time::Duration};

use ureq::http::StatusCode;

use super::mirror::Mirror;
use acai_common::events::Interrupted;

/// A file could not be obtained.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The name is a path.
    #[error("dataset `{dataset}` names a file `{name}`; a name has no folders, such as `train.gz`")]
    Name {
        /// The name.
        name: String,
        /// The dataset that names it.
        dataset: String,
    },
    /// It was not found, and must not or cannot be downloaded.
    #[error(
        "{} is missing, and {because}{}{}", missing.file(), missing.search_paths(), missing.advice()
    )]
    Missing {
        /// What was looked for.
        missing: Box<MissingFile>,
        /// Why it is not downloaded.
        because: NoDownload,
    },
    /// No mirror sent it.
    #[error(
        "{} could not be downloaded{}\n  try again later, or get it elsewhere{}",
        missing.file(), reasons(mirrors), missing.advice()
    )]
    Mirrors {
        /// What was looked for.
        missing: Box<MissingFile>,
        /// Mirrors in the order they were tried, each with its reason.
        mirrors: Vec<(Mirror, Reason)>,
    },
    /// It could not be written.
    #[error("failed to keep {file}: {problem}; make room, or choose another folder for downloads")]
    Disk {
        /// The file, with its size and checksums as far as they are known.
        file: String,
        /// Why; the message says it, so it is not a source as well.
        problem: io::Error,
    },
    /// The work was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// A file that was not found, and where it was looked for.
#[derive(Clone, Debug)]
pub struct MissingFile {
    /// The file, with its size and checksums as far as they are known.
    pub file: String,
    /// The dataset that it belongs to.
    pub dataset: String,
    /// Every path that was tried.
    pub looked_at: Vec<PathBuf>,
    /// Files of that name with other contents.
    pub passed_over: Vec<PassedOver>,
    /// Where it would be found.
    pub put: Option<PathBuf>,
}

/// Why nothing is downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDownload {
    /// Nothing may be.
    #[error("downloads are switched off")]
    Offline,
    /// The descriptor names no mirrors.
    #[error("its descriptor names no mirrors")]
    NoMirrors,
    /// A download could not be verified.
    #[error("without `checksum` or `content` in its descriptor a download could not be verified")]
    NoChecksum,
    /// There is no folder for it.
    #[error("there is no folder for downloads")]
    NoFolder,
}

/// A file of the right name with other contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The file.
    pub path: PathBuf,
    /// The size or checksum that was declared.
    pub wanted: String,
    /// What it has instead.
    pub found: String,
}

/// Why a mirror did not send the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not an address of a known kind.
    #[error("is no address that can be asked; write `http://…`, `https://…` or `file:///…`")]
    Address,
    /// There was no connection, or it broke before the response.
    #[error("could not be asked: {0}")]
    Unreachable(String),
    /// TLS refuses it.
    #[error(
        "has no certificate that is accepted: {0}; if the network has certificates of its own, name their file in SSL_CERT_FILE"
    )]
    Untrusted(String),
    /// The response is not HTTP, or not usable.
    #[error("gave an answer that makes no sense: {0}")]
    Nonsense(String),
    /// A file that cannot be read.
    #[error("could not be read: {0}")]
    File(String),
    /// It answered with an error.
    #[error("answered {}", status(*.0))]
    Status(u16),
    /// Redirected without end.
    #[error("redirected more than {0} times; the mirror sends around in a circle")]
    Redirects(u32),
    /// Redirected to an address that must not be followed.
    #[error("redirected to `{0}`, which is not followed: only to https, or from http to http")]
    Redirect(String),
    /// The length is not the declared one.
    #[error("has a file of {announced} bytes, but the descriptor says {declared}")]
    Length {
        /// What the descriptor says.
        declared: u64,
        /// What the mirror says.
        announced: u64,
    },
    /// More bytes came than there should be.
    #[error("sent more than the {0} bytes there should be")]
    TooLong(u64),
    /// More bytes than are taken of a file whose length is not known.
    #[error(
        "has more than the {0} bytes that are taken of a file without a declared length; say `size` or `at_most` in its descriptor, or `--max-download SIZE`"
    )]
    TooLarge(u64),
    /// Asked to continue at one byte, it continued at another.
    #[error("was asked to go on at byte {asked} and answered with `{answered}`")]
    Range {
        /// The first byte asked for.
        asked: u64,
        /// Its `Content-Range`.
        answered: String,
    },
    /// The connection ended too early.
    #[error("broke off after {0} bytes of the file")]
    Cut(u64),
    /// No more bytes came.
    #[error("sent nothing for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    /// Too few bytes came.
    #[error("sent {bytes} bytes in {} s, which is too slow to wait for", within.as_secs_f64())]
    Slow {
        /// How much came.
        bytes: u64,
        /// In how long.
        within: Duration,
    },
    /// The file has other contents.
    #[error("sent another file: found {found}, expected {wanted}")]
    Wrong {
        /// The size or checksum that was declared.
        wanted: String,
        /// What the file has instead.
        found: String,
    },
}

impl MissingFile {
    fn file(&self) -> String {
        format!("{} of dataset `{}`", self.file, self.dataset)
    }

    fn search_paths(&self) -> String {
        lines(self.looked_at.iter().map(|path| format!("looked at {}", path.display())))
    }

    fn advice(&self) -> String {
        let advice = match &self.put {
            Some(place) => format!("put it into {}", place.display()),
            None => "name a folder to look in, and put it there".to_owned(),
        };
        lines(self.passed_over.iter().map(PassedOver::to_string).chain([advice]))
    }
}

fn reasons(mirrors: &[(Mirror, Reason)]) -> String {
    lines(mirrors.iter().map(|(mirror, reason)| format!("`{mirror}` {reason}")))
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.fold(String::new(), |all, line| all + "\n  " + &line)
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, wanted, found } = self;
        write!(f, "passed over {}: found {found}, expected {wanted}", path.display())
    }
}

/// The status code, and its name if it has one.
fn status(code: u16) -> String {
    let meaning = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    meaning.map_or_else(|| code.to_string(), |meaning| format!("{code} ({meaning})"))
}
