//! The manifests agree with the drawing in `docs/architecture.md`, and each
//! third-party crate has one home.
//!
//! That no import runs back is held by Cargo itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use super::{none, source::read};

/// Third-party crates that several crates of ours name on purpose. Every other
/// one is a normal dependency of a single crate.
const SHARED: &[(&str, &str)] = &[
    ("anyhow", "`stage` fails with it and `engine` shows the chain"),
    ("blake3", "keys, digests and random streams each hash their own format"),
    ("dfdx", "`kernel` implements convolutions on its tensors, `net` builds networks of them"),
    ("flate2", "`dataset` inflates what others wrote, `artifact` deflates chunks"),
    ("fs-err", "names the file in every error of the file system"),
    ("libc", "`kernel` asks for memory, `engine` names system calls"),
    ("libm", "the functions that give the same bits on every machine"),
    ("ndarray", "the array type that hdf5 and linfa take"),
    ("rayon", "threads, wherever something is computed"),
    ("rustix", "`common` opens folders and files without links, `engine` confines a child"),
    ("serde", "derived on what is read and written"),
    ("serde_json", "`bundle`, `progress`, `report` and `cli` each write a format of their own"),
    ("tempfile", "private folders beside the file that is being written"),
    ("thiserror", "derived on every error type"),
];

/// The normal dependencies of every crate of ours.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("Cargo is there");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("Cargo writes JSON");
    let list = |value: &Value| value.as_array().expect("it is a list").clone();
    let name = |value: &Value| value["name"].as_str().expect("it has a name").to_owned();
    let normal = |package: &Value| {
        let all = list(&package["dependencies"]).into_iter();
        all.filter(|dependency| dependency["kind"].is_null()).map(|one| name(&one)).collect()
    };
    list(&metadata["packages"]).iter().map(|one| (name(one), normal(one))).collect()
}

/// The name in the drawing: `engine` for `acai-engine`.
fn drawn_name(package: &str) -> &str {
    if package == "acai-pipe" { package } else { package.trim_start_matches("acai-") }
}

/// The rows of the drawing, from the top.
fn rows() -> Vec<Vec<String>> {
    let page = read("docs/architecture.md");
    let (_, rest) = page.split_once("```layers\n").expect("the drawing is there");
    let (drawing, _) = rest.split_once("```").expect("the drawing ends");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    drawing.lines().map(words).collect()
}

#[test]
fn crates_import_what_stands_below_them_in_the_drawing() {
    let rows = rows();
    let row = |package: &str| {
        rows.iter().position(|row| row.iter().any(|member| member == drawn_name(package)))
    };
    let all = dependencies();
    let violations = all.iter().flat_map(|(from, to)| {
        let ours = to.iter().filter(|to| to.starts_with("acai-"));
        let wrong = ours.filter(|to| row(from).is_none() || row(from) >= row(to));
        wrong.map(|to| format!("`{from}` imports `{to}`")).collect::<Vec<_>>()
    });
    none(
        "a crate imports only what stands in a row below its own (docs/architecture.md)",
        violations,
    );
    let drawn: BTreeSet<String> = rows.concat().into_iter().collect();
    let there = all.keys().map(|package| drawn_name(package).to_owned());
    assert_eq!(drawn, there.collect(), "docs/architecture.md draws the crates that there are");
}

#[test]
fn each_third_party_crate_has_one_home() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (ours, theirs) in dependencies() {
        for name in theirs.into_iter().filter(|name| !name.starts_with("acai-")) {
            homes.entry(name).or_default().push(ours.clone());
        }
    }
    let is_shared = |name: &str| SHARED.iter().any(|(shared, _)| *shared == name);
    let several = homes.iter().filter(|(name, homes)| homes.len() > 1 && !is_shared(name));
    none(
        "wrap the crate in one crate of ours, or say in SHARED why several name it",
        several.map(|(name, homes)| format!("`{name}` in {}", homes.join(", "))),
    );
    let idle = SHARED.iter().filter(|(name, _)| homes.get(*name).is_none_or(|all| all.len() < 2));
    none("take it out of SHARED", idle.map(|(name, why)| format!("`{name}`: {why}")));
}
