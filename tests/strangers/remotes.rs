//! A shared cache in which others put links, pipes and endless devices.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use super::{Canary, DRAWN, ODD, age, bounded, names};
use crate::support::{Space, counts, events};

const REMOTE: [&str; 2] = ["--remote", "shared"];

/// A study that was run, and a folder to share it in.
fn space() -> Space {
    let space = Space::new(DRAWN);
    space.run(&[]);
    fs::create_dir(space.path("shared")).unwrap();
    space
}

fn push(space: &Space) {
    let said = bounded(space, &["push", "tiny.ron", "--remote", "shared"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

/// The only file in a folder of the shared cache.
fn only(space: &Space, folder: &str) -> PathBuf {
    let folder = space.path("shared").join(folder);
    folder.join(names(&folder).remove(0))
}

#[test]
fn nothing_is_pushed_or_removed_through_a_link() {
    for folder in ["objects", "actions", "incoming"] {
        let space = space();
        let upload = format!("{}.host-1-2-3", "0".repeat(64));
        let canary = Canary::new(&["old.txt", &upload]);
        symlink(canary.path(), space.path("shared").join(folder)).unwrap();
        let said = bounded(&space, &["push", "tiny.ron", "--remote", "shared"]);
        assert_eq!(said.code, Some(1), "{folder}: {}", said.stderr);
        assert!(said.stderr.contains("is a link or a file, and not a folder"), "{}", said.stderr);
        canary.is_untouched(&folder);
    }
}

#[test]
fn nothing_is_read_through_a_linked_folder() {
    for folder in ["objects", "actions"] {
        let space = space();
        push(&space);
        let moved = space.path("elsewhere");
        fs::rename(space.path("shared").join(folder), &moved).unwrap();
        symlink(&moved, space.path("shared").join(folder)).unwrap();
        fs::remove_dir_all(space.path(".acai")).unwrap();
        let said = bounded(&space, &["pull", "tiny.ron", "--remote", "shared"]);
        assert_eq!(said.code, Some(1), "{folder}: {}", said.stderr);
        assert!(said.stderr.contains("and not a folder"), "{}", said.stderr);
    }
}

#[test]
fn only_uploads_are_swept() {
    let space = space();
    push(&space);
    let digest = "0".repeat(64);
    let incoming = |name: &str| space.path("shared/incoming").join(name);
    let uploads = [format!("{digest}.host-1-2-3"), format!("{digest}.0123456789abcdef")];
    let others = ["notes.txt".to_owned(), digest.clone(), format!("{digest}.tar.gz")];
    for name in uploads.iter().chain(&others) {
        fs::write(incoming(name), "").unwrap();
        age(&incoming(name));
    }
    fs::write(incoming(&format!("{digest}.new")), "").unwrap();
    let canary = Canary::new(&["old"]);
    symlink(canary.path().join("old"), incoming(&format!("{digest}.link"))).unwrap();
    push(&space);
    let left = names(&space.path("shared/incoming"));
    assert!(!uploads.iter().any(|name| left.contains(name)), "{left:?}");
    assert!(others.iter().all(|name| left.contains(name)), "{left:?}");
    assert_eq!(left.len(), others.len() + 2, "{left:?}");
    canary.is_untouched(&"an upload that is a link");
}

#[test]
fn what_is_no_regular_file_is_neither_waited_for_nor_taken() {
    for folder in ["actions", "objects"] {
        for odd in ODD {
            let what = (folder, odd);
            let space = space();
            push(&space);
            odd.put(&only(&space, folder));
            fs::remove_dir_all(space.path(".acai")).unwrap();
            let said = bounded(&space, &["pull", "tiny.ron", "--remote", "shared"]);
            assert_eq!(said.code, Some(1), "{what:?}: {}", said.stderr);
            assert!(said.stderr.contains("0 are here, 1 are not there"), "{}", said.stderr);
            let planned = bounded(&space, &["plan", "tiny.ron", "--remote", "shared"]);
            assert!(planned.code < Some(2), "{what:?}: {}", planned.stderr);
            // It is computed here, and pushed in the place of what does harm.
            let run = ["run", "tiny.ron", "--progress", "json", REMOTE[0], REMOTE[1]];
            let said = bounded(&space, &run);
            assert_eq!(counts(&events(&said.stdout)).0, 1, "{what:?}: {}", said.stderr);
            push(&space);
            fs::remove_dir_all(space.path(".acai")).unwrap();
            let said = bounded(&space, &["pull", "tiny.ron", "--remote", "shared"]);
            assert_eq!(said.code, Some(0), "{what:?}: {}", said.stderr);
        }
    }
}

#[test]
fn no_more_is_copied_than_the_record_says() {
    let space = space();
    push(&space);
    let object = only(&space, "objects");
    crate::support::make_writable(&object);
    fs::File::options().write(true).open(&object).unwrap().set_len(1 << 40).unwrap();
    fs::remove_dir_all(space.path(".acai")).unwrap();
    let said = bounded(&space, &["pull", "tiny.ron", "--remote", "shared"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("bytes, and its record says"), "{}", said.stderr);
}
