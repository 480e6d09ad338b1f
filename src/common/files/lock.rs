//! File locks that the system releases when their process ends.
//!
//! Knows nothing of what is locked.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    sync::atomic::AtomicBool,
    time::Duration,
};

use super::{
    is_read_only,
    regular::{Links, open_with},
};
use crate::events::Stopped;

/// How often a lock held by another process is tried again.
const POLL: Duration = Duration::from_millis(50);

/// A lock of the operating system on a file, released when dropped, also when the
/// process is killed.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock at `path` exclusively if it is free.
    pub fn try_lock(path: &Path) -> io::Result<Option<Self>> {
        Self::attempt(open_or_create(path)?, path, File::try_lock)
    }

    /// Whether nobody holds the lock at `path`, in a read-only folder as well.
    pub fn is_free(path: &Path) -> io::Result<bool> {
        match Self::try_lock(path) {
            Err(error) if is_read_only(&error) => match Self::try_lock_shared(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
                lock => Ok(lock?.is_some()),
            },
            lock => Ok(lock?.is_some()),
        }
    }

    /// Takes a lock on a folder itself, waiting while another holds it, so that nothing
    /// has to be written there.
    pub fn lock_folder(path: &Path) -> io::Result<Self> {
        let attempt =
            || Self::attempt(fs_err::File::open(path)?.into_parts().0, path, File::try_lock);
        let lock = Self::wait(&attempt, &mut || (), &AtomicBool::new(false));
        lock.map_err(|stopped| match stopped {
            Stopped::Failed(error) => error,
            Stopped::Interrupted => unreachable!("the flag is never raised"),
        })
    }

    /// Takes the lock at `path` shared, unless it is held exclusively. In a read-only
    /// folder, an existing lock file is enough.
    pub fn try_lock_shared(path: &Path) -> io::Result<Option<Self>> {
        let file = match open_or_create(path) {
            Err(error) if is_read_only(&error) => {
                open_with(path, Links::Refused, File::options().read(true))?
            }
            opened => opened?,
        };
        Self::attempt(file, path, File::try_lock_shared)
    }

    fn attempt(
        file: File,
        path: &Path,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> io::Result<Option<Self>> {
        match lock(&file) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unlockable(path, &error)),
        }
    }

    /// Takes the lock, waiting while another holds it; `waiting` is called
    /// once before that.
    pub fn lock(
        path: &Path,
        waiting: &mut dyn FnMut(),
        stop: &AtomicBool,
    ) -> Result<Self, Stopped<io::Error>> {
        Self::wait(&|| Self::try_lock(path), waiting, stop)
    }

    /// Takes the lock, however long others hold it, without a way to interrupt.
    pub fn lock_uninterrupted(path: &Path) -> io::Result<Self> {
        Self::lock(path, &mut || (), &AtomicBool::new(false)).map_err(|stopped| match stopped {
            Stopped::Failed(error) => error,
            Stopped::Interrupted => unreachable!("the flag is never raised"),
        })
    }

    /// Takes the lock shared, waiting while it is held exclusively.
    pub fn lock_shared(path: &Path, stop: &AtomicBool) -> Result<Self, Stopped<io::Error>> {
        Self::wait(&|| Self::try_lock_shared(path), &mut || (), stop)
    }

    /// The lock is polled, because a wait in the kernel could not be interrupted.
    fn wait(
        attempt: &dyn Fn() -> io::Result<Option<Self>>,
        waiting: &mut dyn FnMut(),
        stop: &AtomicBool,
    ) -> Result<Self, Stopped<io::Error>> {
        if let Some(lock) = attempt()? {
            return Ok(lock);
        }
        waiting();
        loop {
            if stop.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Stopped::Interrupted);
            }
            if let Some(lock) = attempt()? {
                return Ok(lock);
            }
            std::thread::sleep(POLL);
        }
    }
}

/// A lock is a file of its own: what else stands in its place is refused, and not waited
/// for.
fn open_or_create(path: &Path) -> io::Result<File> {
    let options = &mut File::options();
    open_with(path, Links::Refused, options.create(true).truncate(false).write(true))
}

fn unlockable(path: &Path, error: &io::Error) -> io::Error {
    let path = path.display();
    io::Error::new(error.kind(), format!("failed to lock `{path}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_excludes_until_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = FileLock::try_lock(&path).unwrap().unwrap();
        assert!(FileLock::try_lock(&path).unwrap().is_none());
        let mut waited = 0;
        let interrupted = FileLock::lock(&path, &mut || waited += 1, &AtomicBool::new(true));
        assert!(matches!(interrupted, Err(Stopped::Interrupted)) && waited == 1);
        drop(held);
        assert!(FileLock::lock(&path, &mut || waited += 1, &AtomicBool::new(false)).is_ok());
        assert_eq!(waited, 1);
    }

    #[test]
    fn a_lock_is_shared_or_taken_never_both() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (one, two) =
            (FileLock::try_lock_shared(&path).unwrap(), FileLock::try_lock_shared(&path).unwrap());
        assert!(one.is_some() && two.is_some());
        assert!(FileLock::try_lock(&path).unwrap().is_none());
        drop((one, two));
        let _taken = FileLock::try_lock(&path).unwrap().unwrap();
        assert!(FileLock::try_lock_shared(&path).unwrap().is_none());
        let interrupted = FileLock::lock_shared(&path, &AtomicBool::new(true));
        assert!(matches!(interrupted, Err(Stopped::Interrupted)));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_its_own_is_no_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("file"), "").unwrap();
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("new"), path("dangling")).unwrap();
        crate::files::tests::pipe(&path("pipe"));
        for name in ["link", "dangling", "pipe"] {
            assert!(FileLock::try_lock(&path(name)).is_err(), "{name}");
            assert!(FileLock::try_lock_shared(&path(name)).is_err(), "{name}");
        }
        assert!(!path("new").exists());
    }
}
