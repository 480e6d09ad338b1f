//! A bit of a store is turned, again and again: what was damaged is found or made no
//! difference, and nothing of it is served.
//!
//! `ACAI_FLIPS` makes it longer, `ACAI_FLIPS_SEED` repeats its choices.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{Dice, Space, make_writable, microseconds, number, plain};

/// So many bits are turned, unless `ACAI_FLIPS` says otherwise.
const FLIPS: u64 = 12;

/// Settings under which everything is read that others made: other stages of the same inputs.
const READING: [&str; 3] =
    ["paths.pairs=17", "clusters.restarts=6", "probe.rule=Reference(kimg: 1)"];

/// Files by their paths below the store.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(folder.join(&inner)).unwrap().map(Result::unwrap) {
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(entry.path()).unwrap();
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// Makes `store` hold `files` and nothing else.
fn restore(store: &Path, files: &Files) {
    fs::remove_dir_all(store).unwrap();
    for (path, bytes) in files {
        let path = store.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// What a store says of the pipeline and of what else is made of its results.
#[derive(Debug, PartialEq)]
struct Answers {
    scores: Vec<Value>,
    digests: Vec<(String, String)>,
    read_digests: Vec<(String, String)>,
}

impl Answers {
    fn of(space: &Space) -> Self {
        space.run(&[]);
        let reading = READING.map(|set| ["--set", set]);
        space.run(&reading.concat());
        let part = |one: &Value| {
            let parts = ["instance", "kind", "digest", "scores"];
            parts.iter().map(|part| one[*part].clone()).collect()
        };
        let scores = space.array("show", &[]).iter().map(part).collect();
        let digests = space.digests();
        let read_digests = space.digests_with(&READING);
        Self { scores, digests, read_digests }
    }
}

/// A random bit of a random file of a random folder of a store.
fn flip(files: &Files, dice: &mut Dice) -> (PathBuf, Vec<u8>) {
    let full = files.iter().filter(|(_, bytes)| !bytes.is_empty());
    let mut by_folder = BTreeMap::<_, Vec<_>>::new();
    for (path, bytes) in full {
        by_folder.entry(path.iter().next().unwrap()).or_default().push((path, bytes));
    }
    let folders: Vec<_> = by_folder.values().collect();
    let folder = folders[dice.below(folders.len())];
    let (path, bytes) = folder[dice.below(folder.len())];
    let mut bytes = bytes.clone();
    let place = dice.below(bytes.len());
    bytes[place] ^= 1 << dice.below(8);
    (path.clone(), bytes)
}

#[test]
fn a_turned_bit_is_found_or_makes_no_difference() {
    let seed = number("ACAI_FLIPS_SEED", microseconds());
    let flips = number("ACAI_FLIPS", FLIPS);
    let _ = writeln!(std::io::stderr(), "flips: ACAI_FLIPS_SEED={seed} ACAI_FLIPS={flips}");
    let mut dice = Dice(seed);
    let calm = Space::new(&plain());
    let expected = Answers::of(&calm);
    let space = Space::new(&plain());
    space.run(&[]);
    interrupt(&space);
    let store = space.path(".acai");
    let sound = files(&store);
    assert!(sound.keys().any(|path| path.starts_with("checkpoints")));
    let mut tally = BTreeMap::<String, [u64; 2]>::new();
    for count in 0..flips {
        let (path, bytes) = flip(&sound, &mut dice);
        make_writable(&store.join(&path));
        fs::write(store.join(&path), &bytes).unwrap();
        let verified = space.say(&["cache", "verify"]);
        let is_found = verified.code != Some(0);
        let place = bytes.iter().zip(&sound[&path]).position(|(new, old)| new != old);
        let what = format!("byte {place:?} of {}: {}", path.display(), verified.stdout);
        // Nothing that is needed goes, whatever the bit was of.
        let collected = space.say(&["gc"]);
        let is_refused = collected.code == Some(1) && collected.stderr.contains("is damaged");
        assert!(collected.code == Some(0) || is_refused, "{what} {}", collected.stderr);
        let is_found = is_found || is_refused;
        if count % 2 == 0 {
            let repaired = space.say(&["cache", "verify", "--repair"]);
            assert!(matches!(repaired.code, Some(0 | 1)), "{what} {}", repaired.stderr);
            let again = space.say(&["cache", "verify"]);
            assert_eq!(again.code, Some(0), "{what} {}", again.stdout);
        }
        assert_eq!(Answers::of(&space), expected, "{what}");
        let folder = path.iter().next().unwrap().to_string_lossy().into_owned();
        tally.entry(folder).or_default()[usize::from(is_found)] += 1;
        restore(&store, &sound);
    }
    restore(&store, &sound);
    tally
        .insert("lockfile".to_owned(), turn_the_lockfile(&space, &expected, flips / 10, &mut dice));
    let _ = writeln!(std::io::stderr(), "flips: [no difference, found] by folder: {tally:?}");
}

/// Turns bits of the lockfile; how many made no difference and how many were found.
fn turn_the_lockfile(space: &Space, expected: &Answers, flips: u64, dice: &mut Dice) -> [u64; 2] {
    let mut tally = [0; 2];
    let lock = fs::read(space.path("tiny.lock.ron")).unwrap();
    for _ in 0..flips {
        let (_, bytes) = flip(&Files::from([("lock".into(), lock.clone())]), dice);
        fs::write(space.path("tiny.lock.ron"), bytes).unwrap();
        let said = space.say(&["run", "tiny.ron"]);
        let is_found = said.code != Some(0);
        assert!(!is_found || said.stderr.contains("tiny.lock.ron"), "{}", said.stderr);
        if is_found {
            fs::remove_file(space.path("tiny.lock.ron")).unwrap();
        }
        assert_eq!(&Answers::of(space), expected);
        // Comments and the tool's version are not what a lock is about.
        let locked = space.say(&["run", "tiny.ron", "--locked"]);
        assert_eq!(locked.code, Some(0), "{}", locked.stderr);
        tally[usize::from(is_found)] += 1;
    }
    tally
}

/// Leaves a checkpoint of a training, and the lease and the holds of a run that was killed.
fn interrupt(space: &Space) {
    let mut child = space.start(&["--set", "models.kimg=40", "--checkpoint-every", "0"]);
    let has_checkpoint = || {
        let found = files(&space.path(".acai"));
        found.keys().any(|path| path.starts_with("checkpoints") && !path.ends_with("partial.h5"))
    };
    while !has_checkpoint() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before there was a checkpoint");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
