//! Places that files name: in their own folder and below, and nowhere else.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{Canary, bounded};
use crate::support::Space;

const BARS: &str = r#"(
    name: "bars", about: "Bars.", image: (height: 2, width: 2, channels: 1),
    classes: ["a", "b"],
    files: [(name: "bars.npz")],
    train: [Npz(file: "bars.npz", images: "x", labels: "y")],
    split: Blocks(test: 0.5, blocks: 1),
)"#;

/// A pipeline in a folder of its own, and descriptors in it and outside.
fn space(source: &str) -> Space {
    let space = Space::new("");
    let text =
        format!(r#"Pipeline(name: "own", stages: {{ "bars": Dataset(source: {source:?}) }})"#);
    for folder in ["study", "study/sub", "other"] {
        fs::create_dir(space.path(folder)).unwrap();
        fs::write(space.path(folder).join("bars.ron"), BARS).unwrap();
    }
    fs::write(space.path("study/own.ron"), text).unwrap();
    space
}

fn check(space: &Space) -> String {
    let said = bounded(space, &["check", "study/own.ron"]);
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    // Long lines are wrapped.
    said.stderr.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_pipeline_names_descriptors_below_its_folder() {
    for source in ["./bars.ron", "bars.ron", "sub/bars.ron", "./sub/../sub/bars.ron"] {
        let said = check(&space(source));
        let is_refused = source.contains("..");
        assert_eq!(said.contains("leads out of its folder"), is_refused, "{source}: {said}");
        // The descriptor is read, and its file is missing.
        assert_eq!(said.contains("bars.npz"), !is_refused, "{source}: {said}");
    }
    let outside = space("../other/bars.ron");
    assert!(check(&outside).contains("goes up with `..`"));
    let outside = space("/nowhere");
    let absolute = outside.path("other/bars.ron");
    assert!(check(&space(absolute.to_str().unwrap())).contains("is an absolute path"));
    for (link, target) in [("link.ron", "../other/bars.ron"), ("inner.ron", "sub/bars.ron")] {
        let space = space(&format!("./{link}"));
        symlink(target, space.path("study").join(link)).unwrap();
        let leads_out = link == "link.ron";
        assert_eq!(check(&space).contains("is a link out of its folder"), leads_out, "{link}");
    }
    let linked = space("./linked/bars.ron");
    symlink("../other", linked.path("study/linked")).unwrap();
    assert!(check(&linked).contains("is a link out of its folder"));
}

#[test]
fn what_the_user_names_may_be_anywhere() {
    let space = space("./bars.ron");
    let absolute = space.path("other/bars.ron");
    for source in [absolute.to_str().unwrap(), "./study/../other/bars.ron"] {
        let said = bounded(&space, &["data", "info", source]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
    }
}

/// Each field of a descriptor that names a file or folder.
#[test]
fn a_descriptor_names_nothing_outside_its_folder() {
    let changes: [(&str, &str); 4] = [
        ("classes: [", r#"folder: "PLACE", classes: ["#),
        (r#"name: "bars.npz""#, r#"name: "PLACE""#),
        (r#"Npz(file: "bars.npz", images: "x", labels: "y")"#, r#"Folder(path: "PLACE")"#),
        (r#"["a", "b"]"#, r#"["PLACE", "b"]"#),
    ];
    for (at, (before, after)) in changes.into_iter().enumerate() {
        for place in ["/etc", "../other", "..", "a/../../other", "C:\\\\a"] {
            let space = space("./bars.ron");
            fs::create_dir_all(space.path("study/bars/b")).unwrap();
            let mut text = BARS.replace(before, &after.replace("PLACE", place));
            if at == 3 {
                text = text.replace(changes[2].0, r#"Folder(path: "bars")"#);
            }
            fs::write(space.path("study/bars.ron"), text).unwrap();
            let said = check(&space);
            let refused = ["leads out of", "is not the name of a file", "a name has no folders"];
            assert!(refused.iter().any(|word| said.contains(word)), "{after} {place}: {said}");
        }
    }
}

#[test]
fn links_beside_a_descriptor_are_not_followed_out_of_its_folder() {
    let canary = Canary::new(&["bars.npz"]);
    let at = |canary: &Canary| canary.path().join("bars.npz");
    let space = space("./bars.ron");
    symlink(at(&canary), space.path("study/bars.npz")).unwrap();
    let said = check(&space);
    assert!(said.contains("bars.npz") && !said.contains("no whole"), "{said}");
    // In a folder that the user names, links are the user's.
    fs::create_dir(space.path("data")).unwrap();
    symlink(at(&canary), space.path("data/bars.npz")).unwrap();
    let said = bounded(&space, &["plan", "study/own.ron", "--data", "data"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let inner = space.path("study/real.npz");
    fs::copy(at(&canary), &inner).unwrap();
    fs::remove_file(space.path("study/bars.npz")).unwrap();
    symlink(Path::new("real.npz"), space.path("study/bars.npz")).unwrap();
    assert_eq!(bounded(&space, &["plan", "study/own.ron"]).code, Some(0));
}
