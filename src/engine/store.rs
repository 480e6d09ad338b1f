//! The store: every artifact once, by content, and what key led to it.
//!
//! ```text
//! .acai/
//!   objects/<digest>.h5    artifacts, by content digest
//!   checksums/<digest>     length and digest of each object's bytes
//!   actions/<key>          records: which key gave which artifact, and how
//!   runs/<pipeline>        which key each instance had last
//!   work/                  half-written files, each under the lock of its name
//!   leases/<pipeline>.<n>  what a run that goes on relies on, under a lock of its own
//!   locks/                 kernel locks: empty files, free when no run holds them
//!   checkpoints/<key>…     where an interrupted training goes on
//!   damaged/               objects that did not match their checksum
//!   previews/<digest>.png  contact sheets, for people
//!   hashes                 checksums of files outside, to be cheap to look up
//! ```
//!
//! Only a [`Reservation`], which holds the lock of its key, can publish. Knows
//! nothing of plans and of how artifacts are computed.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use fs_err as fs;

use super::{key::Key, record::Record, reservation::Reservation};
use acai_artifact::{ArtifactError, Digest, Reader};
use acai_common::{
    events::Stopped,
    files::{self, FileLock},
    names::Name,
};

const FOLDERS: [&str; 9] =
    ["objects", "checksums", "actions", "runs", "roots", "leases", "work", "locks", "damaged"];

/// Folders that were called otherwise before.
const RENAMED: [(&str, &str); 3] =
    [("seals", "checksums"), ("holds", "leases"), ("sheets", "previews")];

/// A folder of artifacts and records.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// The store's folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the store at `{}` cannot be used: {source}; another one can be named with --cache", root.display())]
pub struct StoreError {
    /// The store.
    pub root: PathBuf,
    /// What happened, with the path.
    pub source: io::Error,
}

impl From<StoreError> for Stopped<StoreError> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// What the store has for a key.
#[derive(Debug)]
pub enum Lookup {
    /// A finished artifact.
    Hit(Record),
    /// Nothing; nobody else computes it while the reservation lives.
    Miss(Reservation),
}

impl Store {
    /// The store at `root`; nothing is made before something is written.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: std::path::absolute(root).unwrap_or_else(|_| root.to_owned()) }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Looks `key` up. On a miss the caller gets the reservation; while another
    /// run has it, this waits (after one call of `waiting`) and looks again.
    ///
    /// # Errors
    /// If the store cannot be used.
    pub fn lookup(
        &self,
        key: &Key,
        waiting: &mut dyn FnMut(),
        stop: &AtomicBool,
    ) -> Result<Lookup, Stopped<StoreError>> {
        let digest = key.digest();
        if let Some(record) = self.finished(&digest)? {
            return Ok(Lookup::Hit(record));
        }
        self.make_folders()?;
        let lock = FileLock::lock(&self.path("locks", &digest.to_string()), waiting, stop);
        let lock = lock.map_err(|stopped| stopped.map(|error| self.error(error)))?;
        if let Some(record) = self.finished(&digest)? {
            return Ok(Lookup::Hit(record));
        }
        let path = self.path("work", &format!("{digest}.h5"));
        Ok(Lookup::Miss(Reservation::new(self, key, path, lock)))
    }

    /// The record of `key` if its artifact is there, judged by its length alone.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn finished(&self, key: &Digest) -> Result<Option<Record>, StoreError> {
        let Some(record) = self.record(key)? else { return Ok(None) };
        let object = fs::metadata(self.object(&record.digest));
        let length = object.map(|object| if object.is_file() { object.len() } else { u64::MAX });
        let there = self.check(found(length))? == Some(record.bytes);
        Ok(there.then_some(record))
    }

    /// The artifact that `key` led to, if something else is in its place: a file of
    /// another length, or no file.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) fn misplaced(&self, key: &Digest) -> Result<Option<Digest>, StoreError> {
        let Some(record) = self.record(key)? else { return Ok(None) };
        let there = self.check(found(fs::symlink_metadata(self.object(&record.digest))))?;
        let is_other = there.is_some_and(|there| !there.is_file() || there.len() != record.bytes);
        Ok(is_other.then_some(record.digest))
    }

    /// The record of `key`, whether or not its artifact is still there. A
    /// record that cannot be read counts as none: it will be written again.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn record(&self, key: &Digest) -> Result<Option<Record>, StoreError> {
        let text = fs::read(self.path("actions", &key.to_string()));
        let text = self.check(readable(text))?.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.and_then(|text| Record::parse(&text)))
    }

    /// Every readable record.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        for name in self.names("actions")? {
            if let Ok(key) = name.parse() {
                records.extend(self.record(&key)?);
            }
        }
        Ok(records)
    }

    /// Where the artifact with this digest is.
    #[must_use]
    pub fn object(&self, digest: &Digest) -> PathBuf {
        self.path("objects", &format!("{digest}.h5"))
    }

    /// Whether an artifact's bytes are still the ones that were published.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_sound(&self, digest: &Digest) -> Result<bool, StoreError> {
        let object = self.object(digest);
        let Some(now) = self.check(readable(files::length_and_digest(&object)))? else {
            return Ok(false);
        };
        match self.check(readable(fs::read(self.path("checksums", &digest.to_string()))))? {
            Some(checksum) => Ok(checksum == now.as_bytes()),
            None => Ok(content(&object).is_ok_and(|content| content == *digest)),
        }
    }

    /// Moves a damaged artifact to `damaged/` and says where it is now; none if
    /// it is gone, or was made again meanwhile.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn set_aside(&self, digest: &Digest) -> Result<Option<PathBuf>, StoreError> {
        self.set_aside_unless(digest, &|| self.is_sound(digest))
    }

    /// The same with another check, made while no other process can write the
    /// artifact.
    pub(super) fn set_aside_unless(
        &self,
        digest: &Digest,
        is_sound: &dyn Fn() -> Result<bool, StoreError>,
    ) -> Result<Option<PathBuf>, StoreError> {
        self.make_folders()?;
        let _lock = self.check(self.lock_object(digest))?;
        if is_sound()? {
            return Ok(None);
        }
        let moved = self.move_aside(&self.object(digest), &digest.to_string(), ".h5");
        self.check(moved)
    }

    /// Moves what is at `path` to `damaged/` and says where it is now; none if there is
    /// nothing. The caller holds its lock.
    pub(super) fn move_aside(
        &self,
        path: &Path,
        stem: &str,
        end: &str,
    ) -> io::Result<Option<PathBuf>> {
        let mut aside = self.path("damaged", &format!("{stem}{end}"));
        let mut number = 1;
        while fs::symlink_metadata(&aside).is_ok() {
            number += 1;
            aside = self.path("damaged", &format!("{stem}-{number}{end}"));
        }
        Ok(found(files::rename_durably(path, &aside))?.map(|()| aside))
    }

    /// Removes half-written files of dead runs. Those of running ones stay, and so does
    /// what no run wrote.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn sweep(&self) -> Result<(), StoreError> {
        for name in self.names("work")? {
            let Some(owner) = owner_of_work(&name) else { continue };
            let lock = self.check(FileLock::try_lock(&self.path("locks", owner)))?;
            if lock.is_some() {
                self.check(found(fs::remove_file(self.path("work", &name))))?;
            }
        }
        Ok(())
    }

    /// Writes a small file of the store, whole or not at all. The caller holds
    /// the lock `name`.
    pub(super) fn write(&self, folder: &str, name: &str, text: &str) -> io::Result<()> {
        let (beside, path) =
            (self.path("work", &format!("{name}.{folder}")), self.path(folder, name));
        // A file cannot be renamed to where a folder is.
        if fs::symlink_metadata(&path).is_ok_and(|there| there.is_dir()) {
            self.move_aside(&path, &format!("{name}.{folder}"), "")?;
        }
        files::write_atomically(&beside, &path, text.as_bytes())
    }

    /// Where a picture of the artifact with this digest is kept.
    #[must_use]
    pub fn preview(&self, digest: &Digest) -> PathBuf {
        self.path("previews", &format!("{digest}.png"))
    }

    /// The file that remembers checksums of files outside.
    #[must_use]
    pub fn hashes(&self) -> PathBuf {
        self.root.join("hashes")
    }

    pub(super) fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.root.join(folder).join(name)
    }

    pub(super) fn check<T>(&self, result: io::Result<T>) -> Result<T, StoreError> {
        result.map_err(|source| self.error(source))
    }

    pub(super) fn error(&self, source: io::Error) -> StoreError {
        StoreError { root: self.root.clone(), source }
    }

    pub(super) fn make_folders(&self) -> Result<(), StoreError> {
        self.check(RENAMED.iter().try_for_each(|(old, new)| self.rename_folder(old, new)))?;
        let make = || FOLDERS.iter().try_for_each(|name| fs::create_dir_all(self.root.join(name)));
        self.check(make())
    }

    /// Gives a folder that an earlier version made its present name. Others may do
    /// the same at the same time.
    fn rename_folder(&self, old: &str, new: &str) -> io::Result<()> {
        let (old, new) = (self.root.join(old), self.root.join(new));
        if !old.is_dir() || (!new.exists() && fs::rename(&old, &new).is_ok()) {
            return Ok(());
        }
        for entry in found(fs::read_dir(&old))?.into_iter().flatten() {
            let entry = entry?;
            let target = new.join(entry.file_name());
            if !target.exists() {
                found(fs::rename(entry.path(), target))?;
            }
        }
        Ok(())
    }

    /// The right to put the object `digest` in its place, or out of it.
    pub(super) fn lock_object(&self, digest: &Digest) -> io::Result<FileLock> {
        FileLock::lock_uninterrupted(&self.path("locks", &digest.to_string()))
    }

    /// The names in a folder, but for hidden ones, which desktops and file servers leave
    /// everywhere (`.DS_Store`, `.directory`, `.nfs…`).
    pub(super) fn names(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let list = || -> io::Result<Vec<String>> {
            let entries = fs::read_dir(self.root.join(folder))?;
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        };
        let mut names = self.check(found(list()))?.unwrap_or_default();
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    }
}

/// The key or pipeline whose lock protects a half-written file; none if the name is none
/// that a run gives.
pub(super) fn owner_of_work(name: &str) -> Option<&str> {
    let (owner, end) = name.split_once('.')?;
    let is_ours = owner.parse::<Digest>().is_ok() || owner.parse::<Name>().is_ok();
    let kind = end.rsplit('.').next()?;
    (is_ours && ["h5", "actions", "checksums", "runs", "roots"].contains(&kind)).then_some(owner)
}

/// What cannot be read as a file, because of its mode, of what it is, or of the disk, is
/// nothing either: it will be moved aside, or written again.
pub(super) fn readable<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    /// Linux's numbers for a failing disk and for a damaged file system.
    const DAMAGED: [i32; 2] = [5, 117];
    match found(result) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::IsADirectory | io::ErrorKind::PermissionDenied
            ) || error.raw_os_error().is_some_and(|number| DAMAGED.contains(&number)) =>
        {
            Ok(None)
        }
        result => result,
    }
}

/// Something that is not there is no error but nothing.
pub(super) fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn content(object: &Path) -> Result<Digest, ArtifactError> {
    let reader = Reader::open(object)?;
    Ok(reader.digests()?.artifact(reader.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for (old, new) in RENAMED {
            for name in [old, new] {
                let entries = fs::read_dir(root.join(name)).into_iter().flatten();
                let entries = entries.map(|entry| entry.unwrap().file_name());
                names.extend(entries.map(|file| format!("{name}/{}", file.to_string_lossy())));
            }
        }
        names.sort();
        names
    }

    #[test]
    fn a_store_of_an_earlier_version_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for path in ["seals/a", "holds/p.1", "sheets/a.png"] {
            put(path, "old");
        }
        store.make_folders().unwrap();
        assert_eq!(tree(dir.path()), ["checksums/a", "leases/p.1", "previews/a.png"]);
        // The earlier version wrote once more; nothing newer is replaced.
        put("seals/a", "older");
        put("seals/b", "older");
        store.make_folders().unwrap();
        assert_eq!(
            tree(dir.path()),
            ["checksums/a", "checksums/b", "leases/p.1", "previews/a.png", "seals/a"]
        );
        assert_eq!(fs::read_to_string(dir.path().join("checksums/a")).unwrap(), "old");
    }
}
