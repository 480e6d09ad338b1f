//! Atomic writes of files, and file locks that the system releases when their
//! process ends.
//!
//! Knows nothing of what the files mean.

use std::{
    fs::TryLockError,
    io::{self, BufWriter},
    path::Path,
    sync::atomic::AtomicBool,
    time::Duration,
};

use fs_err::{self as fs, File};

use crate::events::Stopped;

/// How often a lock held by another process is tried again.
const POLL: Duration = Duration::from_millis(50);

/// A lock of the operating system on a file, released when dropped, also when the
/// process is killed.
#[derive(Debug)]
pub struct FileLock {
    _file: std::fs::File,
}

/// Writes `content` to `beside` and renames it to `path`; afterwards it
/// survives a crash of the machine.
pub fn write_atomically(beside: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let write = || -> io::Result<()> {
        let mut file = File::create(beside)?;
        io::Write::write_all(&mut file, content)?;
        file.sync_all()?;
        rename_durably(beside, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(beside)))
}

/// Replaces the file at `path` atomically, or creates it: readers see the old content
/// or `content`. A link stays a link, and permissions stay as they are. What is no
/// regular file, such as a pipe, is written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        Ok(there) => there,
        Err(_) => std::path::absolute(path)?,
    };
    let old = fs::metadata(&path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        return fs::write(&path, content);
    }
    let mut beside = path.clone().into_os_string();
    beside.push(".part");
    write_atomically(Path::new(&beside), &path, content)?;
    old.map_or(Ok(()), |old| fs::set_permissions(&path, old.permissions()))
}

/// Lets `write` fill a file beside `path` and renames it to `path`: readers find all
/// of it or the old content.
pub fn write_atomically_with<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<std::fs::File>) -> Result<(), E>,
) -> Result<(), E> {
    let path = std::path::absolute(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let filled = || -> Result<(), E> {
        let mut file = BufWriter::new(File::create(&beside)?.into_parts().0);
        write(&mut file)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(rename_durably(&beside, &path)?)
    };
    filled().inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// Renames a file whose content is on the disk already, and waits until the
/// renaming is, too.
pub fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        #[cfg(unix)]
        Some(folder) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Takes away everybody's right to write the file, where files have modes.
pub fn make_read_only(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        fs::set_permissions(path, PermissionsExt::from_mode(mode & 0o444))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Refuses what may never end where a file is expected: a pipe, a socket, a device.
/// What the process was handed, such as `/dev/stdin`, is meant; what is not there is left
/// to whoever opens it.
pub fn expect_file(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::metadata(path) else { return Ok(()) };
    if found.is_file() || found.is_dir() || is_handed_over(path) {
        return Ok(());
    }
    let message = format!("`{}` is a pipe, a socket or a device, and not a file", path.display());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// Whether the path leads to something that the process has open, or to a device.
#[must_use]
pub fn is_handed_over(path: &Path) -> bool {
    let parent = std::path::absolute(path).ok().and_then(|path| {
        let parent = path.parent()?;
        Some(fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned()))
    });
    // Below /dev/shm are files like any others.
    parent.is_some_and(|parent| {
        parent.starts_with("/proc")
            || ["/dev", "/dev/fd"].iter().any(|one| parent == Path::new(one))
    })
}

/// Waits until what was written to `path` is on the disk.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Digest and length of a file's bytes.
pub fn length_and_digest(path: &Path) -> io::Result<String> {
    let mut hash = blake3::Hasher::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(format!("{bytes} {}\n", hash.finalize()))
}

impl FileLock {
    /// Takes the lock at `path` exclusively if it is free.
    pub fn try_lock(path: &Path) -> io::Result<Option<Self>> {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        Self::attempt(file, path, std::fs::File::try_lock)
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
        let attempt = || Self::attempt(File::open(path)?, path, std::fs::File::try_lock);
        let lock = Self::wait(&attempt, &mut || (), &AtomicBool::new(false));
        lock.map_err(|stopped| match stopped {
            Stopped::Failed(error) => error,
            Stopped::Interrupted => unreachable!("the flag is never raised"),
        })
    }

    /// Takes the lock at `path` shared, unless it is held exclusively. In a read-only
    /// folder, an existing lock file is enough.
    pub fn try_lock_shared(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::options().create(true).truncate(false).write(true).open(path) {
            Err(error) if is_read_only(&error) => File::open(path)?,
            opened => opened?,
        };
        Self::attempt(file, path, std::fs::File::try_lock_shared)
    }

    fn attempt(
        file: File,
        path: &Path,
        lock: fn(&std::fs::File) -> Result<(), TryLockError>,
    ) -> io::Result<Option<Self>> {
        let file = file.into_parts().0;
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

/// Whether the error says that a folder can be read and not written.
#[must_use]
pub fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

fn unlockable(path: &Path, error: &io::Error) -> io::Error {
    let path = path.display();
    io::Error::new(error.kind(), format!("failed to lock `{path}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inner"), "").unwrap();
        assert!(write_atomically(&dir.path().join("beside"), &taken, b"text").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_filled_whole_or_stays_what_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let fill = |text: &str, end: io::Result<()>| {
            write_atomically_with(&path, |file| {
                io::Write::write_all(file, text.as_bytes())?;
                end
            })
        };
        fill("first", Ok(())).unwrap();
        assert!(fill("half of the sec", Err(io::Error::other("no"))).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        fill("second", Ok(())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

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

    #[test]
    fn the_length_and_digest_are_length_and_digest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "abc").unwrap();
        let digest = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        assert_eq!(length_and_digest(&path).unwrap(), format!("3 {digest}\n"));
    }
}
