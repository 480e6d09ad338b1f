//! The lock beside a pipeline: what a run writes, keeps and holds itself to, and
//! how git merges it.
//!
//! Knows nothing of what verifying finds.

use std::{collections::BTreeMap, path::Path, process::Command};

use acai_artifact::Digest;
use acai_common::names::InstanceName;
use acai_lockfile::Lockfile;
use acai_stage as stage;

use crate::support::{INSTANCES, Said, Space, TINY, events, skipped};

const LOCK: &str = "tiny.lock.ron";

fn read(path: &Path) -> Lockfile {
    Lockfile::load(path).unwrap().unwrap()
}

fn digests(lock: &Lockfile) -> Vec<(String, String)> {
    let pair = |(name, entry): (&InstanceName, &acai_lockfile::LockedInstance)| {
        (name.to_string(), entry.digest.to_string())
    };
    lock.entries.iter().map(pair).collect()
}

/// The lock with other contents for `instance`, but sound.
fn doctored(lock: &Lockfile, instance: &str) -> Lockfile {
    let mut lock = lock.clone();
    let entry = lock.entries.get_mut(&instance.parse().unwrap()).unwrap();
    *entry.parts.parts.values_mut().next().unwrap() = Digest([7; 32]);
    entry.digest = entry.parts.artifact(stage::makes(entry.kind).unwrap());
    lock
}

#[test]
fn a_run_writes_what_came_out_and_the_next_leaves_it() {
    let space = Space::new(TINY);
    let said = space.say(&["run", "tiny.ron", "-v"]);
    assert!(said.code == Some(0) && !said.stderr.contains("note: "), "{}", said.stderr);
    let lock = read(&space.path(LOCK));
    assert_eq!(lock.entries.len() as u64, INSTANCES);
    let mut shown = space.digests();
    shown.sort();
    assert_eq!(digests(&lock), shown);
    let scores: BTreeMap<String, f64> = space
        .array("show", &[])
        .iter()
        .find(|one| one["instance"] == "paths/acai/0")
        .map(|one| serde_json::from_value(one["scores"].clone()).unwrap())
        .unwrap();
    assert_eq!(lock.entries[&"paths/acai/0".parse().unwrap()].scores, scores);
    let text = std::fs::read_to_string(space.path(LOCK)).unwrap();
    assert_eq!(lock.write(), text);
    // What people add stays while nothing changes, and nothing is left beside.
    let noted = format!("// mine\n{text}");
    std::fs::write(space.path(LOCK), &noted).unwrap();
    let said = space.say(&["run", "tiny.ron", "--locked"]);
    assert!(said.code == Some(0), "{}", said.stderr);
    space.run(&[]);
    assert_eq!(std::fs::read_to_string(space.path(LOCK)).unwrap(), noted);
    let mut files: Vec<_> = std::fs::read_dir(space.path(".")).unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().file_name());
    let names = files.into_iter().map(|file| file.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), [".acai", LOCK, "tiny.ron"]);
}

#[test]
fn the_lock_is_left_alone_when_asked_and_under_set() {
    let space = Space::new(TINY);
    space.run(&["--no-lock"]);
    space.run(&["--set", "paths.pairs=8"]);
    assert!(!space.path(LOCK).exists());
    let said = space.say(&["run", "tiny.ron", "--locked", "--set", "paths.pairs=8"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("leave out `--set`"), "{}", said.stderr);
    assert_eq!(space.say(&["run", "tiny.ron", "--locked", "--no-lock"]).code, Some(2));
}

#[test]
fn another_digest_than_the_lock_s_is_a_warning_and_under_locked_a_failure() {
    let space = Space::new(TINY);
    space.run(&[]);
    let honest = read(&space.path(LOCK));
    // The paths: no key depends on them.
    let lie = doctored(&honest, "paths/acai/0");
    lie.save(&space.path(LOCK)).unwrap();
    let name: InstanceName = "paths/acai/0".parse().unwrap();
    let Said { code, stderr, .. } = space.say(&["run", "tiny.ron", "--locked"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("error: paths/acai/0 is not what `tiny.lock.ron` says"), "{stderr}");
    for lock in [&honest, &lie] {
        assert!(stderr.contains(&lock.entries[&name].digest.to_string()), "{stderr}");
    }
    assert_eq!(read(&space.path(LOCK)), lie);
    let said = space.say(&["run", "tiny.ron", "-q"]);
    assert_eq!(said.code, Some(0));
    assert!(said.stderr.starts_with("warning: paths/acai/0 is not what"), "{}", said.stderr);
    assert_eq!(read(&space.path(LOCK)), honest);
    // Scores that are not the result's are told as well.
    let mut edited = honest.clone();
    edited.entries.get_mut(&name).unwrap().scores.insert("smoothness".to_owned(), 0.0);
    edited.save(&space.path(LOCK)).unwrap();
    let said = space.say(&["run", "tiny.ron", "--locked"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("other scores or files for paths/acai/0"), "{}", said.stderr);
}

#[test]
fn under_locked_nothing_runs_without_a_lock_of_this_pipeline() {
    let space = Space::new(TINY);
    let said = space.say(&["run", "tiny.ron", "--locked"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    assert!(said.stderr.contains("there is no `tiny.lock.ron`"), "{}", said.stderr);
    assert!(!space.path(".acai/objects").exists() && !space.path(LOCK).exists());
    space.run(&[]);
    let before = std::fs::read(space.path(LOCK)).unwrap();
    space.write(&TINY.replace("gamma: 0.2", "gamma: 0.1").replace("\"probe\"", "\"sonde\""));
    let said = space.say(&["run", "tiny.ron", "--locked"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    for line in ["models/acai/0 has another key by now", "lacks sonde/acai/0", "has probe/acai/0"] {
        assert!(said.stderr.contains(line), "{line}: {}", said.stderr);
    }
    assert_eq!(std::fs::read(space.path(LOCK)).unwrap(), before);
}

#[test]
fn what_another_machine_ran_stays_and_what_is_stale_goes() {
    let space = Space::new(TINY);
    space.run(&[]);
    let whole = read(&space.path(LOCK));
    // Another machine: nothing in its store, and the clusters cannot be made.
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    let mut child = space.start(&["--threads", "1"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(read(&space.path(LOCK)), whole);
    let failing = TINY.replace("k: 5", "").replace("restarts: 5", "restarts: 5, k: 4000");
    space.write(&failing);
    let said = space.say(&["run", "tiny.ron", "--progress", "json"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert_eq!(events(&said.stdout).last().unwrap()["failed"], 2);
    let left = read(&space.path(LOCK));
    let clusters =
        |lock: &Lockfile| lock.entries.keys().any(|name| name.stage.as_str() == "clusters");
    assert!(clusters(&whole) && !clusters(&left));
    assert_eq!(left.entries.len() as u64, INSTANCES - 2);
    assert!(left.entries.iter().all(|(name, entry)| whole.entries[name] == *entry));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_a_note() {
    let space = Space::new(TINY);
    // Nothing is written through a link that nobody named, whoever runs the tests.
    std::os::unix::fs::symlink("nowhere/lock", space.path(LOCK)).unwrap();
    let said = space.say(&["run", "tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("note: `tiny.lock.ron` is not written: "), "{}", said.stderr);
    assert!(!space.path(LOCK).exists());
}

/// What is unfinished is not called after it.
#[test]
fn the_longest_name_has_a_lock() {
    let space = Space::new("");
    let name = "x".repeat(246);
    std::fs::write(space.path(&format!("{name}.ron")), TINY).unwrap();
    let said = space.say(&["run", &format!("{name}.ron")]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(space.path(&format!("{name}.lock.ron")).is_file(), "{}", said.stderr);
}

#[test]
fn what_is_no_lock_stops_the_run_before_it_starts() {
    let space = Space::new(TINY);
    for (text, wanted) in [
        ("<<<<<<< HEAD\nLock(\n=======\n>>>>>>> b\n", "the lock holds a conflict of two branches"),
        ("Lock(format: 1)", "lacks the field `instances`"),
        ("\u{0}", "expected a value"),
    ] {
        std::fs::write(space.path(LOCK), text).unwrap();
        let said = space.say(&["run", "tiny.ron"]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{}", said.stderr);
        assert!(said.stderr.contains(wanted), "{}", said.stderr);
        assert_eq!(std::fs::read_to_string(space.path(LOCK)).unwrap(), text);
    }
    std::fs::write(space.path(LOCK), b"\xff\xfe").unwrap();
    assert!(space.say(&["run", "tiny.ron"]).stderr.contains("it is UTF-16 (little-endian)"));
    std::fs::remove_file(space.path(LOCK)).unwrap();
    std::fs::create_dir(space.path(LOCK)).unwrap();
    let said = space.say(&["run", "tiny.ron"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains(LOCK), "{}", said.stderr);
    assert!(!space.path(".acai/objects").exists());
    space.run(&["--no-lock"]);
}

/// A repository with a pipeline and its lock.
struct Repository(Space);

/// [`TINY`], its variants some lines apart, so that the pipeline itself merges.
fn spread() -> String {
    TINY.replace(
        "                \"acai\":",
        "\n                // With it.\n\n                \"acai\":",
    )
}

impl Repository {
    /// None where there is no git.
    fn new(test: &str) -> Option<Self> {
        if Command::new("git").arg("--version").output().is_err() {
            skipped(test, "there is no git");
            return None;
        }
        let repository = Self(Space::new(&spread()));
        repository.git(&["init", "-q", "-b", "main"]);
        std::fs::write(repository.0.path(".gitignore"), ".acai\n").unwrap();
        repository.run_and_commit();
        Some(repository)
    }

    fn git(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]);
        command.args(arguments);
        for (name, value) in [("GIT_CONFIG_GLOBAL", ""), ("GIT_CONFIG_NOSYSTEM", "1")] {
            command.env(name, value);
        }
        self.0.at_home(&mut command).output().unwrap().into()
    }

    fn run_and_commit(&self) {
        self.0.run(&[]);
        self.git(&["add", "."]);
        let said = self.git(&["commit", "-q", "-m", "a run"]);
        assert!(said.code == Some(0), "{}", said.stderr);
    }

    /// On a branch of main: the pipeline with a replacement, run and committed.
    fn branch(&self, name: &str, from: &str, to: &str) {
        assert_eq!(self.git(&["checkout", "-q", "-b", name, "main"]).code, Some(0));
        assert!(spread().contains(from));
        self.0.write(&spread().replace(from, to));
        self.run_and_commit();
    }

    /// Merges the branch `b` into the branch `a`.
    fn merge(&self) -> Said {
        assert_eq!(self.git(&["checkout", "-q", "a"]).code, Some(0));
        self.git(&["merge", "-q", "--no-edit", "b"])
    }
}

#[test]
fn two_branches_that_ran_different_variants_merge_without_conflict() {
    let test = "two_branches_that_ran_different_variants_merge_without_conflict";
    let Some(repository) = Repository::new(test) else { return };
    let baseline = "(autoencoder: Baseline),";
    repository.branch("a", baseline, "(autoencoder: Baseline, kimg: 1),");
    repository.branch("b", "gamma: 0.2", "gamma: 0.1");
    let said = repository.merge();
    assert_eq!(said.code, Some(0), "{} {}", said.stdout, said.stderr);
    // What came out of the merge is what a run of the merged pipeline gives.
    let space = &repository.0;
    let locked = space.say(&["run", "tiny.ron", "--locked", "--progress", "json"]);
    assert_eq!(locked.code, Some(0), "{}", locked.stderr);
    assert_eq!(events(&locked.stdout).last().unwrap()["cached"], INSTANCES);
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    assert_eq!(space.say(&["run", "tiny.ron", "--locked"]).code, Some(0));
}

#[test]
fn two_branches_that_added_variants_merge_into_blocks_that_a_person_can_read() {
    let test = "two_branches_that_added_variants_merge_into_blocks_that_a_person_can_read";
    let Some(repository) = Repository::new(test) else { return };
    let (first, last) = ("\"baseline\":", "\n            },\n        ),");
    let added = format!("\"denoising\": (autoencoder: Denoising),\n{first}");
    repository.branch("a", first, &added);
    let added =
        "\n                \"dropout\": (autoencoder: Dropout),\n            },\n        ),";
    repository.branch("b", last, added);
    assert_eq!(repository.merge().code, Some(1));
    let space = &repository.0;
    let status = repository.git(&["status", "--porcelain"]).stdout;
    // The pipeline's own lines are apart and merge; of the lock only whole blocks conflict.
    assert!(status.contains("UU tiny.lock.ron") && status.contains("M  tiny.ron"), "{status}");
    let text = std::fs::read_to_string(space.path(LOCK)).unwrap();
    let said = space.say(&["run", "tiny.ron"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("the lock holds a conflict of two branches"), "{}", said.stderr);
    // A person keeps both.
    let is_marker = |line: &&str| {
        ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker))
    };
    let both: Vec<&str> = text.lines().filter(|line| !is_marker(line)).collect();
    std::fs::write(space.path(LOCK), both.join("\n") + "\n").unwrap();
    let locked = space.say(&["run", "tiny.ron", "--locked", "--progress", "json"]);
    assert_eq!(locked.code, Some(0), "{}", locked.stderr);
    // Or one side, and the next run adds the other.
    let merged = read(&space.path(LOCK));
    for side in ["--ours", "--theirs"] {
        assert_eq!(repository.git(&["checkout", side, "--", LOCK]).code, Some(0));
        assert_eq!(space.say(&["run", "tiny.ron", "--locked"]).code, Some(1), "{side}");
        space.run(&[]);
        assert_eq!(read(&space.path(LOCK)), merged, "{side}");
    }
}
