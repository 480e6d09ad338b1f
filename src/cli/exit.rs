//! How the program ends, and what it says when it cannot go on.
//!
//! Knows nothing of verbs.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use super::out;
use acai_artifact::ArtifactError;
use acai_bundle::{PackError, Refusal, Refused};
use acai_common::diagnostics::{Diagnostics, RenderOptions};
use acai_dataset::FetchError;
use acai_engine::{garbage::CollectError, remote::RemoteError, store::StoreError};
use acai_lockfile::verify::VerifyError;

/// Columns that diagnostics are wrapped at.
const WIDTH: usize = 100;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All was done.
    Done,
    /// A stage failed, or the store did.
    Failed,
    /// The pipeline or the command line is wrong; nothing was run.
    Wrong,
    /// The run was interrupted.
    Interrupted,
}

/// Why a verb could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The pipeline has diagnostics.
    #[error("{0}")]
    Diagnostics(#[from] Diagnostics),
    /// The command line asks for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// The store cannot be used.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The lock is not what the run shall be held to.
    #[error("{0}")]
    Lockfile(String),
    /// Nothing can be verified.
    #[error("{0}")]
    Verify(#[from] VerifyError),
    /// Nothing can be collected.
    #[error("{0}")]
    Collect(#[from] CollectError),
    /// The shared cache cannot be used.
    #[error("{0}")]
    Remote(#[from] RemoteError),
    /// An artifact cannot be read.
    #[error("{0}")]
    Artifact(#[from] ArtifactError),
    /// A bundle is refused.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// A bundle cannot be made.
    #[error("{0}")]
    PackError(#[from] PackError),
    /// A file of a dataset cannot be had.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// The system refused something.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Failure {
    /// Writes the message to stderr and returns the exit code.
    pub(super) fn tell(self) -> Exit {
        match &self {
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Done,
            Self::Refused(Refused { bundle, why: Refusal::Diagnostics(diagnostics) }) => {
                // Diagnostics quote a stranger's text.
                let plain = diagnostics.render(RenderOptions { colour: false, ..look() });
                let is_fine = |c: &char| !c.is_control() || *c == '\n';
                out::tell(plain.chars().filter(is_fine).collect::<String>().trim_end());
                out::tell(&format!(
                    "error: `{}` is refused, and nothing of it is kept",
                    bundle.display()
                ));
            }
            Self::Diagnostics(diagnostics) => {
                out::tell_drawn(diagnostics.render(look()).trim_end());
            }
            other => out::tell(&format!("error: {other}")),
        }
        match self {
            Self::Fetch(FetchError::Interrupted(_)) | Self::Collect(CollectError::Interrupted) => {
                Exit::Interrupted
            }
            Self::Refused(refused) if !refused.why.is_its_fault() => Exit::Failed,
            Self::Remote(RemoteError::Url(_) | RemoteError::Missing(_))
            | Self::Diagnostics(_)
            | Self::Refused(_)
            | Self::Usage(_) => Exit::Wrong,
            Self::PackError(_)
            | Self::Fetch(_)
            | Self::Store(_)
            | Self::Collect(_)
            | Self::Remote(_)
            | Self::Lockfile(_)
            | Self::Verify(_)
            | Self::Artifact(_)
            | Self::Io(_) => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Wrong => 2,
            Exit::Interrupted => 130,
        })
    }
}

fn look() -> RenderOptions {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let plain = plain || acai_progress::is_dumb();
    RenderOptions { width: WIDTH, colour: io::stderr().is_terminal() && !plain }
}
