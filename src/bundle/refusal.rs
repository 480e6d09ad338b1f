//! Why a bundle is refused.
//!
//! Knows nothing of how that is found out.

use std::{
    io,
    path::{Path, PathBuf},
};

use acai_common::{diagnostics::Diagnostics, format::bytes};
use acai_engine::store::StoreError;

/// A bundle is not used, none of it.
#[derive(Debug, thiserror::Error)]
#[error("`{}` {}: {why}", bundle.display(), why.verdict())]
pub struct Refused {
    /// The bundle.
    pub bundle: PathBuf,
    /// Why.
    pub why: Refusal,
}

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is something else.
    #[error("it is no bundle of acai-pipe: {0}")]
    Foreign(&'static str),
    /// It ends too early, or was changed after it was made.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Its manifest lists what no bundle has.
    #[error("line {line} of its manifest: {why}")]
    Manifest {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The archive holds something else than its manifest says.
    #[error("entry {place} of its archive: {why}")]
    Entry {
        /// Counted from 1.
        place: usize,
        /// What is wrong.
        why: String,
    },
    /// A file is not what the manifest says.
    #[error("`{0}` is not what its manifest says: another digest")]
    File(String),
    /// It would unpack to more than it can.
    #[error("it says it unpacks to {}, and no more than {} are taken from a file of its length", bytes(*.said), bytes(*.most))]
    TooLarge {
        /// Bytes in all.
        said: u64,
        /// At most so many are taken.
        most: u64,
    },
    /// What it lacks.
    #[error("it has no `{0}`")]
    Missing(String),
    /// Its pipeline, a descriptor or its lock has faults.
    #[error("what it says has faults\n{0}")]
    Diagnostics(#[from] Diagnostics),
    /// Its pipeline reaches out of the bundle, or is endless.
    #[error("its pipeline {0}")]
    Pipeline(String),
    /// Its lock is of something else than its pipeline or its records.
    #[error("its lockfile contradicts the rest: {0}")]
    Lockfile(String),
    /// A record or an artifact that nothing in it needs.
    #[error("`{0}` belongs to nothing in its pipeline")]
    Stray(String),
    /// A record that cannot be right.
    #[error("the record of {instance} {why}")]
    Record {
        /// The instance.
        instance: String,
        /// What is wrong.
        why: String,
    },
    /// An artifact is not what the lock says, or no artifact.
    #[error("the artifact of {instance} {why}")]
    Artifact {
        /// The instance.
        instance: String,
        /// What is wrong.
        why: String,
    },
    /// What it was unpacked to is not what it says any more.
    #[error("`{}` was changed since: `{path}` is not what the bundle holds; remove that folder, and the bundle is unpacked again", folder.display())]
    Changed {
        /// Where it was unpacked to.
        folder: PathBuf,
        /// What differs.
        path: String,
    },
    /// The system refused something; that is not the bundle's fault.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The store did.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Refusal {
    /// Whether the bundle is to blame, and not what it was unpacked to.
    #[must_use]
    pub fn is_its_fault(&self) -> bool {
        !matches!(self, Self::Changed { .. } | Self::Io(_) | Self::Store(_))
    }

    fn verdict(&self) -> &'static str {
        if self.is_its_fault() {
            "is refused, and nothing of it is kept"
        } else {
            match self {
                Self::Changed { .. } => "was unpacked before",
                _ => "cannot be unpacked",
            }
        }
    }

    /// Says of which bundle.
    #[must_use]
    pub fn of(self, bundle: &Path) -> Refused {
        Refused { bundle: bundle.to_owned(), why: self }
    }
}
