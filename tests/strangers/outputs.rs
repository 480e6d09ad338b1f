//! Where files are written: nothing that others put there is written through.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use super::{Canary, DRAWN, bounded, names, pipe};
use crate::support::Space;

fn space() -> Space {
    let space = Space::new(DRAWN);
    space.run(&[]);
    space
}

/// What unfinished files were called, and what they might be called.
#[test]
fn planted_links_beside_an_output_are_not_written_through() {
    let space = space();
    let canary = Canary::new(&["file"]);
    let planted = ["tiny.html", "out.html", "out.svg", "tiny.acai", "tiny.lock.ron"];
    for name in planted {
        for end in ["part", "new", "tmp"] {
            for planted in [format!("{name}.{end}"), format!(".{name}.{end}")] {
                symlink(canary.path().join("file"), space.path(&planted)).unwrap();
            }
        }
    }
    fs::remove_file(space.path("tiny.lock.ron")).unwrap();
    for verb in [
        &["report", "tiny.ron"][..],
        &["report", "tiny.ron", "-o", "out.html"],
        &["graph", "tiny.ron", "-o", "out.svg"],
        &["bundle", "tiny.ron"],
        &["run", "tiny.ron"],
    ] {
        let said = bounded(&space, verb);
        assert_eq!(said.code, Some(0), "{verb:?}: {}", said.stderr);
        canary.is_untouched(&verb);
    }
    for name in planted {
        assert!(fs::symlink_metadata(space.path(name)).unwrap().is_file(), "{name}");
    }
    let left = names(&space.path(""));
    assert!(!left.iter().any(|name| name.starts_with(".acai-pipe")), "{left:?}");
}

#[test]
fn a_default_output_that_is_a_link_is_refused() {
    for (verb, name) in [("report", "tiny.html"), ("bundle", "tiny.acai")] {
        for (canary, target) in [(Canary::new(&["file"]), "file"), (Canary::new(&[]), "new")] {
            let space = space();
            symlink(canary.path().join(target), space.path(name)).unwrap();
            let said = bounded(&space, &[verb, "tiny.ron"]);
            assert_eq!(said.code, Some(2), "{verb}: {}", said.stderr);
            assert!(said.stderr.contains(&format!("`{name}` is a link")), "{}", said.stderr);
            assert!(said.stderr.contains("`--output FILE` names another"), "{}", said.stderr);
            canary.is_untouched(&verb);
            fs::remove_file(space.path(name)).unwrap();
            pipe(&space.path(name));
            assert_eq!(bounded(&space, &[verb, "tiny.ron"]).code, Some(2), "{verb} into a pipe");
        }
    }
}

#[test]
fn a_lock_that_is_a_link_is_left_alone_and_that_is_said() {
    let space = space();
    let canary = Canary::new(&[]);
    fs::remove_file(space.path("tiny.lock.ron")).unwrap();
    symlink(canary.path().join("new"), space.path("tiny.lock.ron")).unwrap();
    let said = bounded(&space, &["run", "tiny.ron"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains("is not written: "), "{}", said.stderr);
    assert!(said.stderr.contains("is a link, and not a file"), "{}", said.stderr);
    assert!(fs::symlink_metadata(space.path("tiny.lock.ron")).unwrap().is_symlink());
    canary.is_untouched(&"a lock");
}

#[test]
fn a_link_that_was_named_is_followed_and_that_is_said() {
    let space = space();
    let target = |name: &str| space.path("results").join(name);
    fs::create_dir(space.path("results")).unwrap();
    let verbs: [(&str, &[&str]); 5] = [
        ("page.html", &["report", "tiny.ron", "-o", "page.html"]),
        ("graph.svg", &["graph", "tiny.ron", "-o", "graph.svg"]),
        ("study.acai", &["bundle", "tiny.ron", "-o", "study.acai"]),
        ("lines.npz", &["export", "tiny.ron", "lines", "--npz", "lines.npz", "--force"]),
        ("sheet.png", &["show", "tiny.ron", "lines", "--png", "sheet.png"]),
    ];
    for (name, verb) in verbs {
        symlink(Path::new("results").join(name), space.path(name)).unwrap();
        // The first time there is nothing, then there is something.
        for _ in 0..2 {
            let said = bounded(&space, verb);
            assert_eq!(said.code, Some(0), "{verb:?}: {}", said.stderr);
            let link = format!("{name} (a link to ");
            assert!((said.stderr + &said.stdout).contains(&link), "{verb:?}");
            assert!(fs::symlink_metadata(space.path(name)).unwrap().is_symlink(), "{name}");
            assert!(fs::symlink_metadata(target(name)).unwrap().is_file(), "{name}");
        }
    }
    fs::set_permissions(target("page.html"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(bounded(&space, &["report", "tiny.ron", "-o", "page.html"]).code, Some(0));
    let mode = fs::metadata(target("page.html")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn pictures_are_not_written_through_links_in_their_folder() {
    let space = space();
    let export = ["export", "tiny.ron", "lines", "--png", "pictures", "--count", "2", "--force"];
    assert_eq!(bounded(&space, &export).code, Some(0));
    let canary = Canary::new(&["file"]);
    let first = space.path("pictures").join(names(&space.path("pictures")).remove(0));
    fs::remove_file(&first).unwrap();
    symlink(canary.path().join("file"), &first).unwrap();
    let said = bounded(&space, &export);
    assert!(said.code > Some(0) && said.stderr.contains("is a link"), "{}", said.stderr);
    canary.is_untouched(&"a picture");
}
