//! Disks that are full, or fail.

use std::{path::Path, process::Command};

use crate::{
    soak,
    support::{Said, Space, plain, skipped},
};

/// Error numbers of Linux: a full disk, an exceeded quota, a broken disk.
const ERRORS: [(u32, &str); 3] =
    [(28, "No space left on device"), (122, "Disk quota exceeded"), (5, "Input/output error")];

/// The library that makes writes fail; none without a C compiler.
fn shim(space: &Space) -> Option<std::path::PathBuf> {
    let library = space.path("failing_writes.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library);
    compiler.arg("tests/storage/failing_writes.c").arg("-ldl");
    compiler.status().is_ok_and(|status| status.success()).then_some(library)
}

/// The program, whose writes below `folder` fail with `error` after `bytes` bytes.
fn failing(space: &Space, arguments: &[&str], folder: &Path, error: u32, bytes: usize) -> Said {
    let mut command = space.command(arguments);
    command.env("LD_PRELOAD", space.path("failing_writes.so")).env("FAIL_BELOW", folder);
    command.env("FAIL_WITH", error.to_string()).env("FAIL_AFTER", bytes.to_string());
    command.output().unwrap().into()
}

/// Everything in the store is sound.
fn is_sound(space: &Space) -> bool {
    space.say(&["cache", "verify"]).code == Some(0)
}

#[test]
fn a_run_on_a_failing_disk_says_so_and_the_next_one_completes() {
    let whole = Space::new(&plain());
    whole.run(&[]);
    let digests = whole.digests();
    let space = Space::new(&plain());
    if shim(&space).is_none() {
        return skipped("a_run_on_a_failing_disk", "there is no C compiler");
    }
    let store = std::fs::canonicalize(space.path("")).unwrap().join(".acai");
    let run = ["run", "tiny.ron", "--checkpoint-every", "0", "--threads", "1"];
    for (error, words) in ERRORS {
        let mut bytes = 100;
        loop {
            drop(std::fs::remove_dir_all(&store));
            let said = failing(&space, &run, &store, error, bytes);
            assert!(said.code.is_some(), "{words} after {bytes} bytes: killed\n{}", said.stderr);
            if said.code == Some(0) {
                break;
            }
            let context = format!("{words} after {bytes} bytes:\n{}", said.stderr);
            assert!(said.stderr.contains(words), "{context}");
            assert!(!said.stderr.contains("panicked"), "{context}");
            if store.exists() {
                assert!(is_sound(&space), "{context}");
            }
            let again = space.say(&run);
            assert_eq!(again.code, Some(0), "{context}\nand then\n{}", again.stderr);
            assert_eq!(space.digests(), digests, "{context}");
            bytes = bytes * 5 / 2;
        }
        assert!(bytes > 100_000, "the writes were counted");
    }
}

/// Each verb that writes a file writes all of it, or leaves what was there.
#[test]
fn no_verb_leaves_half_a_file_on_a_failing_disk() {
    let space = Space::new(&plain());
    if shim(&space).is_none() {
        return skipped("no_verb_leaves_half_a_file", "there is no C compiler");
    }
    space.run(&[]);
    std::fs::create_dir(space.path("out")).unwrap();
    let out = std::fs::canonicalize(space.path("out")).unwrap();
    let verbs: [&[&str]; 5] = [
        &["report", "tiny.ron", "-o", "out/page.html"],
        &["export", "tiny.ron", "latents/acai/0", "--npz", "out/latents.npz"],
        &["bundle", "tiny.ron", "-o", "out/tiny.acai"],
        &["show", "tiny.ron", "lines", "--png", "out/paths.png"],
        &["graph", "tiny.ron", "-o", "out/graph.svg"],
    ];
    for verb in verbs {
        for (error, words) in ERRORS {
            for bytes in [0, 700, 5_000] {
                let said = failing(&space, verb, &out, error, bytes);
                let context = format!("{verb:?}, {words} after {bytes}:\n{}", said.stderr);
                assert!(said.code.is_some() && !said.stderr.contains("panicked"), "{context}");
                let left = std::fs::read_dir(&out).unwrap().count();
                if said.code == Some(0) {
                    assert_eq!(left, 1, "{context}");
                    let file = std::fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
                    std::fs::remove_file(file).unwrap();
                } else {
                    assert!(said.stderr.contains(words), "{context}");
                    assert_eq!(left, 0, "{context}");
                }
            }
        }
    }
}

/// What was downloaded stays, so the next try goes on from there.
#[test]
fn a_download_to_a_failing_disk_says_so_and_the_next_one_completes() {
    let space = Space::new("");
    if shim(&space).is_none() {
        return skipped("a_download_to_a_failing_disk", "there is no C compiler");
    }
    let files = soak::files();
    let address = soak::server::start(files.clone());
    std::fs::write(space.path("bars.ron"), soak::descriptor(&files, &address)).unwrap();
    let downloads = std::fs::canonicalize(space.path("")).unwrap().join("downloads");
    let fetch = ["data", "fetch", "./bars.ron"];
    for (error, words) in ERRORS {
        for bytes in [0, 5_000, 900_000] {
            let said = failing(&space, &fetch, &downloads, error, bytes);
            let context = format!("{words} after {bytes}:\n{}", said.stderr);
            assert!(said.code == Some(1) && said.stderr.contains(words), "{context}");
            assert!(!said.stderr.contains("panicked"), "{context}");
            let verified = space.say(&["data", "verify", "./bars.ron"]);
            assert!(!verified.stdout.contains("damaged"), "{context}{}", verified.stdout);
            let again = space.say(&fetch);
            assert_eq!(again.code, Some(0), "{context}{}", again.stderr);
            let verified = space.say(&["data", "verify", "./bars.ron"]);
            assert_eq!(verified.code, Some(0), "{context}{}", verified.stdout);
            std::fs::remove_dir_all(&downloads).unwrap();
        }
    }
}

/// A lockfile is written whole, or stays what it was.
#[test]
fn a_lockfile_on_a_failing_disk_is_whole_or_as_it_was() {
    let space = Space::new("");
    if shim(&space).is_none() {
        return skipped("a_lockfile_on_a_failing_disk", "there is no C compiler");
    }
    std::fs::create_dir(space.path("p")).unwrap();
    std::fs::write(space.path("p/tiny.ron"), plain()).unwrap();
    let folder = std::fs::canonicalize(space.path("p")).unwrap();
    let run = ["run", "p/tiny.ron", "--cache", "c"];
    let old = b"// an old one, of another pipeline\nLock(format: 1, instances: {})\n";
    for (error, words) in ERRORS {
        for bytes in [0, 700, 3_000] {
            for old in [None, Some(&old[..])] {
                let lock = folder.join("tiny.lock.ron");
                drop(std::fs::remove_file(&lock));
                if let Some(old) = old {
                    std::fs::write(&lock, old).unwrap();
                }
                let said = failing(&space, &run, &folder, error, bytes);
                let context = format!("{words} after {bytes}:\n{}", said.stderr);
                assert!(said.code == Some(0) && said.stderr.contains(words), "{context}");
                assert_eq!(std::fs::read(&lock).ok().as_deref(), old, "{context}");
                let files = std::fs::read_dir(&folder).unwrap().count();
                assert_eq!(files, 1 + usize::from(old.is_some()), "{context}");
            }
        }
    }
}

/// On real file systems that are too small, in a mount namespace of its own.
#[test]
fn a_run_on_a_small_tmpfs_says_so_and_completes_when_there_is_room() {
    let space = Space::new(&plain());
    let script = r#"
        mkdir -p d && mount -t tmpfs -o size=$1k t d || exit 77
        program=$2
        $program run tiny.ron --cache d/c --threads 1 --checkpoint-every 0 2>&1
        echo "first $?"
        if [ -d d/c ]; then $program cache verify --cache d/c 2>&1; echo "verify $?"; fi
        mount -o remount,size=64m d
        $program run tiny.ron --cache d/c --threads 1 2>&1
        echo "then $?"
    "#;
    let mut is_enough = false;
    for kib in (0..).map(|step: u32| 64 * 3_u32.pow(step) / 2_u32.pow(step)) {
        if is_enough {
            break;
        }
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", &kib.to_string()]);
        command.arg(env!("CARGO_BIN_EXE_acai-pipe"));
        let Ok(output) = space.at_home(&mut command).output() else {
            return skipped("a_run_on_a_small_tmpfs", "there is no unshare");
        };
        let said = Said::from(output);
        if said.code == Some(77) || !said.stdout.contains("first") {
            return skipped("a_run_on_a_small_tmpfs", "nothing may be mounted here");
        }
        let context = format!("{kib} KiB:\n{}{}", said.stdout, said.stderr);
        is_enough = said.stdout.contains("first 0");
        let is_told = said.stdout.contains("No space left on device");
        assert!(is_enough || (said.stdout.contains("first 1") && is_told), "{context}");
        assert!(!said.stdout.contains("verify ") || said.stdout.contains("verify 0"), "{context}");
        assert!(said.stdout.contains("then 0"), "{context}");
    }
}
