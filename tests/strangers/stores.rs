//! A store in which others put links, pipes and endless devices.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use super::{Canary, DRAWN, ODD, Odd, bounded, names};
use crate::support::Space;

/// Verbs that read or write a store.
const VERBS: [&[&str]; 7] = [
    &["plan", "tiny.ron"],
    &["show", "tiny.ron"],
    &["cache", "info"],
    &["cache", "verify"],
    &["gc"],
    &["run", "tiny.ron"],
    &["run", "tiny.ron", "--set", "lines.test=31"],
];

fn space() -> Space {
    let space = Space::new(DRAWN);
    space.run(&[]);
    space
}

#[test]
fn no_folder_of_a_store_is_a_link() {
    for folder in [
        "objects",
        "checksums",
        "actions",
        "runs",
        "roots",
        "leases",
        "work",
        "locks",
        "damaged",
        "checkpoints",
        "previews",
    ] {
        let space = space();
        let half = format!("{}.h5", "0".repeat(64));
        let canary = Canary::new(&["tiny", "tiny.1", &half, &"0".repeat(64)]);
        let there = space.path(".acai").join(folder);
        if there.exists() {
            fs::remove_dir_all(&there).unwrap();
        }
        symlink(canary.path(), &there).unwrap();
        for verb in VERBS {
            bounded(&space, verb);
            canary.is_untouched(&(folder, verb));
        }
        let said = bounded(&space, &["run", "tiny.ron", "--set", "lines.test=30"]);
        assert_eq!(said.code, Some(1), "{folder}: {}", said.stderr);
        assert!(said.stderr.contains("is a link or a file, and not a folder"), "{}", said.stderr);
        canary.is_untouched(&folder);
    }
}

#[test]
fn a_store_may_be_a_link_itself() {
    let space = space();
    fs::rename(space.path(".acai"), space.path("disk")).unwrap();
    symlink("disk", space.path(".acai")).unwrap();
    for verb in VERBS {
        let said = bounded(&space, verb);
        assert_eq!(said.code, Some(0), "{verb:?}: {}", said.stderr);
    }
}

/// The files of a store that are read: one of each kind.
fn files(space: &Space) -> Vec<PathBuf> {
    let folders = ["actions", "objects", "checksums", "runs", "roots"];
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let folder = space.path(".acai").join(folder);
        files.push(folder.join(names(&folder).remove(0)));
    }
    let key = names(&space.path(".acai/actions")).remove(0);
    files.push(space.path(".acai/leases/tiny.1"));
    files.push(space.path(".acai/hashes"));
    files.push(space.path(".acai/work").join(format!("{key}.h5")));
    files.push(space.path(".acai/checkpoints").join(key));
    files
}

#[test]
fn what_is_no_regular_file_is_no_result_and_is_not_waited_for() {
    for odd in ODD {
        let made = space();
        let count = files(&made).len();
        for at in 0..count {
            let space = space();
            fs::create_dir_all(space.path(".acai/checkpoints")).unwrap();
            let path = files(&space).remove(at);
            let is_there = path.exists();
            if odd == Odd::Link && !is_there {
                continue;
            }
            odd.put(&path);
            for verb in VERBS {
                let said = bounded(&space, verb);
                assert!(said.code < Some(2), "{odd:?} {verb:?} {path:?}: {}", said.stderr);
            }
            let run = bounded(&space, &["run", "tiny.ron"]);
            assert_eq!(run.code, Some(0), "{odd:?} {path:?}: {}", run.stderr);
        }
    }
}

#[test]
fn a_lock_that_is_no_file_is_told_and_not_waited_for() {
    for name in ["gate.lock", "tiny"] {
        let space = space();
        let path = space.path(".acai/locks").join(name);
        let canary = Canary::new(&[]);
        for (number, odd) in [Odd::Pipe, Odd::Endless, Odd::Link].into_iter().enumerate() {
            fs::remove_file(&path).unwrap();
            match odd {
                Odd::Link => symlink(canary.path().join("lock"), &path).unwrap(),
                odd => odd.put(&path),
            }
            let set = format!("lines.test={}", 20 + number);
            let said = bounded(&space, &["run", "tiny.ron", "--set", &set]);
            assert_eq!(said.code, Some(1), "{name} {odd:?}: {}", said.stderr);
            assert!(said.stderr.contains("and not a file"), "{name} {odd:?}: {}", said.stderr);
        }
        canary.is_untouched(&name);
    }
}

/// A pipeline, a lock, a descriptor and the files that it names.
#[test]
fn what_people_name_may_not_be_endless_either() {
    let own = r#"Pipeline(name: "own", stages: {
        "bars": Dataset(source: "./bars.ron"),
    })"#;
    let bars = r#"(
        name: "bars", about: "Bars.", image: (height: 32, width: 32, channels: 1),
        classes: ["a", "b"],
        train: [Folder(path: "bars")],
        split: Blocks(test: 0.2, blocks: 1),
    )"#;
    for odd in [Odd::Pipe, Odd::Endless, Odd::Socket, Odd::Huge] {
        for name in ["own.ron", "own.lock.ron", "bars.ron", "bars/a/one.png"] {
            let space = Space::new(DRAWN);
            fs::write(space.path("own.ron"), own).unwrap();
            fs::write(space.path("bars.ron"), bars).unwrap();
            for class in ["a", "b"] {
                fs::create_dir_all(space.path("bars").join(class)).unwrap();
            }
            odd.put(&space.path(name));
            let said = bounded(&space, &["run", "own.ron"]);
            assert_eq!(said.code, Some(2), "{odd:?} {name}: {}", said.stderr);
        }
    }
}

#[test]
fn half_written_files_are_made_anew_and_not_written_through() {
    let space = space();
    let key = names(&space.path(".acai/actions")).remove(0);
    let object = names(&space.path(".acai/objects")).remove(0);
    let canary = Canary::new(&["file"]);
    fs::remove_file(space.path(".acai/actions").join(&key)).unwrap();
    fs::remove_file(space.path(".acai/objects").join(&object)).unwrap();
    for half in [format!("{key}.h5"), format!("{key}.actions"), "tiny.runs".to_owned()] {
        symlink(canary.path().join("file"), space.path(".acai/work").join(half)).unwrap();
    }
    let said = bounded(&space, &["run", "tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let made = space.path(".acai/objects").join(object);
    assert!(fs::symlink_metadata(made).unwrap().is_file());
    canary.is_untouched(&"half-written files");
}
