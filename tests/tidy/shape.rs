//! Heads, lengths and words of files and functions.
//!
//! Knows nothing of layers.

use super::{
    none,
    source::{File, files, is, is_test, item, read, rust, words},
};

/// Lines of a file in `src`.
const FILE: usize = 400;

/// Lines of a function.
const FUNCTION: usize = 60;

#[test]
fn every_file_says_what_it_is() {
    let violations = rust(&["src", "tests", "benches"]).into_iter();
    let violations = violations.filter(|file| !file.text.starts_with("//! ")).map(|file| file.path);
    none("open the file with `//!` and what it is", violations);
}

#[test]
fn every_file_says_what_it_knows_nothing_of() {
    let files = rust(&["src"]).into_iter();
    let files = files.filter(|file| !is_test(&file.path) && !is_crate_root(file));
    let silent = files.filter(|file| {
        let head: Vec<&str> =
            file.text.lines().take_while(|line| line.starts_with("//!")).collect();
        !head.join(" ").replace("//! ", "").contains("nothing of")
    });
    none("say \"Knows nothing of …\" at the head of the file", silent.map(|file| file.path));
}

fn is_crate_root(file: &File) -> bool {
    ["src/lib.rs", "src/main.rs"].contains(&file.path.as_str())
}

#[test]
fn no_file_is_long() {
    let long = rust(&["src"]).into_iter().filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > FILE).then(|| format!("{}: {lines} lines", file.path))
    });
    none("a file has at most 400 lines; part it by what it knows nothing of", long);
}

#[test]
fn no_function_is_long() {
    let violations = rust(&["src", "tests", "benches"]).into_iter().flat_map(|file| {
        let functions = words(&file.code, "fn").filter_map(|at| {
            let lines = file.code[at..at + item(&file.code[at..])].matches('\n').count() + 1;
            (lines > FUNCTION).then(|| format!("{}: {lines} lines", file.at(at)))
        });
        functions.collect::<Vec<_>>()
    });
    none("a function has at most 60 lines; give its steps names", violations);
}

#[test]
fn only_those_who_show_things_print() {
    let speakers = ["src/cli/", "src/progress/", "src/main.rs"];
    let violations = rust(&["src"]).into_iter().flat_map(|file| {
        let may = speakers.iter().any(|speaker| file.path.starts_with(speaker));
        let words = if may { &[][..] } else { &["println", "print", "eprintln", "eprint"] };
        macros(&file, &file.shipped, words)
    });
    none("return what is to be said, or make it an event; only cli and progress print", violations);
}

#[test]
fn nothing_is_left_to_be_done() {
    let violations = rust(&["src", "tests", "benches"])
        .into_iter()
        .flat_map(|file| macros(&file, &file.code, &["todo", "unimplemented", "dbg"]));
    none("do it now, or refuse it with a message", violations);
}

/// Where `code` calls one of the macros `names`.
fn macros(file: &File, code: &str, names: &[&str]) -> Vec<String> {
    let calls = names.iter().flat_map(|name| {
        let places = words(code, name);
        let calls = places.filter(|at| code[at + name.len()..].starts_with('!'));
        calls.map(|at| format!("{}: {name}!", file.at(at))).collect::<Vec<_>>()
    });
    calls.collect()
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let roots = ["home", "root", "Users", "work", "tmp"].map(|root| format!("/{root}/"));
    let violations = files().into_iter().filter(|path| path != "Cargo.lock").flat_map(|path| {
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
    none("write paths relative to the repository", violations);
}

/// Diagnostics (`tests/diagnostics/*.ron`) are counted by their own test.
#[test]
fn every_file_beside_the_tests_is_used() {
    let sources: String = rust(&["src", "tests"]).into_iter().map(|file| file.text).collect();
    let documents = files().into_iter().filter(|path| is(path, "md"));
    let mentions = sources.clone() + &documents.map(|path| read(&path)).collect::<String>();
    let is_taken = |path: &str| {
        let (stem, _) = path.rsplit_once('.').unwrap_or((path, ""));
        let case = stem.rsplit("__").next().unwrap_or(stem);
        std::path::Path::new(&format!("{stem}.ron")).exists()
            || (stem.contains("__") && sources.contains(&format!("fn {case}(")))
    };
    let beside = files().into_iter().filter(|path| path.starts_with("tests/"));
    let unused = beside.filter(|path| match path.rsplit('.').next() {
        Some("rs") => false,
        Some("snap") => !is_taken(path),
        Some("ron") if path.starts_with("tests/diagnostics/") => false,
        _ => !mentions.contains(path.rsplit('/').next().unwrap_or(path)),
    });
    none("name the file in a test or a document, or remove it", unused);
}
