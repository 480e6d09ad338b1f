//! What is no artifact: half-written, set aside, or of an artifact that is gone.
//!
//! Knows nothing of records.

use std::path::Path;

use fs_err as fs;

use super::{Garbage, GarbageKind, survey::Survey};
use crate::store::{Store, StoreError, found, is_kind, owner_of_work};
use acai_artifact::Digest;
use acai_common::{files::FileLock, names::Name};

impl Store {
    /// Files without a live owner.
    pub(super) fn stale_files(&self, survey: &Survey) -> Result<Vec<Garbage>, StoreError> {
        let mut stale_files = self.half_written()?;
        for name in self.names("damaged")?.into_iter().filter(|name| is_set_aside(name)) {
            stale_files.extend(self.garbage(GarbageKind::Damaged, "damaged", &name));
        }
        for name in self.names("checkpoints")? {
            let is_dead = owner(&name).is_some_and(|key| !survey.may_go_on(&key));
            if is_dead {
                stale_files.extend(self.unlocked(GarbageKind::Checkpoint, "checkpoints", &name)?);
            }
        }
        for folder in ["checksums", "previews"] {
            for name in self.names(folder)? {
                if owner(&name).is_some_and(|digest| !survey.has(&digest)) {
                    stale_files.extend(self.garbage(GarbageKind::Trace, folder, &name));
                }
            }
        }
        Ok(stale_files)
    }

    fn half_written(&self) -> Result<Vec<Garbage>, StoreError> {
        let mut left = Vec::new();
        for name in self.names("work")? {
            if owner_of_work(&name).is_some() {
                left.extend(self.unlocked(GarbageKind::HalfWritten, "work", &name)?);
            }
        }
        Ok(left)
    }

    /// A file is removed only if nobody holds the lock that its name begins with, now
    /// and when it is removed: the GC lock does not keep others from that lock.
    fn unlocked(
        &self,
        what: GarbageKind,
        folder: &'static str,
        name: &str,
    ) -> Result<Option<Garbage>, StoreError> {
        let owner = name.split('.').next().unwrap_or_default();
        let lock = self.path("locks", owner);
        let is_free = self.check(FileLock::is_free(&lock))?;
        let garbage = self.garbage(what, folder, name).filter(|_| is_free);
        Ok(garbage.map(|garbage| Garbage { lock: Some(lock), ..garbage }))
    }

    /// None if it is gone meanwhile.
    fn garbage(&self, what: GarbageKind, folder: &'static str, name: &str) -> Option<Garbage> {
        let bytes = size(&self.path(folder, name))?;
        Some(Garbage { bytes, ..self.file(what, name.to_owned(), folder, name.to_owned()) })
    }
}

/// Whether `damaged/` has such names: those of artifacts and small files, numbered where
/// there were several, as `<digest>-2.h5` and `<pipeline>.runs-2` are.
fn is_set_aside(name: &str) -> bool {
    let Some((first, kind)) = name.split_once('.') else { return false };
    let without_number = |text: &str| text.split('-').next().is_some_and(is_kind);
    let stem = first.split('-').next().unwrap_or_default();
    let is_ours = stem.parse::<Digest>().is_ok() || first.parse::<Name>().is_ok();
    is_ours && kind.rsplit('.').next().is_some_and(without_number)
}

/// The key or digest that a file is named after.
fn owner(name: &str) -> Option<Digest> {
    name.split('.').next()?.parse().ok()
}

/// The size of a file, or of all files in a folder.
fn size(path: &Path) -> Option<u64> {
    let file = found(fs::symlink_metadata(path)).ok()??;
    if !file.is_dir() {
        return Some(file.len());
    }
    let inner = fs::read_dir(path).ok()?;
    Some(inner.filter_map(|entry| size(&entry.ok()?.path())).sum())
}
