//! What can go wrong with finding and downloading a file, told to the researcher
//! who needs it.
//!
//! Knows nothing of how files are found or downloaded.

use std::{fmt, io, path::PathBuf, time::Duration};

use ureq::http::StatusCode;

use acai_common::events::Interrupted;

/// A file could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The name is a path.
    #[error("dataset `{dataset}` names a file `{name}`; a name has no folders, such as `train.gz`")]
    Name {
        /// The name.
        name: String,
        /// Whose.
        dataset: String,
    },
    /// It is nowhere, and must not or cannot be downloaded.
    #[error(
        "{} is missing, and {because}{}{}", lacking.file(), lacking.places(), lacking.advice()
    )]
    Missing {
        /// What was looked for.
        lacking: Box<Lacking>,
        /// Why it is not downloaded.
        because: NoDownload,
    },
    /// No mirror gave it.
    #[error(
        "{} could not be downloaded{}\n  try again later, or get it elsewhere{}",
        lacking.file(), reasons(mirrors), lacking.advice()
    )]
    Mirrors {
        /// What was looked for.
        lacking: Box<Lacking>,
        /// Mirrors in the order they were tried, each with its reason.
        mirrors: Vec<(String, Reason)>,
    },
    /// The system refused to keep it.
    #[error("failed to keep {file}: {problem}; make room, or choose another folder for downloads")]
    Disk {
        /// The file, with its size and checksums as far as they are known.
        file: String,
        /// Why it was refused; told above, and therefore not a cause of its own.
        problem: io::Error,
    },
    /// The work was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// A file that is nowhere, and what was looked at.
#[derive(Clone, Debug)]
pub struct Lacking {
    /// The file, with its size and checksums as far as they are known.
    pub file: String,
    /// Whose it is.
    pub dataset: String,
    /// Every place that was looked at.
    pub looked_at: Vec<PathBuf>,
    /// Files of that name that are other files.
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
    /// The descriptor says no place to download from.
    #[error("its descriptor names no mirrors")]
    NoMirrors,
    /// There would be nothing to believe it by.
    #[error(
        "without `checksum` or `content` in its descriptor there is nothing to believe a download by"
    )]
    NoChecksum,
    /// There is no folder for it.
    #[error("there is no folder for downloads")]
    NoFolder,
}

/// A file of the right name that is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The file.
    pub path: PathBuf,
    /// The size or checksum that was declared.
    pub wanted: String,
    /// What it has instead.
    pub found: String,
}

/// Why a mirror did not give the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not a place that can be asked.
    #[error("is no address that can be asked; write `http://…`, `https://…` or `file:///…`")]
    Address,
    /// There was no connection, or it broke before the answer.
    #[error("could not be asked: {0}")]
    Unreachable(String),
    /// TLS refuses it.
    #[error(
        "does not prove who it is: {0}; if the network has certificates of its own, name their file in SSL_CERT_FILE"
    )]
    Untrusted(String),
    /// The answer is not HTTP, or not one that can be used.
    #[error("gave an answer that makes no sense: {0}")]
    Nonsense(String),
    /// A file that cannot be read.
    #[error("could not be read: {0}")]
    File(String),
    /// It answered that it will not.
    #[error("answered {}", status(*.0))]
    Status(u16),
    /// Redirected without end.
    #[error("redirected more than {0} times; the mirror sends around in a circle")]
    Redirects(u32),
    /// Redirected to where nobody should follow.
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
    /// More came than there should be.
    #[error("sent more than the {0} bytes there should be")]
    TooLong(u64),
    /// Asked to go on at one byte, it went on at another.
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
    /// Nothing came any more.
    #[error("sent nothing for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    /// Too little came.
    #[error("sent {bytes} bytes in {} s, which is too slow to wait for", within.as_secs_f64())]
    Slow {
        /// How much came.
        bytes: u64,
        /// In how long.
        within: Duration,
    },
    /// It is another file.
    #[error("sent another file: found {found}, expected {wanted}")]
    Wrong {
        /// The size or checksum that was declared.
        wanted: String,
        /// What the file has instead.
        found: String,
    },
}

impl Lacking {
    fn file(&self) -> String {
        format!("{} of dataset `{}`", self.file, self.dataset)
    }

    fn places(&self) -> String {
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

fn reasons(mirrors: &[(String, Reason)]) -> String {
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

/// The number, and what it means if anybody agreed on that.
fn status(code: u16) -> String {
    let meaning = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    meaning.map_or_else(|| code.to_string(), |meaning| format!("{code} ({meaning})"))
}
