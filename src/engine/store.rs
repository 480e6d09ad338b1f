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
    sync::{Arc, atomic::AtomicBool},
};

use super::{confined, folders::Folders, key::Key, record::Record, reservation::Reservation};
use acai_artifact::{ArtifactError, Digest, Reader};
use acai_common::{
    events::Stopped,
    files::{self, FileLock, FolderEntry},
    names::Name,
};

/// A folder of artifacts and records.
#[derive(Clone, Debug)]
pub struct Store {
    folders: Arc<Folders>,
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
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Self { folders: Arc::new(Folders::new(root)) }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folders.root()
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
        self.clear_checkpoints(&digest)?;
        let path = self.path("work", &object_name(&digest));
        Ok(Lookup::Miss(Reservation::new(self, key, path, lock)))
    }

    /// Removes what is no folder where a training keeps its checkpoints: it would be led
    /// elsewhere.
    fn clear_checkpoints(&self, key: &Digest) -> Result<(), StoreError> {
        let name = key.to_string();
        match self.entry("checkpoints", &name)? {
            Some(there) if !there.is_folder => self.remove("checkpoints", &name),
            _ => Ok(()),
        }
    }

    /// The record of `key` if its artifact is there, judged by its length alone.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn finished(&self, key: &Digest) -> Result<Option<Record>, StoreError> {
        let Some(record) = self.record(key)? else { return Ok(None) };
        let there = self.entry("objects", &object_name(&record.digest))?;
        let there = there.is_some_and(|there| there.is_file && there.bytes == record.bytes);
        Ok(there.then_some(record))
    }

    /// The artifact that `key` led to, if something else is in its place: a file of
    /// another length, or no file.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) fn misplaced(&self, key: &Digest) -> Result<Option<Digest>, StoreError> {
        let Some(record) = self.record(key)? else { return Ok(None) };
        let there = self.entry("objects", &object_name(&record.digest))?;
        let is_other = there.is_some_and(|there| !there.is_file || there.bytes != record.bytes);
        Ok(is_other.then_some(record.digest))
    }

    /// The record of `key`, whether or not its artifact is still there. A
    /// record that cannot be read counts as none: it will be written again.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn record(&self, key: &Digest) -> Result<Option<Record>, StoreError> {
        let text = self.read("actions", &key.to_string())?;
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
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
        self.path("objects", &object_name(digest))
    }

    /// Whether an artifact's bytes are still the ones that were published.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_sound(&self, digest: &Digest) -> Result<bool, StoreError> {
        let name = object_name(digest);
        let checksum = self.read("checksums", &digest.to_string())?;
        let Some(there) = self.entry("objects", &name)?.filter(|there| there.is_file) else {
            return Ok(false);
        };
        let Some(checksum) = checksum else {
            // Anybody may have put it there: it is read as what comes from elsewhere is.
            let object = self.folders.get("objects").and_then(|folder| folder.open(&name));
            let content =
                object.ok().and_then(|file| confined::content(file, &self.object(digest)));
            return Ok(content.is_some_and(|content| content == *digest));
        };
        // A length that is another one says enough: no file is read without end.
        if !checksum.starts_with(format!("{} ", there.bytes).as_bytes()) {
            return Ok(false);
        }
        let object = self.folders.get("objects").and_then(|folder| folder.open(&name));
        let now = object.and_then(|mut object| files::length_and_digest(&mut object));
        Ok(self.check(readable(now))?.is_some_and(|now| checksum == now.as_bytes()))
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
        let name = object_name(digest);
        self.check(self.folders.move_aside("objects", &name, &digest.to_string(), ".h5"))
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
                self.remove("work", &name)?;
            }
        }
        Ok(())
    }

    /// Where a picture of the artifact with this digest is kept.
    #[must_use]
    pub fn preview(&self, digest: &Digest) -> PathBuf {
        self.path("previews", &format!("{digest}.png"))
    }

    /// The file that remembers checksums of files outside.
    #[must_use]
    pub fn hashes(&self) -> PathBuf {
        self.root().join("hashes")
    }

    pub(super) fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.root().join(folder).join(name)
    }

    /// The folders, and the small files in them.
    pub(super) fn folders(&self) -> &Folders {
        &self.folders
    }

    /// What is in a small file; none if there is nothing that can be read.
    pub(super) fn read(&self, folder: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.check(readable(self.folders.read(folder, name)))
    }

    /// What stands under a name; none if there is nothing.
    pub(super) fn entry(
        &self,
        folder: &str,
        name: &str,
    ) -> Result<Option<FolderEntry>, StoreError> {
        self.check(self.folders.entry(folder, name))
    }

    /// Writes a small file, whole or not at all. The caller holds the lock `name`.
    pub(super) fn write(&self, folder: &str, name: &str, text: &str) -> Result<(), StoreError> {
        self.check(self.folders.write(folder, name, text))
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, folder: &str, name: &str) -> Result<(), StoreError> {
        self.check(self.folders.remove(folder, name))
    }

    pub(super) fn check<T>(&self, result: io::Result<T>) -> Result<T, StoreError> {
        result.map_err(|source| self.error(source))
    }

    pub(super) fn error(&self, source: io::Error) -> StoreError {
        StoreError { root: self.root().to_owned(), source }
    }

    pub(super) fn make_folders(&self) -> Result<(), StoreError> {
        self.check(self.folders.make())
    }

    /// The right to put the object `digest` in its place, or out of it.
    pub(super) fn lock_object(&self, digest: &Digest) -> io::Result<FileLock> {
        FileLock::lock_uninterrupted(&self.path("locks", &digest.to_string()))
    }

    /// The names in a folder, but for hidden ones.
    pub(super) fn names(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        self.check(self.folders.names(folder))
    }
}

/// What the file of an artifact is called.
pub(super) fn object_name(digest: &Digest) -> String {
    format!("{digest}.h5")
}

/// The key or pipeline whose lock protects a half-written file; none if the name is none
/// that a run gives.
pub(super) fn owner_of_work(name: &str) -> Option<&str> {
    let (owner, end) = name.split_once('.')?;
    let is_ours = owner.parse::<Digest>().is_ok() || owner.parse::<Name>().is_ok();
    let kind = end.rsplit('.').next()?;
    (is_ours && is_kind(kind)).then_some(owner)
}

/// Whether the names of files end so that are written to the store.
pub(super) fn is_kind(end: &str) -> bool {
    ["h5", "actions", "checksums", "runs", "roots"].contains(&end)
}

/// What cannot be read as a file, because of its mode, of what it is, or of the disk, is
/// nothing either: it will be moved aside, or written again.
pub(super) fn readable<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    /// Linux's numbers for a failing disk and for a damaged file system.
    const DAMAGED: [i32; 2] = [5, 117];
    match found(result) {
        Err(error) if files::is_odd(&error) => Ok(None),
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
