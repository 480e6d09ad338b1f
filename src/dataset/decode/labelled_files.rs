//! Which files of images a folder of classes holds, in their order.
//!
//! Knows nothing of what is in the files.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    FormatError, Problem,
    bounded_reader::Location,
    picture::{LARGEST, too_long},
};
use acai_common::files;

/// Extensions of images, whatever their case.
const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];

/// A file of an image and the number of its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelledFile {
    pub(crate) path: PathBuf,
    pub(crate) label: i64,
}

/// All files: by class, then by name, byte by byte.
pub(crate) fn list(root: &Path, classes: &[String]) -> Result<Vec<LabelledFile>, FormatError> {
    let real = fs::canonicalize(root).map_err(|error| at(root, error.into()))?;
    let classes = if classes.is_empty() { found(root)? } else { named(root, classes)? };
    if classes.is_empty() {
        return Err(at(root, Problem::Empty { wanted: "folders of classes" }));
    }
    let mut files = Vec::new();
    for (label, class) in (0..).zip(classes) {
        let folder = root.join(class);
        inside(&real, &folder)?;
        let names = names(&folder)?;
        if names.is_empty() {
            return Err(at(&folder, Problem::Empty { wanted: "images" }));
        }
        for name in names {
            let path = folder.join(name);
            check(&real, &path)?;
            files.push(LabelledFile { path, label });
        }
    }
    Ok(files)
}

fn at(path: &Path, problem: Problem) -> FormatError {
    Location::new(path, "").error(problem)
}

/// Names in a folder, sorted; hidden ones are left aside.
fn names(folder: &Path) -> Result<Vec<OsString>, FormatError> {
    let read = || -> io::Result<Vec<OsString>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
    };
    let mut names = read().map_err(|error| at(folder, error.into()))?;
    names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
    names.sort_by(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
    Ok(names)
}

/// The folders in `root`.
fn found(root: &Path) -> Result<Vec<OsString>, FormatError> {
    let mut names = names(root)?;
    names.retain(|name| root.join(name).is_dir());
    Ok(names)
}

/// `classes`, if they name folders within `root`, each once.
fn named(root: &Path, classes: &[String]) -> Result<Vec<OsString>, FormatError> {
    for (index, class) in classes.iter().enumerate() {
        if !files::is_plain_name(class) {
            return Err(at(&root.join(class), Problem::LeadsOut { root: "the folder" }));
        }
        if classes[..index].contains(class) {
            return Err(at(&root.join(class), Problem::Twice));
        }
    }
    Ok(classes.iter().map(OsString::from).collect())
}

/// Whether `path` is below `real`, all links followed.
fn inside(real: &Path, path: &Path) -> Result<(), FormatError> {
    fs::canonicalize(path).map_err(|error| at(path, error.into()))?;
    if files::is_within(real, path) {
        return Ok(());
    }
    Err(at(path, Problem::LeadsOut { root: "the folder" }))
}

/// Refuses what is no image by its name, or leads out of `real`.
fn check(real: &Path, path: &Path) -> Result<(), FormatError> {
    let mut there = fs::symlink_metadata(path).map_err(|error| at(path, error.into()))?;
    if there.is_symlink() {
        inside(real, path)?;
        there = fs::metadata(path).map_err(|error| at(path, error.into()))?;
    }
    if !there.is_file() && !there.is_dir() {
        return Err(at(path, Problem::NotAFile));
    }
    // It is read whole even where only its checksum is asked for.
    if there.len() > LARGEST as u64 {
        return Err(at(path, too_long()));
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let found = if there.is_dir() { "it is a folder" } else { "its name ends otherwise" };
    Err(at(path, Problem::Kind { wanted: "a .png, .jpg or .jpeg file", found: found.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn listed(root: &Path, classes: &[&str]) -> Result<Vec<(String, i64)>, String> {
        let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
        let files = list(root, &classes);
        let tell = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let message = files.map(|files| files.iter().map(|f| (tell(&f.path), f.label)).collect());
        message.map_err(|error| error.to_string().replace(&format!("{}/", root.display()), ""))
    }

    #[test]
    fn files_come_by_class_and_by_name() {
        let root = folder(&["b/2.png", "b/10.PNG", "a/x.jpeg", "a/.hidden", ".git/x", "README"]);
        let by = |names: [&str; 3], labels| {
            Ok(names.map(str::to_owned).into_iter().zip(labels).collect::<Vec<_>>())
        };
        assert_eq!(listed(root.path(), &[]), by(["a/x.jpeg", "b/10.PNG", "b/2.png"], [0, 1, 1]));
        assert_eq!(
            listed(root.path(), &["b", "a"]),
            by(["b/10.PNG", "b/2.png", "a/x.jpeg"], [0, 0, 1])
        );
    }

    #[test]
    fn what_is_no_class_of_images_is_refused() {
        let root = folder(&["a/x.png", "empty/.keep", "text/readme.txt", "deep/a.png/b"]);
        fs::create_dir(root.path().join("deep/sub")).unwrap();
        let error = |class| listed(root.path(), &[class]).unwrap_err();
        assert_eq!(
            error("empty"),
            "empty: holds no images; put some there, or leave the folder out"
        );
        assert_eq!(
            error("text"),
            "text/readme.txt: is not a .png, .jpg or .jpeg file: its name ends otherwise"
        );
        assert_eq!(error("deep"), "deep/sub: is not a .png, .jpg or .jpeg file: it is a folder");
        for class in ["", ".", "..", "../a", "a/x.png"] {
            let message = error(class);
            assert!(message.ends_with("leads out of the folder; name what is inside"), "{message}");
        }
        assert!(error("none").starts_with("none: No such file or directory"), "{}", error("none"));
        assert_eq!(
            listed(root.path(), &["a", "a"]).unwrap_err(),
            "a: is there twice; which one is meant is ambiguous"
        );
        let nothing = folder(&["README"]);
        assert!(listed(nothing.path(), &[]).unwrap_err().contains("holds no folders of classes"));
    }

    #[cfg(unix)]
    #[test]
    fn links_may_not_lead_out() {
        use std::os::unix::fs::symlink;
        let (root, other) = (folder(&["a/x.png", "b/y.png"]), folder(&["secret.png"]));
        symlink("x.png", root.path().join("a/z.png")).unwrap();
        assert_eq!(listed(root.path(), &["a"]).unwrap().len(), 2, "links within are followed");
        symlink(other.path().join("secret.png"), root.path().join("b/z.png")).unwrap();
        assert_eq!(
            listed(root.path(), &["b"]).unwrap_err(),
            "b/z.png: leads out of the folder; name what is inside"
        );
        symlink(other.path(), root.path().join("c")).unwrap();
        assert!(listed(root.path(), &["c"]).unwrap_err().starts_with("c: leads out"));
        symlink("z.png", root.path().join("a/z.jpg")).unwrap();
        symlink("loop.png", root.path().join("a/loop.png")).unwrap();
        assert!(listed(root.path(), &["a"]).is_err(), "a link to itself");
    }
}
