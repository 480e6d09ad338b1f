//! A bundle's metadata before the validators that the public uses.
//!
//! Knows nothing of how it is written.

use std::process::Command;

use super::{bundled, done, elsewhere};
use crate::support::{Space, skipped};

/// What the validators recommend and a bundle does not follow: it has no web
/// page, publisher or `README.md`, its author no employer that it knows of, and a
/// drawn dataset no version or date.
const REMAINING: [&str; 11] = [
    "process-run-crate-0.5_3.2: The Application SHOULD have a url",
    "process-run-crate-0.5_5.1: The SoftwareApplication id SHOULD be an absolute URI",
    "workflow-ro-crate-1.0_6.1: The README.md SHOULD be about the crate",
    "workflow-ro-crate-1.0_6.2: The README.md SHOULD have text/markdown as its encodingFormat",
    "process-run-crate-0.5_7.1: The SoftwareSourceCode or ComputationalWorkflow SHOULD have a version",
    "workflow-ro-crate-1.0_8.1: The Main Workflow SHOULD comply with Bioschemas ComputationalWorkflow profile version 1.0 or later",
    "ro-crate-1.1_22.3: The `publisher` property of a `Root Data Entity` SHOULD be an `Organization`",
    "ro-crate-1.1_30.2: The author SHOULD have an organizational affiliation.",
    "ro-crate-1.1_30.3: The author SHOULD have a Contextual Entity which specifies the organizational `affiliation`.",
    "lines.json: [Metadata(lines)] Property \"https://schema.org/version\" is recommended, but does not exist.",
    "lines.json: [Metadata(lines)] Property \"https://schema.org/datePublished\" is recommended, but does not exist.",
];

/// The Python that has the validators: `ACAI_VALIDATORS`, or the usual one.
fn python() -> String {
    std::env::var("ACAI_VALIDATORS").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn public_validators_find_nothing_wrong_with_the_metadata() {
    let test = "public_validators_find_nothing_wrong_with_the_metadata";
    let has = Command::new(python())
        .args(["-c", "import rocrate_validator, rocrate, mlcroissant"])
        .output();
    if !has.is_ok_and(|output| output.status.success()) {
        skipped(test, "`roc-validator`, `rocrate` and `mlcroissant` are not installed");
        return;
    }
    let space = Space::new(super::STUDY);
    space.run(&[]);
    let there = elsewhere(&bundled(&space, "models"));
    done(&there.say(&["unbundle", "study.acai", "plain"]));
    let licence = "https://creativecommons.org/licenses/by/4.0/";
    let terms = ["--licence", licence, "--author", "A. Researcher"];
    done(
        &space
            .say(&[&["bundle", "tiny.ron", "-o", "b.acai", "--with", "all"], &terms[..]].concat()),
    );
    let bundle = std::fs::read(space.path("b.acai")).unwrap();
    std::fs::write(there.path("b.acai"), bundle).unwrap();
    done(&there.say(&["unbundle", "b.acai", "termed"]));
    for folder in ["plain", "termed"] {
        let mut command = Command::new(python());
        command.arg("tests/reference/check_crate.py").arg(there.path(folder));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let required: Vec<&str> =
            said.lines().filter(|line| line.starts_with("required")).collect();
        assert_eq!(required, [""; 0], "{folder}");
        if folder == "termed" {
            let recommended = said.lines().filter_map(|line| line.strip_prefix("recommended: "));
            let new: Vec<&str> = recommended.filter(|line| !REMAINING.contains(line)).collect();
            assert_eq!(new, [""; 0]);
        }
    }
}
