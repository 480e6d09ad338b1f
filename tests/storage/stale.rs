//! Files of datasets that are other files than they were, and do not look like it.

use std::{fs, process::Command, time::Duration};

use crate::support::{Space, counts};

const PIPELINE: &str = r#"Pipeline(
    name: "tiny",
    stages: { "bars": Dataset(source: "bars.ron") },
)"#;

const DESCRIPTOR: &str = r#"Descriptor(
    name: "bars",
    about: "bars",
    image: (height: 8, width: 8, channels: 1),
    pad: 12,
    classes: ["thin", "fat"],
    files: [(name: "images.idx"), (name: "labels.idx")],
    train: [Idx(images: "images.idx", labels: "labels.idx")],
    split: Blocks(test: 0.25, blocks: 2),
)"#;

/// Writes 16 images of one grey below `folder`, all as old as can be.
fn write(space: &Space, folder: &str, grey: u8) {
    fs::create_dir_all(space.path(folder)).unwrap();
    let labels: Vec<u8> = (0..16).map(|image| image % 2).collect();
    let images = [&idx(&[16, 8, 8])[..], &[grey; 16 * 64]].concat();
    fs::write(space.path(folder).join("images.idx"), images).unwrap();
    fs::write(space.path(folder).join("labels.idx"), [&idx(&[16])[..], &labels].concat()).unwrap();
    sh(space, &format!("touch -d '2001-02-03 04:05:06' {folder}/*.idx"));
}

/// The head of an idx file of bytes.
fn idx(axes: &[u32]) -> Vec<u8> {
    let mut head = vec![0, 0, 8, axes.len() as u8];
    head.extend(axes.iter().flat_map(|axis| axis.to_be_bytes()));
    head
}

fn sh(space: &Space, script: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(space.path(""));
    assert!(command.status().unwrap().success(), "{script}");
}

#[test]
fn other_files_of_equal_size_and_time_are_seen_whichever_way_they_came() {
    let space = Space::new(PIPELINE);
    fs::write(space.path("bars.ron"), DESCRIPTOR).unwrap();
    for (name, grey) in [("one", 10), ("two", 20)] {
        write(&space, name, grey);
        sh(&space, &format!("tar cf {name}.tar -C {name} ."));
    }
    let ways = [
        "tar xf NAME.tar",
        "cp -p NAME/*.idx .",
        "cat NAME/images.idx >images.idx; touch -r NAME/images.idx images.idx",
        "mv images.idx gone; cp -p NAME/images.idx new; mv new images.idx",
        "rm images.idx; cp -p NAME/images.idx images.idx",
    ];
    sh(&space, "tar xf one.tar");
    // Old enough to be remembered.
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(counts(&space.run(&[])).0, 1);
    assert_eq!(counts(&space.run(&[])).0, 0);
    let mut digests = vec![space.digests()];
    for (way, name) in ways.iter().zip(["two", "one"].into_iter().cycle()) {
        sh(&space, &way.replace("NAME", name));
        space.run(&[]);
        digests.push(space.digests());
        std::thread::sleep(Duration::from_millis(2_100));
        space.run(&[]);
    }
    for (way, pair) in ways.iter().zip(digests.windows(2)) {
        assert_ne!(pair[0], pair[1], "{way}");
    }
    assert_eq!(digests[0], digests[2]);
}
