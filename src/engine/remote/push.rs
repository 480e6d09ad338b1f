//! From the store into a shared cache.
//!
//! Knows nothing of pipelines, nor of other processes that push.

use std::{
    fs::File,
    io::{self, Write as _},
    time::Duration,
};

use super::{Remote, RemoteError};
use crate::{
    record::Record,
    store::{Store, object_name},
};
use acai_artifact::Digest;
use acai_common::files::{self, Folder, FolderEntry};

/// A file that is half-written after so long is a partial upload of a dead process.
const STALE: Duration = Duration::from_secs(7 * 24 * 3600);

/// The result of pushing an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It was copied.
    Copied,
    /// It was there.
    Known,
}

impl Remote {
    /// Copies an artifact and then its record, unless both are there.
    /// `again` copies what is there as well, in case it is damaged.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn push(&self, store: &Store, record: &Record, again: bool) -> Result<Pushed, RemoteError> {
        self.check(self.copy_in(store, record, again))
    }

    /// Makes the folders that are missing, and removes partial uploads of dead
    /// processes.
    ///
    /// # Errors
    /// If the folder cannot be written, or has a link in the place of a folder.
    pub fn prepare(&self) -> Result<(), RemoteError> {
        let folders = self.check(self.make())?;
        self.check(folders.sweep())
    }

    fn make(&self) -> io::Result<RemoteFolders> {
        let root = Folder::named(self.root())?;
        let [objects, actions, incoming] = ["objects", "actions", "incoming"];
        Ok(RemoteFolders {
            objects: root.make(objects)?,
            actions: root.make(actions)?,
            incoming: root.make(incoming)?,
        })
    }

    fn copy_in(&self, store: &Store, record: &Record, again: bool) -> io::Result<Pushed> {
        let (folders, key) = (self.make()?, record.key.digest());
        let object = object_name(&record.digest);
        let is_there = |there: FolderEntry| there.is_file && there.bytes == record.bytes;
        let mut pushed = Pushed::Known;
        if again || !folders.objects.entry(&object)?.is_some_and(is_there) {
            let mut from = files::open_unlinked(&store.object(&record.digest))?;
            folders.place(&record.digest, &folders.objects, &object, |file| {
                io::copy(&mut from, file)?;
                // As in the store, nobody changes an artifact by mistake.
                read_only(file)
            })?;
            pushed = Pushed::Copied;
        }
        let known = self.record(&key);
        let is_known = match known {
            Err(error) if files::is_odd(&error) => false,
            known => known?.is_some_and(|known| known.digest == record.digest),
        };
        if again || !is_known {
            folders.place(&key, &folders.actions, &key.to_string(), |file| {
                file.write_all(record.text().as_bytes())
            })?;
            pushed = Pushed::Copied;
        }
        Ok(pushed)
    }

    fn check<T>(&self, result: io::Result<T>) -> Result<T, RemoteError> {
        result.map_err(|source| RemoteError::Io { root: self.root.clone(), source })
    }
}

/// The folders of a shared cache, open.
struct RemoteFolders {
    objects: Folder,
    actions: Folder,
    incoming: Folder,
}

impl RemoteFolders {
    /// Lets `write` fill a file under a name of its own, and gives it its place.
    fn place(
        &self,
        owner: &Digest,
        target: &Folder,
        name: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let incoming = format!("{owner}.{}", files::random_name());
        let placed = || -> io::Result<()> {
            let mut file = self.incoming.create_new(&incoming)?;
            write(&mut file)?;
            file.sync_all()?;
            self.incoming.rename(&incoming, target, name)
        };
        placed().inspect_err(|_| drop(self.incoming.remove(&incoming)))
    }

    fn sweep(&self) -> io::Result<()> {
        for name in self.incoming.names()?.into_iter().filter(|name| is_upload(name)) {
            let Some(there) = self.incoming.entry(&name)? else { continue };
            let age = there.modified.elapsed().unwrap_or_default();
            if there.is_file && age > STALE {
                drop(self.incoming.remove(&name));
            }
        }
        Ok(())
    }
}

/// Whether an upload has such a name: what it is, and what tells it from all others.
fn is_upload(name: &str) -> bool {
    let is_plain = |unique: &str| unique.chars().all(|c| c.is_alphanumeric() || c == '-');
    name.split_once('.').is_some_and(|(owner, unique)| {
        owner.parse::<Digest>().is_ok() && !unique.is_empty() && is_plain(unique)
    })
}

#[cfg(unix)]
fn read_only(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode();
    file.set_permissions(PermissionsExt::from_mode(mode & 0o444))
}

#[cfg(not(unix))]
fn read_only(_file: &File) -> io::Result<()> {
    Ok(())
}
