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
//! None of the folders is a link, and nothing but regular files counts: whoever can write
//! to the cache could lead us anywhere else.
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

pub use fetch::Refused;
pub use push::Pushed;

use super::{
    confined::Confined,
    folders::LONGEST_RECORD,
    record::Record,
    store::{found, object_name},
};
use acai_artifact::Digest;
use acai_common::files::{self, Folder};

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

    /// A folder of the shared cache, which is no link; none if it is not there.
    fn folder(&self, name: &str) -> io::Result<Option<Folder>> {
        found(Folder::named(&self.root).and_then(|root| root.inner(name)))
    }

    fn object(&self, digest: &Digest) -> PathBuf {
        self.root.join("objects").join(object_name(digest))
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
        let Some(actions) = self.folder("actions")? else { return Ok(records) };
        for name in actions.names()? {
            if let Ok(key) = name.parse()
                && !known.contains(&key)
            {
                match record(&actions, &key) {
                    Err(error) if files::is_odd(&error) => {}
                    record => records.extend(record?),
                }
            }
        }
        Ok(records)
    }

    /// The record of a key, if there is one that is about this key.
    fn record(&self, key: &Digest) -> io::Result<Option<Record>> {
        self.folder("actions")?.map_or(Ok(None), |actions| record(&actions, key))
    }
}

/// The record of a key in the folder of records.
fn record(actions: &Folder, key: &Digest) -> io::Result<Option<Record>> {
    let text = found(actions.read(&key.to_string(), LONGEST_RECORD))?;
    let record = text.and_then(|text| Record::parse(&String::from_utf8(text).ok()?));
    Ok(record.filter(|record| record.key.digest() == *key))
}
