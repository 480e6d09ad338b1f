//! Where results come from: the store, a shared cache, or work.
//!
//! `run` and `plan` ask the same function what becomes of an instance, so they
//! cannot say different things. Knows nothing of plans.

use std::collections::HashSet;

use super::{
    record::Record,
    remote::{Refused, Remote},
    store::{Store, StoreError},
};
use acai_artifact::{Digest, Kind};
use acai_dataset::SearchPaths;

/// Everything that a run gets results and files from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Where results are kept.
    pub store: &'a Store,
    /// A shared cache, asked for what the store lacks.
    pub remote: Option<&'a Remote>,
    /// Where files of datasets are.
    pub places: &'a SearchPaths,
}

/// What is done about a key.
#[derive(Debug)]
pub(super) enum Decision {
    /// Nothing: the artifact of this record is in the store.
    Cached(Record),
    /// The artifact of this record is copied from the shared cache.
    Copy(Record),
    /// It is computed; if the shared cache has something that must not be
    /// taken, with the reason.
    Compute(Option<Refused>),
}

impl Sources<'_> {
    /// What is done about `key`, whose stage makes an artifact of kind `output`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) fn decide(&self, key: &Digest, output: Kind) -> Result<Decision, StoreError> {
        Ok(match self.store.finished(key)? {
            Some(record) => Decision::Cached(record),
            None => self.decide_without_store(key, output),
        })
    }

    /// The same where the store is known to lack the artifact.
    pub(super) fn decide_without_store(&self, key: &Digest, output: Kind) -> Decision {
        match self.remote.map(|remote| remote.offered(key, output)) {
            Some(Ok(Some(record))) => Decision::Copy(record),
            Some(Err(refused)) => Decision::Compute(Some(refused)),
            Some(Ok(None)) | None => Decision::Compute(None),
        }
    }
}

/// Artifacts whose bytes were verified or written, so that each is read once.
#[derive(Debug, Default)]
pub(super) struct VerifiedArtifacts(HashSet<Digest>);

impl VerifiedArtifacts {
    /// Notes an artifact that was just written.
    pub(super) fn add(&mut self, digest: Digest) {
        self.0.insert(digest);
    }

    /// Whether the bytes of an artifact of the store are those that were published.
    pub(super) fn is_sound(&mut self, store: &Store, digest: &Digest) -> Result<bool, StoreError> {
        let is_sound = self.0.contains(digest) || store.is_sound(digest)?;
        if is_sound {
            self.0.insert(*digest);
        }
        Ok(is_sound)
    }
}
