//! What others leave in a store, what they may do with it, and what is no file.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Said, Space, counts, flip_a_byte, plain};

/// The files in a folder of the store.
fn files(space: &Space, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(space.path(".acai").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn what_is_not_ours_is_passed_over_by_every_verb() {
    let space = Space::new(&plain());
    space.run(&[]);
    let odd = [".DS_Store", ".directory", ".nfs000000000012", "Thumbs.db", "desktop.ini", "a copy"];
    for folder in fs::read_dir(space.path(".acai")).unwrap() {
        let folder = folder.unwrap().path();
        for name in odd.iter().filter(|_| folder.is_dir()) {
            fs::write(folder.join(name), "not ours").unwrap();
        }
    }
    fs::create_dir(space.path("shared")).unwrap();
    let verbs: [&[&str]; 8] = [
        &["run", "tiny.ron", "--set", "paths.pairs=3"],
        &["run", "tiny.ron"],
        &["cache", "info"],
        &["cache", "verify"],
        &["cache", "verify", "--repair"],
        &["gc", "--dry-run"],
        &["gc"],
        &["push", "tiny.ron", "--remote", "shared"],
    ];
    for verb in verbs {
        let said = space.say(verb);
        assert_eq!(said.code, Some(0), "{verb:?}\n{}", said.stderr);
    }
    let said = space.say(&["cache", "info"]);
    assert!(said.stdout.ends_with("pipelines  tiny\n"), "{}", said.stdout);
    for folder in ["objects", "actions", "work", "leases", "runs", "roots", "checksums"] {
        let there = fs::read_dir(space.path(".acai").join(folder)).unwrap();
        let names: Vec<_> = there.map(|entry| entry.unwrap().file_name()).collect();
        assert!(odd.iter().all(|odd| names.iter().any(|name| name == odd)), "{folder}: {names:?}");
    }
}

#[test]
fn a_folder_in_the_place_of_an_artifact_is_set_aside_and_told() {
    let space = Space::new(&plain());
    space.run(&[]);
    let digests = space.digests();
    for object in files(&space, "objects") {
        fs::remove_file(&object).unwrap();
        fs::create_dir(&object).unwrap();
        fs::write(object.join("inner"), "").unwrap();
    }
    let said = space.say(&["cache", "verify"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stdout.contains("is a folder"), "{}", said.stdout);
    let said = space.say(&["run", "tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("damaged"), "{}", said.stderr);
    assert_eq!(space.digests(), digests);
    assert_eq!(files(&space, "damaged").len(), digests.len());
}

#[test]
fn verify_mends_folders_in_the_place_of_artifacts_and_records() {
    let space = Space::new(&plain());
    space.run(&[]);
    let digests = space.digests();
    for folder in ["objects", "actions"] {
        let path = files(&space, folder).remove(2);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
    }
    let run = fs::remove_file(space.path(".acai/runs/tiny"));
    run.and_then(|()| fs::create_dir(space.path(".acai/runs/tiny"))).unwrap();
    assert_eq!(space.say(&["cache", "verify"]).code, Some(1));
    let said = space.say(&["cache", "verify", "--repair"]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert_eq!(space.say(&["cache", "verify"]).code, Some(0));
    space.run(&[]);
    assert_eq!(space.digests(), digests);
    assert!(space.path(".acai/runs/tiny").is_file());
}

/// The program as somebody who is not root.
fn as_nobody(space: &Space, arguments: &[&str]) -> Said {
    let mut command = space.command(arguments);
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    command.env("HOME", space.path("")).output().unwrap().into()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Somebody who is not root, for whom modes count, can start the program.
fn nobody_can_run(space: &Space) -> bool {
    fs::set_permissions(space.path(""), fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = space.command(&["--version"]);
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn an_unreadable_artifact_is_a_damaged_one() {
    let space = Space::new(&plain());
    if !nobody_can_run(&space) {
        return crate::support::skipped("an_unreadable_artifact", "no other user can start this");
    }
    let run = ["run", "tiny.ron", "--no-lock"];
    assert_eq!(as_nobody(&space, &run).code, Some(0));
    for object in files(&space, "objects") {
        fs::set_permissions(&object, fs::Permissions::from_mode(0o0)).unwrap();
    }
    let said = as_nobody(&space, &["cache", "verify"]);
    assert!(said.stdout.contains("cannot be read: permission denied"), "{}", said.stdout);
    let more = ["run", "tiny.ron", "--no-lock", "--set", "paths.pairs=3"];
    let said = as_nobody(&space, &more);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("damaged"), "{}", said.stderr);
    assert_eq!(as_nobody(&space, &["cache", "verify", "--repair"]).code, Some(0));
    assert_eq!(as_nobody(&space, &run).code, Some(0));
    assert_eq!(as_nobody(&space, &["cache", "verify"]).code, Some(0));
}

#[test]
fn a_store_that_may_only_be_read_can_be_looked_at_and_pushed_from() {
    let space = Space::new(&plain());
    if !nobody_can_run(&space) {
        return crate::support::skipped("a_store_that_may_only_be_read", "nobody can start this");
    }
    space.run(&[]);
    space.run(&["--set", "paths.pairs=3"]);
    fs::create_dir(space.path("shared")).unwrap();
    fs::set_permissions(space.path("shared"), fs::Permissions::from_mode(0o777)).unwrap();
    if !is_root() {
        let lock = |path: &str| Command::new("chmod").args(["-R", "a-w", path]).status().unwrap();
        assert!(lock(space.path(".acai").to_str().unwrap()).success());
    }
    for verb in [
        &["gc", "--dry-run", "--keep-trials", "0"][..],
        &["push", "tiny.ron", "--remote", "shared"],
        &["run", "tiny.ron", "--no-lock"],
        &["show", "tiny.ron"],
    ] {
        let said = as_nobody(&space, verb);
        assert_eq!(said.code, Some(0), "{verb:?}\n{}", said.stderr);
    }
    assert!(fs::read_dir(space.path("shared/objects")).unwrap().count() > 5);
}

#[test]
fn artifacts_are_read_only_and_a_group_can_share_a_store() {
    let space = Space::new(&plain());
    let script = "umask 002; exec \"$0\" run tiny.ron";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_acai-pipe")]);
    let said = Said::from(space.at_home(&mut command).output().unwrap());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let objects = files(&space, "objects");
    assert!(!objects.is_empty() && objects.iter().all(|path| mode(path) == 0o444));
    for folder in ["objects", "actions", "locks", "work", "leases", "runs", "roots"] {
        let path = space.path(".acai").join(folder);
        assert_eq!(mode(&path), 0o775, "{folder}");
        let shared = files(&space, folder).into_iter().filter(|_| folder != "objects");
        assert!(shared.into_iter().all(|path| mode(&path) == 0o664), "{folder}");
    }
    // Read-only artifacts are set aside, built again and collected as before.
    for object in &objects {
        flip_a_byte(object);
        fs::set_permissions(object, fs::Permissions::from_mode(0o444)).unwrap();
    }
    assert_eq!(space.say(&["cache", "verify", "--repair"]).code, Some(0));
    assert_eq!(counts(&space.run(&[])).1, 0);
    assert_eq!(space.say(&["gc", "--forget", "tiny"]).code, Some(0));
    assert!(files(&space, "objects").is_empty());
}

#[test]
fn no_lock_is_written_beside_what_is_no_file() {
    let space = Space::new(&plain());
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let mut command = space.command(&["run", path]);
        command.stdin(fs::File::open(space.path("tiny.ron")).unwrap());
        let said = Said::from(command.output().unwrap());
        assert_eq!(said.code, Some(0), "{path}\n{}", said.stderr);
        assert!(!said.stderr.contains("is not written"), "{path}\n{}", said.stderr);
        assert!(!Path::new(&format!("{path}.lock.ron")).exists(), "{path}");
    }
    let left: Vec<_> =
        fs::read_dir(space.path("")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_str().unwrap().contains("lock")), "{left:?}");
}

#[test]
fn pipes_and_devices_are_refused_where_a_file_is_expected() {
    let space = Space::new(&plain());
    let pipe = |name: &str| {
        assert!(Command::new("mkfifo").arg(space.path(name)).status().unwrap().success());
    };
    for name in ["pipe.ron", "bars.ron", "locked.lock.ron"] {
        pipe(name);
    }
    fs::copy(space.path("tiny.ron"), space.path("locked.ron")).unwrap();
    let own = r#"Pipeline(name: "own", stages: { "bars": Dataset(source: "./bars.ron") })"#;
    fs::write(space.path("own.ron"), own).unwrap();
    for arguments in [
        &["run", "pipe.ron"][..],
        &["check", "pipe.ron"],
        &["run", "own.ron"],
        &["run", "locked.ron"],
        &["unbundle", "pipe.ron", "into"],
    ] {
        let said = space.say(arguments);
        assert!(
            said.code == Some(if arguments[0] == "unbundle" { 1 } else { 2 }),
            "{arguments:?}: {:?}\n{}",
            said.code,
            said.stderr
        );
        assert!(said.stderr.contains("a pipe, a socket or a device"), "{}", said.stderr);
    }
}
