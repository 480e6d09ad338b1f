//! Folders that others can write to, opened once: what is done in them is done in these
//! very folders, whatever is put in their places meanwhile, and no link is followed.
//!
//! Knows nothing of what the folders are for.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::regular::{self, odd};

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    open: std::os::fd::OwnedFd,
}

/// What stands under a name in a folder; of a link, the link itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Its length in bytes.
    pub bytes: u64,
    /// When its content was changed.
    pub modified: SystemTime,
}

impl Folder {
    /// Opens the folder at `path`, which the user named: it may be a link.
    ///
    /// # Errors
    /// There is none.
    pub fn named(path: &Path) -> io::Result<Self> {
        system::open(path)
    }

    /// Opens the folder `name` in this one, which is no link.
    ///
    /// # Errors
    /// There is none, or it is something else.
    pub fn inner(&self, name: &str) -> io::Result<Self> {
        self.check(name, "open", system::inner(self, name))
    }

    /// The same, made if it is not there.
    ///
    /// # Errors
    /// It cannot be made, or something else is there.
    pub fn make(&self, name: &str) -> io::Result<Self> {
        match self.check(name, "make", system::make(self, name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.inner(name),
        }
    }

    /// Where it was opened, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the regular file `name`, which is no link.
    ///
    /// # Errors
    /// There is none, or it is something else: that is said without waiting for it.
    pub fn open(&self, name: &str) -> io::Result<File> {
        let file = self.check(name, "open", system::open_file(self, name))?;
        let there = self.check(name, "open", file.metadata())?;
        if there.is_file() || there.is_dir() {
            return Ok(file);
        }
        Err(odd(&self.path.join(name), regular::SPECIAL))
    }

    /// What is in the regular file `name`, if that is at most `most` bytes.
    ///
    /// # Errors
    /// There is none, it is something else, or it is longer.
    pub fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        regular::read_at_most(self.open(name)?, &self.path.join(name), most)
    }

    /// Makes a file under a name that nothing has yet.
    ///
    /// # Errors
    /// There is something.
    pub fn create_new(&self, name: &str) -> io::Result<File> {
        self.check(name, "create", system::create_new(self, name))
    }

    /// Gives the file `name` a place in the folder `to`, in place of what is there, and
    /// waits until that is on the disk.
    ///
    /// # Errors
    /// The system refuses.
    pub fn rename(&self, name: &str, to: &Self, new_name: &str) -> io::Result<()> {
        self.check(name, "rename", system::rename(self, name, to, new_name))?;
        to.check("", "sync", system::sync(to))
    }

    /// Removes the file or link `name`.
    ///
    /// # Errors
    /// There is none, or the system refuses.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.check(name, "remove", system::remove(self, name))
    }

    /// What stands under `name`; none if there is nothing.
    ///
    /// # Errors
    /// The system refuses.
    pub fn entry(&self, name: &str) -> io::Result<Option<FolderEntry>> {
        match self.check(name, "look at", system::entry(self, name)) {
            Ok(entry) => Ok(Some(entry)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names of everything in it; those that are no text are left out.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        self.check("", "read", system::names(self))
    }

    fn check<T>(&self, name: &str, what: &str, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| regular::about(what, &self.path.join(name), &error))
    }
}

/// The time `seconds` and `nanos` after 1970.
#[cfg(unix)]
fn time(seconds: i64, nanos: u32) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    let time = time.and_then(|time| time.checked_add(Duration::from_nanos(nanos.into())));
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(unix)]
mod system {
    use std::{fs::File, io, path::Path};

    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

    use super::{Folder, FolderEntry, regular, time};

    const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(OFlags::RDONLY);

    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        let open = rustix::fs::open(path, FOLDER, Mode::empty());
        let open = open.map_err(|error| regular::about("open", path, &error.into()))?;
        Ok(Folder { path: path.to_owned(), open })
    }

    pub(super) fn inner(folder: &Folder, name: &str) -> io::Result<Folder> {
        let flags = FOLDER | OFlags::NOFOLLOW;
        match rustix::fs::openat(&folder.open, name, flags, Mode::empty()) {
            Ok(open) => Ok(Folder { path: folder.path.join(name), open }),
            // A link is no folder to the system either.
            Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                let path = folder.path.join(name);
                Err(regular::odd(&path, "is a link or a file, and not a folder"))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn make(folder: &Folder, name: &str) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&folder.open, name, Mode::from_raw_mode(0o777))?)
    }

    pub(super) fn open_file(folder: &Folder, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
        Ok(rustix::fs::openat(&folder.open, name, flags, Mode::empty())?.into())
    }

    pub(super) fn create_new(folder: &Folder, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::CREATE | OFlags::EXCL;
        let mode = Mode::from_raw_mode(0o666);
        Ok(rustix::fs::openat(&folder.open, name, flags, mode)?.into())
    }

    pub(super) fn rename(from: &Folder, name: &str, to: &Folder, new: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&from.open, name, &to.open, new)?)
    }

    pub(super) fn sync(folder: &Folder) -> io::Result<()> {
        Ok(rustix::fs::fsync(&folder.open)?)
    }

    pub(super) fn remove(folder: &Folder, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&folder.open, name, AtFlags::empty())?)
    }

    pub(super) fn entry(folder: &Folder, name: &str) -> io::Result<FolderEntry> {
        let found = rustix::fs::statat(&folder.open, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        Ok(FolderEntry {
            is_file: kind == FileType::RegularFile,
            is_folder: kind == FileType::Directory,
            bytes: u64::try_from(found.st_size).unwrap_or(0),
            modified: time(found.st_mtime, u32::try_from(found.st_mtime_nsec).unwrap_or(0)),
        })
    }

    pub(super) fn names(folder: &Folder) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&folder.open)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        names.retain(|name| name != "." && name != "..");
        Ok(names)
    }
}

/// Elsewhere folders are their paths, each looked at before it is used.
#[cfg(not(unix))]
mod system {
    use std::{fs::File, io, path::Path};

    use super::{Folder, FolderEntry, regular};

    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        fs_err::read_dir(path)?;
        Ok(Folder { path: path.to_owned() })
    }

    pub(super) fn inner(folder: &Folder, name: &str) -> io::Result<Folder> {
        let path = folder.path.join(name);
        if std::fs::symlink_metadata(&path)?.is_dir() {
            return Ok(Folder { path });
        }
        Err(regular::odd(&path, "is a link or a file, and not a folder"))
    }

    pub(super) fn make(folder: &Folder, name: &str) -> io::Result<()> {
        std::fs::create_dir(folder.path.join(name))
    }

    pub(super) fn open_file(folder: &Folder, name: &str) -> io::Result<File> {
        regular::open_unlinked(&folder.path.join(name))
    }

    pub(super) fn create_new(folder: &Folder, name: &str) -> io::Result<File> {
        File::options().write(true).create_new(true).open(folder.path.join(name))
    }

    pub(super) fn rename(from: &Folder, name: &str, to: &Folder, new: &str) -> io::Result<()> {
        std::fs::rename(from.path.join(name), to.path.join(new))
    }

    pub(super) fn sync(_folder: &Folder) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn remove(folder: &Folder, name: &str) -> io::Result<()> {
        std::fs::remove_file(folder.path.join(name))
    }

    pub(super) fn entry(folder: &Folder, name: &str) -> io::Result<FolderEntry> {
        let found = std::fs::symlink_metadata(folder.path.join(name))?;
        Ok(FolderEntry {
            is_file: found.is_file(),
            is_folder: found.is_dir(),
            bytes: found.len(),
            modified: found.modified()?,
        })
    }

    pub(super) fn names(folder: &Folder) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder.path)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::files::{is_odd, tests::pipe};

    #[test]
    fn nothing_is_done_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, path(name)).unwrap();
        std::fs::create_dir(path("outside")).unwrap();
        std::fs::create_dir(path("named")).unwrap();
        std::fs::write(path("outside/file"), "secret").unwrap();
        link("../outside", "named/inner");
        link("../outside/file", "named/file");
        link("../outside/new", "named/new");
        link("named", "link");
        pipe(&path("named/pipe"));
        let folder = Folder::named(&path("link")).unwrap();
        assert!(is_odd(&folder.inner("inner").unwrap_err()));
        assert!(is_odd(&folder.make("inner").unwrap_err()));
        for name in ["file", "pipe", "new"] {
            assert!(is_odd(&folder.open(name).unwrap_err()), "{name}");
            assert!(folder.create_new(name).is_err(), "{name}");
            assert!(!folder.entry(name).unwrap().unwrap().is_file, "{name}");
        }
        folder.remove("file").unwrap();
        assert_eq!(std::fs::read_dir(path("outside")).unwrap().count(), 1);
        // Whatever is put in its place, an open folder is the one that was opened.
        let made = folder.make("made").unwrap();
        std::fs::rename(path("named/made"), path("named/moved")).unwrap();
        link("../outside", "named/made");
        made.create_new("one").unwrap().write_all(b"abc").unwrap();
        made.rename("one", &made, "two").unwrap();
        assert_eq!(made.read("two", 3).unwrap(), b"abc");
        assert_eq!((made.names().unwrap(), made.entry("one").unwrap()), (vec!["two".into()], None));
        assert!(path("named/moved/two").is_file());
        assert_eq!(std::fs::read_dir(path("outside")).unwrap().count(), 1);
    }
}
