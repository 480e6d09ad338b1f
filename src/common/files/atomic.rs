//! Files that are replaced whole or not at all.
//!
//! What is not finished has a random name and is made new, so nothing that others put
//! beside it is ever written to.
//!
//! Knows nothing of what the files mean.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use fs_err as fs;

use super::regular::odd;

/// So many links are followed from one to the next.
const MOST_LINKS: usize = 40;

/// How unfinished files are called.
const PREFIX: &str = ".acai-pipe-";
const SUFFIX: &str = ".part";

/// Writes `content` to a file of its own beside `path` and renames it to `path`;
/// afterwards it survives a crash of the machine. A link at `path` is replaced.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    write_atomically_with(path, |file| io::Write::write_all(file, content))
}

/// The same of what `write` writes: readers find all of it or the old content.
pub fn write_atomically_with<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    fill(path, None, write)
}

fn fill<E: From<io::Error>>(
    path: &Path,
    permissions: Option<std::fs::Permissions>,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    let path = std::path::absolute(path)?;
    let new = beside(&path)?;
    let (file, new) = new.into_parts();
    let mut file = BufWriter::new(file);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()?;
    rename_durably(&new, &path)?;
    // It is gone from where it was, so there is nothing to remove.
    let _ = new.keep();
    Ok(())
}

/// A file that nobody had before, beside `path`, with the mode that files get here; it
/// is removed when it is dropped.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(path.parent().unwrap_or(Path::new(".")))
}

/// A new file at `path`, in place of the file or link that is there; a pipe, a socket or a
/// device stays.
pub fn create_anew(path: &Path) -> io::Result<File> {
    let create = || File::options().write(true).create_new(true).open(path);
    let created = match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(path)?.file_type();
            if found.is_file() || found.is_symlink() {
                fs::remove_file(path).and_then(|()| create())
            } else {
                Err(error)
            }
        }
        created => created,
    };
    created.map_err(|error| super::regular::about("create", path, &error))
}

/// A name that nobody can guess, for a file that is made new and then renamed.
#[must_use]
pub fn random_name() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library's hash tables are seeded by the system's random numbers.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// Replaces the file at `path` atomically, or creates it: readers see the old content
/// or `content`. A link stays a link, and permissions stay as they are. What is no
/// regular file, such as a pipe, is written to: this is for paths that the user named.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = match link_target(path)? {
        Some(target) => target,
        None => std::path::absolute(path)?,
    };
    let old = fs::metadata(&path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        return fs::write(&path, content);
    }
    let permissions = old.map(|old| old.permissions());
    fill(&path, permissions, |file| io::Write::write_all(file, content))
}

/// Where the link at `path` leads in the end, whether or not there is something; none
/// if there is no link.
///
/// # Errors
/// The links run in a circle, or cannot be read.
pub fn link_target(path: &Path) -> io::Result<Option<PathBuf>> {
    let is_link =
        |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
    if !is_link(path) {
        return Ok(None);
    }
    let mut target = std::path::absolute(path)?;
    for _ in 0..MOST_LINKS {
        let Ok(next) = std::fs::read_link(&target).map_err(drop) else { break };
        target = target.parent().unwrap_or(Path::new("/")).join(next);
    }
    if is_link(&target) {
        return Err(odd(path, "is a link that leads nowhere"));
    }
    Ok(Some(fs::canonicalize(&target).unwrap_or(target)))
}

/// Refuses what is no regular file in a place that the user did not name: a link there
/// was put by somebody else.
///
/// # Errors
/// There is a link, a pipe, a socket or a device.
pub fn expect_own_place(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(odd(path, super::regular::LINK)),
        Ok(there) if !there.is_file() && !there.is_dir() => Err(odd(path, super::regular::SPECIAL)),
        _ => Ok(()),
    }
}

/// Renames a file whose content is on the disk already, and waits until the
/// renaming is, too.
pub fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        #[cfg(unix)]
        Some(folder) => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
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
        assert!(write_atomically(&taken, b"text").is_err());
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

    #[cfg(unix)]
    #[test]
    fn a_named_link_is_followed_to_its_end() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let end = fs::canonicalize(dir.path()).unwrap().join("end");
        symlink("middle", path("link")).unwrap();
        symlink("end", path("middle")).unwrap();
        symlink("circle", path("circle")).unwrap();
        assert_eq!(link_target(&path("end")).unwrap(), None);
        assert!(link_target(&path("circle")).is_err() && expect_own_place(&path("link")).is_err());
        for content in ["one", "two"] {
            replace(&path("link"), content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(path("end")).unwrap(), content);
            assert_eq!(
                fs::canonicalize(link_target(&path("link")).unwrap().unwrap()).unwrap(),
                end
            );
            assert!(fs::symlink_metadata(path("link")).unwrap().is_symlink());
        }
        fs::set_permissions(path("end"), PermissionsExt::from_mode(0o640)).unwrap();
        replace(&path("link"), b"three").unwrap();
        assert_eq!(fs::metadata(path("end")).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
    }
}
