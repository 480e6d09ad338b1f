//! Which places a file may name: those in its own folder, and no others.
//!
//! Pipelines, descriptors, bundles and locks come from others. A path that such a file
//! holds leads down from the folder that the file belongs to: it is not absolute, does
//! not go up, and no link on the way leads out.
//!
//! Knows nothing of what names the place, or of what is there.

use std::path::{Component, Path, PathBuf};

/// Why a file may not name a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It says nothing, or holds what no name of a file holds.
    #[error("is not the name of a file")]
    Odd,
    /// It begins at the root, a drive or a home.
    #[error("is an absolute path, and leads out of its folder")]
    Absolute,
    /// It has `..` in it.
    #[error("goes up with `..`, and leads out of its folder")]
    Up,
    /// What is there is a link to elsewhere, or is reached through one.
    #[error("is a link out of its folder")]
    Link,
}

/// Whether `path` is in the folder `root`, all links followed. Of what is not there, what
/// is there on the way decides.
#[must_use]
pub fn is_within(root: &Path, path: &Path) -> bool {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let Ok(root) = std::fs::canonicalize(root) else { return true };
    for place in path.ancestors() {
        let is_there = std::fs::symlink_metadata(place).is_ok();
        match std::fs::canonicalize(place) {
            Ok(real) => return real.starts_with(&root),
            // A link that leads nowhere may lead somewhere later.
            Err(_) if is_there => return false,
            Err(_) => {}
        }
    }
    true
}

/// The place that `name` means in the folder `root`. What is not there has a place, too.
///
/// # Errors
/// It is none that a file may name.
pub fn inside(root: &Path, name: &str) -> Result<PathBuf, PlaceError> {
    check_place(name)?;
    let path = root.join(name);
    if is_within(root, &path) { Ok(path) } else { Err(PlaceError::Link) }
}

/// Whether a file may name the place `name`, in whatever folder it is looked for.
/// Backslashes and colons mean something to some systems: what is refused there is
/// refused everywhere.
///
/// # Errors
/// It may not.
pub fn check_place(name: &str) -> Result<(), PlaceError> {
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with(['/', '\\'])
        || name.starts_with("~/")
        || is_drive
        || Path::new(name).is_absolute()
    {
        return Err(PlaceError::Absolute);
    }
    let mut is_somewhere = false;
    for part in name.split(['/', '\\']) {
        match part {
            ".." => return Err(PlaceError::Up),
            "" | "." => {}
            _ => is_somewhere = true,
        }
    }
    let is_odd = name.contains(|c: char| c.is_control() || "\\:".contains(c));
    let is_path = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if is_somewhere && !is_odd && Path::new(name).components().all(is_path) {
        Ok(())
    } else {
        Err(PlaceError::Odd)
    }
}

/// Whether `name` is that of a file or folder and not a path, which could lead anywhere.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    check_place(name).is_ok() && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_below_the_folder_may_be_named() {
        for (name, expected) in [
            ("a", Ok(())),
            ("./a/b.ron", Ok(())),
            ("a b/..c", Ok(())),
            ("/a", Err(PlaceError::Absolute)),
            ("//a", Err(PlaceError::Absolute)),
            ("\\a", Err(PlaceError::Absolute)),
            ("C:a", Err(PlaceError::Absolute)),
            ("C:\\a", Err(PlaceError::Absolute)),
            ("~/a", Err(PlaceError::Absolute)),
            ("../a", Err(PlaceError::Up)),
            ("a/../../b", Err(PlaceError::Up)),
            ("a\\..\\b", Err(PlaceError::Up)),
            ("..", Err(PlaceError::Up)),
            ("", Err(PlaceError::Odd)),
            (".", Err(PlaceError::Odd)),
            ("./", Err(PlaceError::Odd)),
            ("a\0b", Err(PlaceError::Odd)),
            ("a\nb", Err(PlaceError::Odd)),
            ("ab:c", Err(PlaceError::Odd)),
            ("a\\b", Err(PlaceError::Odd)),
        ] {
            assert_eq!(check_place(name), expected, "{name:?}");
        }
        assert!(is_plain_name("train-images.idx3-ubyte.gz"));
        for name in ["", ".", "..", "a/b", "/a", "..\\a", "C:a", "a\0b", "a\n"] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_are_refused_and_others_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, path(name)).unwrap();
        std::fs::create_dir_all(path("root/sub")).unwrap();
        std::fs::create_dir(path("rooted")).unwrap();
        std::fs::write(path("root/sub/file"), "").unwrap();
        std::fs::write(path("rooted/file"), "").unwrap();
        link("sub/file", "root/in");
        link("../rooted", "root/out");
        link("../rooted/file", "root/file");
        link("../nothing", "root/dangling");
        link("root", "link");
        link("..", "root/up");
        for root in [path("root"), path("link")] {
            for name in ["sub/file", "in", "./in", "new", "sub/new/newer"] {
                assert_eq!(inside(&root, name), Ok(root.join(name)), "{name}");
            }
            for name in ["out", "out/file", "out/new", "file", "dangling", "up", "up/new"] {
                assert_eq!(inside(&root, name), Err(PlaceError::Link), "{name}");
            }
        }
        assert!(inside(&path("nowhere"), "a").is_ok());
    }
}
