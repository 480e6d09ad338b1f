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
    store::{Store, StoreError, object_name},
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
        let bytes = self.place(&digest)?;
        let record = Record {
            key: self.key.clone(),
            digest,
            parts: finish.digests,
            bytes,
            scores: finish.scores,
            made: finish.made,
        };
        store.write("actions", &self.key.digest().to_string(), &record.text())?;
        // The result is published; what is left of its checkpoints is for the collector.
        if store.folders().get("checkpoints").is_ok() {
            drop(fs::remove_dir_all(self.checkpoints()));
        }
        Ok(record)
    }

    /// Makes the file the object `digest` and returns its length. An object
    /// that is there and sound stays: other records know its length.
    fn place(&self, digest: &Digest) -> Result<u64, StoreError> {
        let (store, name) = (&self.store, object_name(digest));
        let _lock = store.check(store.lock_object(digest))?;
        if !store.is_sound(digest)? {
            let bytes = store.check(files::open_unlinked(&self.path));
            let checksum = store.check(files::length_and_digest(&mut bytes?))?;
            store.write("checksums", &digest.to_string(), &checksum)?;
            if store.entry("objects", &name)?.is_some_and(|there| !there.is_file) {
                let stem = digest.to_string();
                store.check(store.folders().move_aside("objects", &name, &stem, ".h5"))?;
            }
            store.check(files::make_read_only(&self.path))?;
            store.check(self.move_to(&name))?;
        }
        Ok(store.entry("objects", &name)?.map_or(0, |there| there.bytes))
    }

    fn move_to(&self, object: &str) -> io::Result<()> {
        let folders = self.store.folders();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        folders.get("work")?.rename(&name, &*folders.get("objects")?, object)
    }
}

impl Drop for Reservation {
    /// Half-written files are removed.
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}
