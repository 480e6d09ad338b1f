//! The files of the repository, and their text.
//!
//! Knows nothing of the rules.

use std::path::{Path, PathBuf};

/// Every Rust file below one of `folders`, sorted.
pub(super) fn rust(folders: &[&str]) -> Vec<String> {
    let files = files().into_iter().filter(|path| {
        let is_below = folders.iter().any(|folder| path.starts_with(&format!("{folder}/")));
        is_below && has_extension(path, "rs")
    });
    files.collect()
}

/// Whether a file's name ends in `.extension`.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// A text file of the repository.
pub(super) fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of the repository that is not made by a build or a run, sorted.
pub(super) fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(".")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.strip_prefix(".").expect("all paths are below the root");
            if is_generated(name) {
            } else if path.is_dir() {
                open.push(path);
            } else {
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_generated(path: &Path) -> bool {
    let generated = ["target", "book", ".git", ".acai", ".tools"];
    generated.iter().any(|name| path == Path::new(name))
        || path.ends_with("__pycache__")
        || path.ends_with("node_modules")
        || path.extension().is_some_and(|extension| extension == "new")
}
