//! Files and folders that others may share: written whole or not at all, locked, opened
//! without waiting, and never through a link that somebody else put there.
//!
//! Knows nothing of what the files mean.

mod atomic;
mod folder;
mod lock;
mod place;
mod regular;

use std::{io, path::Path};

use fs_err::{self as fs, File};

pub use self::{
    atomic::{
        create_anew, expect_own_place, link_target, random_name, rename_durably, replace,
        write_atomically, write_atomically_with,
    },
    folder::{Folder, FolderEntry},
    lock::FileLock,
    place::{PlaceError, check_place, inside, is_plain_name, is_within},
    regular::{
        LONGEST_TEXT, is_odd, open_named, open_regular, open_to_continue, open_unlinked,
        read_named, read_unlinked,
    },
};

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

/// The folder on the way to `path`, itself included, that users other than its owner and
/// group can write to, so that what is there may be anybody's; none if there is none, or
/// if others cannot get there. Of a folder like `/tmp`, in which nobody can remove what
/// is another's, only what is in it counts.
#[cfg(unix)]
#[must_use]
pub fn writable_by_others(path: &Path) -> Option<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = fs::canonicalize(path).ok()?;
    let mut found = None;
    let on_the_way: Vec<&Path> = path.ancestors().collect();
    for folder in on_the_way.into_iter().rev() {
        let mode = fs::metadata(folder).ok()?.permissions().mode();
        if mode & 0o001 == 0 {
            // Nobody else gets any further.
            return found;
        }
        let is_sticky = mode & 0o1000 != 0 && folder != path;
        if mode & 0o002 != 0 && !is_sticky && found.is_none() {
            found = Some(folder.to_owned());
        }
    }
    found
}

/// Nothing is known of others here.
#[cfg(not(unix))]
#[must_use]
pub fn writable_by_others(_path: &Path) -> Option<std::path::PathBuf> {
    None
}

/// Refuses what may never end where a file is expected: a pipe, a socket, a device.
/// What the process was handed, such as `/dev/stdin`, is meant; what is not there is left
/// to whoever opens it.
pub fn expect_file(path: &Path) -> io::Result<()> {
    let Ok(found) = fs::metadata(path) else { return Ok(()) };
    if found.is_file() || found.is_dir() || is_handed_over(path) {
        return Ok(());
    }
    Err(regular::odd(path, regular::SPECIAL))
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

/// Whether the error says that a folder can be read and not written.
#[must_use]
pub fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Waits until what was written to `path` is on the disk.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Length and digest of all that `bytes` gives.
pub fn length_and_digest(bytes: &mut dyn io::Read) -> io::Result<String> {
    let mut hash = blake3::Hasher::new();
    let bytes = io::copy(bytes, &mut hash)?;
    Ok(format!("{bytes} {}\n", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that nobody ever writes to.
    #[cfg(unix)]
    pub(super) fn pipe(path: &Path) {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
    }

    #[test]
    fn the_length_and_digest_are_length_and_digest() {
        let digest = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        assert_eq!(length_and_digest(&mut b"abc".as_slice()).unwrap(), format!("3 {digest}\n"));
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_others_can_write_to_are_found() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        let mode = |name: &str, mode| {
            fs::set_permissions(root.join(name), PermissionsExt::from_mode(mode)).unwrap();
        };
        let found = || writable_by_others(&root.join("a/b"));
        // Where the folders of tests are, others may be kept out, or may write themselves.
        if writable_by_others(root.parent().unwrap().parent().unwrap_or(&root)).is_some() {
            return;
        }
        for (modes, expected) in [
            ([0o755, 0o755, 0o755], None),
            ([0o755, 0o755, 0o757], Some("a/b")),
            ([0o755, 0o757, 0o755], Some("a")),
            ([0o755, 0o1777, 0o755], None),
            ([0o755, 0o1777, 0o757], Some("a/b")),
            ([0o755, 0o755, 0o775], None),
            ([0o700, 0o777, 0o777], None),
        ] {
            for (name, bits) in ["", "a", "a/b"].into_iter().zip(modes) {
                mode(name, bits);
            }
            assert_eq!(found(), expected.map(|name| root.join(name)), "{modes:?}");
        }
    }
}
