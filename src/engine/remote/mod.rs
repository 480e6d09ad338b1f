//! A shared cache: a folder that many machines can write to, with artifacts by
//! digest and records by key.
//!
//! ```text
//! DIR/
//!   objects/<digest>.h5   artifacts, by content digest
//!   actions/<key>         records: which key gave which artifact, and how
//!   incoming/             half-written files, each under a name of its own
//! ```
//!
//! No locks: they cannot be relied on across a network. A file is written under
//! a unique name and renamed; two processes that write the same digest write
//! the same content. Knows nothing of pipelines.

mod fetch;
mod push;

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use fs_err as fs;

pub use fetch::Refused;
pub use push::Pushed;

use super::{confined::Confined, record::Record, store::found};
use acai_artifact::Digest;

/// A folder that is shared.
#[derive(Clone, Debug)]
pub struct Remote {
    root: PathBuf,
    /// What reads artifacts that are there.
    confined: Confined,
}

/// A shared cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// It is named like a place on the web.
    #[error(
        "`{0}` is not a folder: a shared cache is a folder that is mounted; what is kept elsewhere \
         can be mounted too, or copied with any tool, for it holds nothing but plain files"
    )]
    Url(String),
    /// There is no such folder.
    #[error("there is no folder `{}` for a shared cache: make it, or mount it", .0.display())]
    Missing(PathBuf),
    /// The system refused.
    #[error("the shared cache at `{}` cannot be used: {source}", root.display())]
    Io {
        /// The folder.
        root: PathBuf,
        /// What happened, with the path.
        source: io::Error,
    },
}

impl Remote {
    /// The shared cache in the folder `root`, which is there: a folder that
    /// should be mounted and is not must not be taken for an empty cache. Its artifacts
    /// are read by `confined` alone.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn new(root: &Path, confined: Confined) -> Result<Self, RemoteError> {
        let text = root.to_string_lossy();
        if text.contains("://") {
            return Err(RemoteError::Url(text.into_owned()));
        }
        if !root.is_dir() {
            return Err(RemoteError::Missing(root.to_owned()));
        }
        Ok(Self { root: root.to_owned(), confined })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn object(&self, digest: &Digest) -> PathBuf {
        self.root.join("objects").join(format!("{digest}.h5"))
    }

    fn action(&self, key: &Digest) -> PathBuf {
        self.root.join("actions").join(key.to_string())
    }

    /// The records whose keys none of `known` has.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(crate) fn records_beside(&self, known: &[Record]) -> io::Result<Vec<Record>> {
        let known: HashSet<Digest> = known.iter().map(|record| record.key.digest()).collect();
        let mut records = Vec::new();
        for entry in found(fs::read_dir(self.root.join("actions")))?.into_iter().flatten() {
            let key = entry?.file_name().to_string_lossy().parse();
            if let Ok(key) = key
                && !known.contains(&key)
            {
                records.extend(self.record(&key)?);
            }
        }
        Ok(records)
    }

    /// The record of a key, if there is one that is about this key.
    fn record(&self, key: &Digest) -> io::Result<Option<Record>> {
        let text = found(fs::read(self.action(key)))?.and_then(|text| String::from_utf8(text).ok());
        let record = text.and_then(|text| Record::parse(&text));
        Ok(record.filter(|record| record.key.digest() == *key))
    }
}
