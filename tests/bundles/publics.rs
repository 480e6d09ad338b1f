//! A bundle's metadata before the validators that the public uses.
//!
//! Knows nothing of how it is written.

use std::{path::Path, process::Command};

use super::{bundled, done, elsewhere};
use crate::support::{Space, counts, events, sha256, skipped};

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

/// A bundle's folder before the validators: what they say, a line each.
fn said_of(folder: &Path) -> Vec<String> {
    let mut command = Command::new(python());
    let output = command.arg("tests/reference/check_crate.py").arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Whether the validators are here; says so if they are not.
fn are_here(test: &str) -> bool {
    let import = "import rocrate_validator, rocrate, mlcroissant";
    let has = Command::new(python()).args(["-c", import]).output();
    let are_here = has.is_ok_and(|output| output.status.success());
    if !are_here {
        skipped(test, "`roc-validator`, `rocrate` and `mlcroissant` are not installed");
    }
    are_here
}

#[test]
fn public_validators_find_nothing_wrong_with_the_metadata() {
    if !are_here("public_validators_find_nothing_wrong_with_the_metadata") {
        return;
    }
    let space = Space::new(super::STUDY);
    space.run(&[]);
    let there = elsewhere(&bundled(&space, "models"));
    done(&there.say(&["unbundle", "study.acai", "plain"]));
    let licence = "https://creativecommons.org/licenses/by/4.0/";
    let terms = ["--licence", licence, "--author", "A. Researcher"];
    let bundle = ["bundle", "tiny.ron", "-o", "b.acai", "--with", "all"];
    done(&space.say(&[&bundle, &terms[..]].concat()));
    std::fs::copy(space.path("b.acai"), there.path("b.acai")).unwrap();
    done(&there.say(&["unbundle", "b.acai", "termed"]));
    for folder in ["plain", "termed"] {
        let said = said_of(&there.path(folder));
        let required = said.iter().filter(|line| line.starts_with("required"));
        assert_eq!(required.collect::<Vec<_>>(), [""; 0], "{folder}");
        if folder == "termed" {
            let recommended = said.iter().filter_map(|line| line.strip_prefix("recommended: "));
            let new = recommended.filter(|line| !REMAINING.contains(line));
            assert_eq!(new.collect::<Vec<_>>(), [""; 0]);
        }
    }
}

/// Images in files of one's own: one compressed by whomever, one without a
/// checksum, and a folder.
fn own_data() -> Space {
    let tiny = |name: &str| Path::new("tests/reference/tiny").join(name);
    let space = Space::new(
        r#"Pipeline(name: "own", stages: {
            "digits":   Dataset(source: "./digits.ron"),
            "pictures": Dataset(source: "./pictures.ron"),
        })"#,
    );
    let folder = space.path("png_grey");
    for class in ["class_0", "class_1"] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for image in std::fs::read_dir(tiny("png_grey").join(class)).unwrap() {
            let image = image.unwrap();
            std::fs::copy(image.path(), folder.join(class).join(image.file_name())).unwrap();
        }
    }
    for name in ["images-idx3-ubyte.gz", "labels-idx1-ubyte"] {
        std::fs::copy(tiny("idx").join(name), space.path(name)).unwrap();
    }
    let content = sha256(&std::fs::read(tiny("idx/images-idx3-ubyte")).unwrap());
    let digits = format!(
        r#"Descriptor(
            name: "digits", about: "seven images", classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            licence: "CC0-1.0", image: (height: 5, width: 4, channels: 1),
            files: [
                (name: "images-idx3-ubyte.gz", content: "sha256:{content}"),
                (name: "labels-idx1-ubyte"),
            ],
            train: [Idx(images: "images-idx3-ubyte.gz", labels: "labels-idx1-ubyte")],
            split: Blocks(test: 0.5, blocks: 1),
        )"#
    );
    let pictures = r#"Descriptor(
        name: "pictures", about: "seven pictures", classes: ["class_0", "class_1"],
        image: (height: 5, width: 4, channels: 1),
        train: [Folder(path: "png_grey")], split: Blocks(test: 0.4),
    )"#;
    std::fs::write(space.path("digits.ron"), digits).unwrap();
    std::fs::write(space.path("pictures.ron"), pictures).unwrap();
    space
}

#[test]
fn own_datasets_come_along_as_descriptors_that_need_no_files() {
    let space = own_data();
    space.run(&[]);
    let there = elsewhere(&bundled(&space, "all"));
    let run = there.say(&["run", "study.acai", "--progress", "json", "--offline"]);
    assert_eq!(counts(&events(done(&run))), (0, 2, 0, 0));
    done(&there.say(&["unbundle", "study.acai", "out"]));
    let digits = std::fs::read_to_string(there.path("out/datasets/digits.ron")).unwrap();
    let labels = sha256(&std::fs::read(space.path("labels-idx1-ubyte")).unwrap());
    assert!(digits.contains(&format!("checksum: \"sha256:{labels}\"")), "{digits}");
    let pictures = std::fs::read_to_string(there.path("out/datasets/pictures.ron")).unwrap();
    assert!(pictures.contains("path: \"png_grey\"") && pictures.contains("checksum: \"sha256:"));
    // Who has the files makes the rest again, and whoever has others is told.
    let scores = elsewhere(&bundled(&space, "scores"));
    let data = space.path("").display().to_string();
    let again = ["run", "study.acai", "--progress", "json", "--data", &data];
    assert_eq!(counts(&events(done(&scores.say(&again)))), (2, 0, 0, 0));
    if are_here("own_datasets_come_along_as_descriptors_that_need_no_files, its metadata") {
        let said = said_of(&there.path("out"));
        let required = said.iter().filter(|line| line.starts_with("required"));
        assert_eq!(required.collect::<Vec<_>>(), [""; 0]);
    }
}
