//! Third-party crates: each that is named has a reason, and no more of them than now run
//! code while they are built.
//!
//! Licences, sources and advisories are looked at by `make deny`.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use super::{none, source::read};
use crate::support::skipped;

/// Packages with a build script, of those that a build for Linux compiles.
const BUILD_SCRIPTS: usize = 43;

/// Procedural macros among them.
const MACROS: usize = 13;

/// What Cargo says; none where it would have to download something first.
fn cargo(arguments: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .output()
        .expect("Cargo is there");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("Cargo writes UTF-8"))
}

/// `name version` of every package that a build for Linux compiles.
fn compiled() -> Option<BTreeSet<String>> {
    let target = ["--target", "x86_64-unknown-linux-gnu"];
    let tree = ["tree", "--workspace", "--edges", "normal,build", "--prefix", "none"];
    let tree = cargo(&[&tree[..], &target, &["--format", "{p}"]].concat())?;
    let name = |line: &str| {
        let mut words = line.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?.strip_prefix('v')?))
    };
    Some(tree.lines().filter_map(name).collect())
}

/// Packages of [`compiled`] that have a target of this kind.
fn with_target(metadata: &Value, compiled: &BTreeSet<String>, kind: &str) -> Vec<String> {
    let packages = metadata["packages"].as_array().expect("it is a list").iter();
    let has = |package: &&Value| {
        let targets = package["targets"].as_array().expect("it is a list").iter();
        let mut kinds = targets.flat_map(|one| one["kind"].as_array().expect("it is a list"));
        kinds.any(|one| one == kind)
    };
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let name =
        |package: &Value| format!("{} {}", text(&package["name"]), text(&package["version"]));
    packages.filter(has).map(name).filter(|name| compiled.contains(name)).collect()
}

#[test]
fn build_scripts_and_macros_do_not_become_more() {
    let target = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let metadata = cargo(&[&["metadata", "--format-version", "1"][..], &target].concat());
    let (Some(compiled), Some(metadata)) = (compiled(), metadata) else {
        skipped(
            "build_scripts_and_macros_do_not_become_more",
            "not all crates of a Linux build are here",
        );
        return;
    };
    let metadata: Value = serde_json::from_str(&metadata).expect("Cargo writes JSON");
    for (kind, most) in [("custom-build", BUILD_SCRIPTS), ("proc-macro", MACROS)] {
        let found = with_target(&metadata, &compiled, kind);
        assert!(!found.is_empty(), "nothing is found at all");
        assert_eq!(
            found.len(),
            most,
            "code that runs while crates are built: more of it needs a reason, and where it \
             became less, write down the new number: {found:#?}"
        );
    }
}

/// The names of `[workspace.dependencies]`, and of the root's own, but for ours.
fn named() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let mut is_in = false;
    let names = manifest.lines().filter_map(|line| {
        if line.starts_with('[') {
            is_in = ["[workspace.dependencies]", "[dependencies]"].contains(&line);
        }
        let (name, _) = line.split_once(" = ").filter(|_| is_in)?;
        Some(name.to_owned())
    });
    names.filter(|name| !name.starts_with("acai-")).collect()
}

#[test]
fn every_crate_that_is_named_has_a_reason() {
    let page = read("docs/dependencies.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let rows: BTreeSet<String> = rows.map(str::to_owned).collect();
    let named = named();
    assert!(named.contains("serde") && named.contains("textwrap"), "{named:?}");
    none("say in docs/dependencies.md why it is trusted", named.difference(&rows).cloned());
    none("take it out of docs/dependencies.md", rows.difference(&named).cloned());
}

#[test]
fn the_bill_of_materials_has_every_crate_of_a_build_with_its_checksum() {
    let Some(compiled) = compiled() else { return };
    let script = Command::new("python3").arg(".ci/sbom").output();
    let Some(output) = script.ok().filter(|output| output.status.success()) else {
        skipped(
            "the_bill_of_materials_has_every_crate_of_a_build_with_its_checksum",
            "`.ci/sbom` does not run here: it wants Python 3.11",
        );
        return;
    };
    let bill: Value = serde_json::from_slice(&output.stdout).expect("the script writes JSON");
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let components = bill["components"].as_array().expect("it is a list");
    let missing = compiled.iter().filter(|name| !name.starts_with("acai-")).filter(|name| {
        !components.iter().any(|one| {
            let text = |field: &str| one[field].as_str().unwrap_or_default();
            let has_checksum =
                one["hashes"][0]["content"].as_str().is_some_and(|hash| hash.len() == 64);
            format!("{} {}", text("name"), text("version")) == **name && has_checksum
        })
    });
    none("`.ci/sbom` lists it", missing.cloned());
}
