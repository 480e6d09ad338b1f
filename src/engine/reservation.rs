//! Reservations: the right to compute and publish the artifact of a key.
//!
//! Knows nothing of how artifacts are computed.

use std::{
    io,
    path::{Path, PathBuf},
};

use fs_err as fs;

use super::{
    key::Key,
    record::{Provenance, Record},
    store::{Store, StoreError},
};
use acai_artifact::{Digest, Digests, Kind};
use acai_common::files::{self, FileLock};

/// The right to compute one key's artifact, while it lives.
#[derive(Debug)]
pub struct Reservation {
    store: Store,
    key: Key,
    path: PathBuf,
    _lock: FileLock,
}

/// A finished artifact, to be published.
#[derive(Debug)]
pub struct NewArtifact {
    /// Kind of the artifact at [`Reservation::path`].
    pub kind: Kind,
    /// The digests of its parts.
    pub digests: Digests,
    /// Its scores.
    pub scores: Vec<(String, f64)>,
    /// How it was made.
    pub made: Provenance,
}

impl Reservation {
    /// `lock` is that of the key, and `path` is a file below `work/`.
    pub(super) fn new(store: &Store, key: &Key, path: PathBuf, lock: FileLock) -> Self {
        Self { store: store.clone(), key: key.clone(), path, _lock: lock }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Where to write the artifact.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder for what outlives an attempt, such as checkpoints; it is removed
    /// when the artifact is published. The reservation holds the key's lock.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.store.path("checkpoints", &self.key.digest().to_string())
    }

    /// Publishes the finished file at [`Reservation::path`]: from now on the key is a hit.
    ///
    /// Order matters for a crash at any point: artifact before record, each
    /// written beside, synced and renamed. No collector works in between.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn publish(self, finish: NewArtifact) -> Result<Record, StoreError> {
        let store = &self.store;
        store.check(files::sync(&self.path))?;
        let _guard = store.lock_shared()?;
        let digest = finish.digests.artifact(finish.kind);
        let bytes = store.check(self.place(&digest))?;
        let record = Record {
            key: self.key.clone(),
            digest,
            parts: finish.digests,
            bytes,
            scores: finish.scores,
            made: finish.made,
        };
        store.check(store.write("actions", &self.key.digest().to_string(), &record.text()))?;
        // The result is published; what is left of its checkpoints is for the collector.
        drop(fs::remove_dir_all(self.checkpoints()));
        Ok(record)
    }

    /// Makes the file the object `digest` and returns its length. An object
    /// that is there and sound stays: other records know its length.
    fn place(&self, digest: &Digest) -> io::Result<u64> {
        let _lock = self.store.lock_object(digest)?;
        let object = self.store.object(digest);
        if !self.store.is_sound(digest).map_err(|error| error.source)? {
            self.store.write(
                "checksums",
                &digest.to_string(),
                &files::length_and_digest(&self.path)?,
            )?;
            if fs::symlink_metadata(&object).is_ok_and(|there| !there.is_file()) {
                self.store.move_aside(&object, &digest.to_string(), ".h5")?;
            }
            files::make_read_only(&self.path)?;
            files::rename_durably(&self.path, &object)?;
        }
        Ok(fs::metadata(&object)?.len())
    }
}

impl Drop for Reservation {
    /// Half-written files are removed.
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}
