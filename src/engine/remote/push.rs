//! From the store into a shared cache.
//!
//! Knows nothing of pipelines, nor of other processes that push.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use fs_err as fs;

use super::{Remote, RemoteError};
use crate::{host, record::Record, store::Store};
use acai_common::files;

/// A file that is half-written after so long is a partial upload of a dead process.
const STALE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Tells the files apart that this process writes.
static NEXT: AtomicU64 = AtomicU64::new(0);

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
    /// If the folder cannot be written.
    pub fn prepare(&self) -> Result<(), RemoteError> {
        let make = |name: &str| fs::create_dir_all(self.root.join(name));
        self.check(["objects", "actions", "incoming"].into_iter().try_for_each(make))?;
        self.check(self.sweep())
    }

    fn copy_in(&self, store: &Store, record: &Record, again: bool) -> io::Result<Pushed> {
        let (object, action) = (self.object(&record.digest), self.action(&record.key.digest()));
        let is_there = |length: u64| length == record.bytes;
        let mut pushed = Pushed::Known;
        if again || !fs::metadata(&object).is_ok_and(|file| is_there(file.len())) {
            let incoming = self.incoming(&record.digest.to_string());
            let copied = fs::copy(store.object(&record.digest), &incoming);
            place(&incoming, &object, copied.map(drop))?;
            pushed = Pushed::Copied;
        }
        let is_known =
            self.record(&record.key.digest())?.is_some_and(|r| r.digest == record.digest);
        if again || !is_known {
            let incoming = self.incoming(&record.key.digest().to_string());
            place(&incoming, &action, fs::write(&incoming, record.text()))?;
            pushed = Pushed::Copied;
        }
        Ok(pushed)
    }

    /// A unique name, on this machine and all others.
    fn incoming(&self, name: &str) -> PathBuf {
        let host: String = host::name().chars().filter(|c| c.is_alphanumeric()).collect();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("{host}-{}-{}-{number}", std::process::id(), since.as_nanos());
        self.root.join("incoming").join(format!("{name}.{unique}"))
    }

    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join("incoming"))? {
            let entry = entry?;
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            if age > STALE {
                drop(fs::remove_file(entry.path()));
            }
        }
        Ok(())
    }

    fn check<T>(&self, result: io::Result<T>) -> Result<T, RemoteError> {
        result.map_err(|source| RemoteError::Io { root: self.root.clone(), source })
    }
}

/// Gives a file that was written its name.
fn place(incoming: &Path, target: &Path, written: io::Result<()>) -> io::Result<()> {
    let synced = written.and_then(|()| files::sync(incoming));
    let placed = synced.and_then(|()| files::rename_durably(incoming, target));
    placed.inspect_err(|_| drop(fs::remove_file(incoming)))
}
