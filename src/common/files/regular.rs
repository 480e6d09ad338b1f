//! Opening files where others may have put something else: a pipe that is never written
//! to, an endless device, a link to a file of somebody else.
//!
//! Whatever is there, opening it does not wait, and what is opened is a regular file.
//!
//! Knows nothing of what the files mean.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, Read as _},
    path::Path,
};

/// The longest text that people write, such as a pipeline, in bytes.
pub const LONGEST_TEXT: u64 = 16 << 20;

/// What is done with a link in the place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// Whoever named the file may have meant it.
    Followed,
    /// It was put there by somebody else.
    Refused,
}

/// Opens the regular file at `path`, or the one that a link there leads to.
///
/// # Errors
/// There is none, or it is something else: that is said without waiting for it.
pub fn open_regular(path: &Path) -> io::Result<File> {
    open_with(path, Links::Followed, File::options().read(true))
}

/// Opens the regular file at `path`, which is no link.
///
/// # Errors
/// There is none, or it is something else.
pub fn open_unlinked(path: &Path) -> io::Result<File> {
    open_with(path, Links::Refused, File::options().read(true))
}

/// Opens the regular file at `path`, which is no link, for reading and writing, or makes
/// it.
///
/// # Errors
/// It is something else, or cannot be made.
pub fn open_to_continue(path: &Path) -> io::Result<File> {
    let options = &mut File::options();
    open_with(path, Links::Refused, options.read(true).write(true).create(true).truncate(false))
}

/// What is in the regular file at `path`, which is no link, if that is at most `most`
/// bytes.
///
/// # Errors
/// There is none, it is something else, or it is longer.
pub fn read_unlinked(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_at_most(open_unlinked(path)?, path, most)
}

/// What is in the file that the user named, if that is at most `most` bytes. What the
/// process was handed, such as `/dev/stdin`, is meant; other pipes and devices are not.
///
/// # Errors
/// There is none, it is something else, or it is longer.
pub fn read_named(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_at_most(open_named(path)?, path, most)
}

/// Opens the file that the user named: a regular one, or what the process was handed.
///
/// # Errors
/// There is none, or it is something else.
pub fn open_named(path: &Path) -> io::Result<File> {
    if super::is_handed_over(path) {
        return Ok(fs_err::File::open(path)?.into_parts().0);
    }
    open_regular(path)
}

/// What is in `file`, whose path is `path`, if that is at most `most` bytes.
pub(super) fn read_at_most(file: File, path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = file.metadata().map_or(0, |there| there.len());
    let read = if length > most {
        None
    } else {
        bytes.reserve(usize::try_from(length).unwrap_or(0));
        Some(file.take(most + 1).read_to_end(&mut bytes))
    };
    match read {
        Some(Err(error)) => Err(about("read from", path, &error)),
        Some(Ok(_)) if bytes.len() as u64 <= most => Ok(bytes),
        _ => Err(odd(path, &format!("is longer than {most} bytes"))),
    }
}

/// Opens what is at `path` as `options` say, if that is a regular file.
pub(super) fn open_with(path: &Path, links: Links, options: &mut OpenOptions) -> io::Result<File> {
    // Opening a device may do something: it is looked at first, and again once it is open.
    let looked_at = match links {
        Links::Followed => std::fs::metadata(path),
        Links::Refused => std::fs::symlink_metadata(path),
    };
    if let Ok(there) = looked_at {
        expect_regular(&there, path)?;
    }
    without_waiting(options, links);
    let file = options.open(path).map_err(|error| about("open", path, &error))?;
    let there = file.metadata().map_err(|error| about("open", path, &error))?;
    expect_regular(&there, path)?;
    Ok(file)
}

/// Folders are told by whoever reads them.
fn expect_regular(there: &Metadata, path: &Path) -> io::Result<()> {
    if there.is_file() || there.is_dir() {
        return Ok(());
    }
    Err(odd(path, if there.is_symlink() { LINK } else { SPECIAL }))
}

/// What is said of what is no file.
pub(super) const LINK: &str = "is a link, and not a file";
pub(super) const SPECIAL: &str = "is a pipe, a socket or a device, and not a file";

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions, links: Links) {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;
    let no_link = if links == Links::Refused { OFlags::NOFOLLOW } else { OFlags::empty() };
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | no_link;
    options.custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn without_waiting(_options: &mut OpenOptions, _links: Links) {}

/// The error of something that is there and is not what was expected.
pub(super) fn odd(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("`{}` {what}", path.display()))
}

/// Whether the error says that something else is there than a regular file of a sensible
/// length.
#[must_use]
pub fn is_odd(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidInput
}

/// `error`, with the path.
pub(super) fn about(what: &str, path: &Path, error: &io::Error) -> io::Error {
    #[cfg(unix)]
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::LOOP) => return odd(path, LINK),
        Some(rustix::io::Errno::NXIO) => return odd(path, SPECIAL),
        _ => {}
    }
    if is_odd(error) {
        return io::Error::new(error.kind(), error.to_string());
    }
    let message = format!("failed to {what} file `{}`: {error}", path.display());
    io::Error::new(error.kind(), message)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::files::tests::pipe;

    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, path(name)).unwrap();
        std::fs::write(path("file"), "abc").unwrap();
        link("file", "link");
        link("/dev/zero", "endless");
        link("loop", "loop");
        pipe(&path("pipe"));
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        assert!(open_regular(&path("file")).is_ok() && open_unlinked(&path("file")).is_ok());
        assert!(open_regular(&path("link")).is_ok());
        for name in ["pipe", "endless", "socket"] {
            let error = open_regular(&path(name)).unwrap_err();
            assert!(is_odd(&error) && error.to_string().ends_with(SPECIAL), "{name}: {error}");
        }
        for name in ["link", "endless", "loop", "pipe", "socket"] {
            assert!(is_odd(&open_unlinked(&path(name)).unwrap_err()), "{name}");
        }
        assert_eq!(open_regular(&path("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn no_more_is_read_than_was_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(read_unlinked(&path, 3).unwrap(), b"abc");
        assert!(is_odd(&read_unlinked(&path, 2).unwrap_err()));
        // An endless file, which says that it has no length.
        assert!(read_named(Path::new("/dev/zero"), 100).is_err());
        std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(is_odd(&read_named(&path, LONGEST_TEXT).unwrap_err()));
    }
}
