//! What the collector keeps: files as they are written, and the last trials.

use std::{
    fs,
    io::{BufRead, BufReader},
};

use crate::support::{Space, counts, plain};

fn gc(space: &Space, more: &[&str]) -> String {
    let said = space.say(&[&["gc"], more].concat());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.stderr
}

#[test]
fn a_trial_costs_the_study_nothing() {
    let space = Space::new(&plain());
    space.run(&[]);
    let digests = space.digests();
    space.run(&["--set", "models.kimg=1"]);
    assert!(gc(&space, &[]).starts_with("nothing to collect"));
    assert_eq!(counts(&space.run(&["--locked"])).0, 0);
    assert_eq!(counts(&space.run(&["--set", "models.kimg=1"])).0, 0);
    // The trial is the last run, which stays whatever is said of trials.
    let told = gc(&space, &["--dry-run", "--keep-trials", "0"]);
    assert!(told.contains("1 thing would go"), "{told}");
    space.run(&[]);
    let told = gc(&space, &["--keep-trials", "0"]);
    let of = format!(
        "  of tiny ({}) --set models.kimg=1: ",
        fs::canonicalize(space.path("tiny.ron")).unwrap().display()
    );
    assert!(told.contains(&of), "{told}\n{of}");
    assert_eq!(space.digests(), digests);
    assert_eq!(counts(&space.run(&["--locked"])).0, 0);
    assert!(counts(&space.run(&["--set", "models.kimg=1"])).0 > 0);
}

#[test]
fn an_edit_leaves_what_was_there_before_as_a_trial() {
    let space = Space::new(&plain());
    space.run(&[]);
    space.write(&plain().replace("kimg: 2", "kimg: 1"));
    space.run(&[]);
    assert!(gc(&space, &[]).starts_with("nothing to collect"));
    assert!(gc(&space, &["--keep-trials", "1d"]).starts_with("nothing to collect"));
    space.write(&plain());
    assert_eq!(counts(&space.run(&[])).0, 0);
    let told = gc(&space, &["--keep-trials", "0"]);
    assert!(told.contains("as it was before: "), "{told}");
    assert_eq!(counts(&space.run(&[])).0, 0);
}

#[test]
fn two_files_with_one_name_are_told_apart_and_warned_about() {
    let space = Space::new(&plain());
    space.run(&[]);
    fs::create_dir(space.path("copy")).unwrap();
    let copy = plain().replace("kimg: 2", "kimg: 1");
    fs::write(space.path("copy/tiny.ron"), copy).unwrap();
    let said = space.say(&["run", "copy/tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let warning = "warning: `tiny` is also the name of ";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    assert!(!space.say(&["run", "copy/tiny.ron", "-q"]).stderr.contains(warning));
    assert!(gc(&space, &["--keep-trials", "0"]).starts_with("nothing to collect"));
    for file in ["tiny.ron", "copy/tiny.ron"] {
        let said = space.say(&["run", file, "--locked", "--progress", "json"]);
        assert_eq!(counts(&crate::support::events(&said.stdout)).0, 0, "{file}");
    }
    fs::remove_file(space.path("copy/tiny.ron")).unwrap();
    assert!(!space.say(&["run", "tiny.ron"]).stderr.contains(warning));
}

#[test]
fn what_a_killed_run_had_finished_stays_with_its_file() {
    let space = Space::new(&plain().replace("kimg: 2", "kimg: 2000"));
    let mut run = space.start(&[]);
    // Once a model is trained, the images are there, and recorded.
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("progressed") && line.contains("models/")));
    run.kill().unwrap();
    run.wait().unwrap();
    // The trial has other images, and notes what the killed run had.
    space.run(&["--set", "models.kimg=1", "--set", "lines.train=128"]);
    let objects = || fs::read_dir(space.path(".acai/objects")).unwrap().count();
    let before = objects();
    gc(&space, &["--keep-trials", "0"]);
    assert_eq!(objects(), before);
}
