//! A bundle's metadata before the validators that the public uses.
//!
//! Knows nothing of how it is written.

use std::process::Command;

use super::{bundled, done, elsewhere};
use crate::support::{Space, skipped};

/// What the validators recommend and a bundle cannot follow: it has no web page,
/// no publisher and no `README.md`.
const REMAINING: &str = "";

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
            assert_eq!(said.trim(), REMAINING);
        }
    }
}
