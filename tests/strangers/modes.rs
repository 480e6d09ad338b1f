//! Modes: what is made follows the umask, and what others may change is not believed.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{DRAWN, bounded};
use crate::{
    bundles::good,
    support::{Said, Space},
};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn with_umask(space: &Space, umask: u32, arguments: &[&str]) -> Said {
    let mut command = Command::new("sh");
    let script = format!("umask {umask:03o}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_acai-pipe")]).args(arguments);
    space.at_home(&mut command).output().unwrap().into()
}

/// Everything below a folder, and the folder.
fn all(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = vec![folder];
    let mut at = 0;
    while at < found.len() {
        if found[at].is_dir() {
            let inner = fs::read_dir(&found[at]).unwrap().map(|entry| entry.unwrap().path());
            let inner: Vec<PathBuf> = inner.collect();
            found.extend(inner);
        }
        at += 1;
    }
    found
}

#[test]
fn what_is_made_follows_the_umask() {
    for umask in [0o000, 0o022, 0o027, 0o077] {
        let space = Space::new(DRAWN);
        fs::write(space.path("study.acai"), good()).unwrap();
        for arguments in [
            &["unbundle", "study.acai", "unpacked"][..],
            &["show", "study.acai"],
            &["run", "tiny.ron"],
            &["report", "tiny.ron"],
            &["bundle", "tiny.ron"],
        ] {
            let said = with_umask(&space, umask, arguments);
            assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.stderr);
        }
        let made = ["unpacked", ".acai", "tiny.html", "tiny.acai", "tiny.lock.ron"];
        for path in made.iter().flat_map(|name| all(space.path(name))) {
            // Artifacts are read-only.
            let is_object = path.parent().is_some_and(|folder| folder.ends_with("objects"));
            let whole = match (path.is_dir(), is_object) {
                (true, _) => 0o777,
                (false, true) => 0o444,
                (false, false) => 0o666,
            };
            assert_eq!(mode(&path), whole & !umask, "{umask:03o} {}", path.display());
        }
    }
}

#[test]
fn a_store_that_others_can_write_to_is_warned_about_once() {
    const WARNING: &str = "warning: everybody on this machine can write to ";
    let space = Space::new(DRAWN);
    let root = space.path("");
    let is_reachable = root.ancestors().skip(1).all(|folder| mode(folder) & 0o001 != 0);
    if !is_reachable {
        return crate::support::skipped("a_store_that_others_can_write_to", "nobody gets there");
    }
    let warnings = |arguments: &[&str]| {
        let said = bounded(&space, arguments);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stderr.matches(WARNING).count()
    };
    let run = ["run", "tiny.ron"];
    set_mode(&root, 0o755);
    let is_clean = warnings(&run) == 0;
    set_mode(&space.path(".acai"), 0o777);
    assert_eq!(warnings(&run), 1, "the store itself");
    assert_eq!(warnings(&["cache", "info"]), 1);
    assert_eq!(warnings(&["run", "tiny.ron", "-q"]), 0);
    set_mode(&space.path(".acai"), 0o775);
    set_mode(&root, 0o757);
    assert_eq!(warnings(&run), 1, "its folder");
    fs::remove_dir_all(space.path(".acai")).unwrap();
    assert_eq!(warnings(&run), 1, "before it is there");
    if is_clean {
        set_mode(&root, 0o1777);
        set_mode(&space.path(".acai"), 0o755);
        assert_eq!(warnings(&run), 0, "nobody can replace it");
    }
    set_mode(&root, 0o700);
    set_mode(&space.path(".acai"), 0o777);
    assert_eq!(warnings(&run), 0, "nobody can get there");
}

#[test]
fn an_unpacked_bundle_is_checked_again_when_it_is_used() {
    let space = Space::new(DRAWN);
    fs::write(space.path("study.acai"), good()).unwrap();
    let show = || bounded(&space, &["show", "study.acai"]);
    assert_eq!(show().code, Some(0));
    let bundles = space.path(".acai/bundles");
    let inside = all(bundles.clone());
    let named = |name: &str| {
        inside.iter().find(|path| path.ends_with(name)).unwrap_or_else(|| panic!("{name}")).clone()
    };
    for name in ["pipeline.ron", "pipeline.lock.ron", "REPRODUCING.md"] {
        let path = named(name);
        let before = fs::read(&path).unwrap();
        let after = [before.as_slice(), b"\n"].concat();
        fs::write(&path, after).unwrap();
        let said = show();
        assert_eq!(said.code, Some(1), "{name}: {}", said.stderr);
        assert!(said.stderr.contains("was changed since"), "{}", said.stderr);
        assert!(said.stderr.contains(&format!("`{name}` is not what")), "{}", said.stderr);
        fs::remove_file(&path).unwrap();
        assert_eq!(show().code, Some(1), "{name} is gone");
        // The right content through a link may be another one later.
        fs::write(space.path("copy"), &before).unwrap();
        std::os::unix::fs::symlink(space.path("copy"), &path).unwrap();
        assert_eq!(show().code, Some(1), "{name} is a link");
        fs::remove_file(&path).unwrap();
        fs::write(&path, before).unwrap();
        assert_eq!(show().code, Some(0));
    }
    // What is said to do is enough.
    let folder = named("pipeline.ron").parent().unwrap().to_owned();
    fs::write(folder.join("pipeline.ron"), "").unwrap();
    assert_eq!(show().code, Some(1));
    fs::remove_dir_all(folder).unwrap();
    assert_eq!(show().code, Some(0));
}
