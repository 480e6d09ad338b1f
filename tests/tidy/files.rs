//! Rules about whole files: heads, lengths, places, and whether anything uses them.
//!
//! What stands inside a file is judged by the compiler and clippy (`clippy.toml`,
//! `[workspace.lints]`).

use std::{collections::BTreeSet, path::Path};

use super::{
    none,
    source::{files, has_extension, read, rust},
};

/// Most lines of a file in `src`.
const MOST_LINES: usize = 400;

#[test]
fn every_file_says_what_it_is() {
    let silent = rust(&["src", "tests", "benches"]).into_iter();
    let silent = silent.filter(|path| !read(path).starts_with("//! "));
    none("open the file with `//!` and what it is", silent);
}

#[test]
fn no_file_is_long() {
    let long = rust(&["src"]).into_iter().filter_map(|path| {
        let lines = read(&path).lines().count();
        (lines > MOST_LINES).then(|| format!("{path}: {lines} lines"))
    });
    none("a file has at most 400 lines; divide it", long);
}

/// Neither rustc nor clippy notices a file without a `mod` line.
#[test]
fn every_file_is_a_module() {
    let files = rust(&["src"]);
    let paths: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let is_root = |path: &str| path == "src/main.rs" || path.ends_with("/lib.rs");
    let forgotten = files.iter().filter(|path| !is_root(path)).filter_map(|path| {
        let module = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let (above, name) = module.rsplit_once('/').expect("every file is below src");
        let parents = ["/lib.rs", "/mod.rs", ".rs"].map(|end| format!("{above}{end}"));
        let parent = parents.iter().find(|parent| paths.contains(parent.as_str()));
        let line = format!("mod {name};");
        let is_module = parent.is_some_and(|parent| {
            let text = read(parent);
            let mut lines = text.lines().map(str::trim_end);
            // A line of a table whose macro writes the `mod` line.
            let entry = format!("{name} => ");
            lines.any(|text| text.ends_with(&line) || text.trim_start().starts_with(&entry))
        });
        (!is_module).then(|| format!("{path}: no `{line}` in {}", parents.join(" or ")))
    });
    none("a file without its `mod` line is not compiled", forgotten);
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let roots = ["home", "root", "Users", "work", "tmp"].map(|root| format!("/{root}/"));
    let named = files().into_iter().filter(|path| path != "Cargo.lock").flat_map(|path| {
        let text = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().enumerate().filter(|(_, line)| {
            let mut found = roots.iter().flat_map(|root| line.match_indices(root.as_str()));
            found.any(|(at, _)| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-<>}*".contains(c))
            })
        });
        lines.map(|(number, _)| format!("{path}:{}", number + 1)).collect::<Vec<_>>()
    });
    none("write paths relative to the repository", named);
}

/// `tests/diagnostics/*.ron` are counted by their own test.
#[test]
fn every_file_beside_the_tests_is_used() {
    let sources: String = rust(&["src", "tests"]).iter().map(|path| read(path)).collect();
    let documents = files().into_iter().filter(|path| has_extension(path, "md"));
    let mentions = sources.clone() + &documents.map(|path| read(&path)).collect::<String>();
    let has_test = |path: &str| {
        let (stem, _) = path.rsplit_once('.').unwrap_or((path, ""));
        let case = stem.rsplit("__").next().unwrap_or(stem);
        Path::new(&format!("{stem}.ron")).exists()
            || (stem.contains("__") && sources.contains(&format!("fn {case}(")))
    };
    let beside = files().into_iter().filter(|path| path.starts_with("tests/"));
    let unused = beside.filter(|path| match path.rsplit('.').next() {
        Some("rs") => false,
        Some("snap") => !has_test(path),
        Some("ron") if path.starts_with("tests/diagnostics/") => false,
        _ => !mentions.contains(path.rsplit('/').next().unwrap_or(path)),
    });
    none("name the file in a test or a document, or remove it", unused);
}
