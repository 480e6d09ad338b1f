//! A dataset of one's own: one RON file, no Rust, and nothing goes wrong quietly.
//!
//! Knows nothing of formats beyond idx, which is easily written.

use std::path::PathBuf;

use acai_artifact::Reader;

use crate::support::{Said, Space, counts, flip_a_byte, idx, ran, sha256};

const PIPELINE: &str = r#"Pipeline(
    name: "own",
    stages: {
        "bars":     Dataset(source: "bars.ron"),
        "models":   Train(
            data: "bars",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 1,
            variants: {
                "baseline": (autoencoder: Baseline),
                "acai":     (autoencoder: Baseline, regularizer: Acai),
            },
        ),
        "latents":  Encode(model: "models", data: "bars"),
        "clusters": KMeans(latents: "latents", k: 3, restarts: 3),
        "probe":    Probe(latents: "latents"),
    },
)"#;

const DESCRIPTOR: &str = r#"Descriptor(
    name: "bars",
    about: "bars of three widths",
    image: (height: 30, width: 30, channels: 1),
    pad: 1,
    classes: ["thin", "thick", "fat"],
    first_label: 1,
    files: [(name: "images.idx"), (name: "labels.idx")],
    train: [Idx(images: "images.idx", labels: "labels.idx")],
    split: Blocks(test: 0.25, blocks: 4),
)"#;

/// The pipeline beside its descriptor and its files: 200 images of bars.
fn space() -> Space {
    let space = Space::new(PIPELINE);
    std::fs::write(space.path("bars.ron"), DESCRIPTOR).unwrap();
    let labels: Vec<u8> = (0..200).map(|image| 1 + image % 3).collect();
    let images: Vec<u8> = labels
        .iter()
        .zip(0_usize..)
        .flat_map(|(&label, image)| {
            let bar = image % 20..image % 20 + 3 * usize::from(label);
            (0..900).map(move |at| if bar.contains(&(at % 30)) { 255 } else { 0 })
        })
        .collect();
    std::fs::write(space.path("images.idx"), idx(&[200, 30, 30], &images)).unwrap();
    std::fs::write(space.path("labels.idx"), idx(&[200], &labels)).unwrap();
    space
}

/// The first block marked `tag` of docs/extending.md that begins with `head`.
fn walk_through(tag: &str, head: &str) -> String {
    let page = std::fs::read_to_string("docs/extending.md").unwrap();
    let start = format!("\n```{tag}\n");
    let block = page.split(&start).skip(1).find(|block| block.starts_with(head)).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// A NumPy archive's member.
fn npy(kind: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = u16::try_from(head.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &length, head.as_bytes(), bytes].concat()
}

#[test]
fn the_walk_through_s_dataset_runs() {
    let space = Space::new(&walk_through("ron,beside", "Pipeline("));
    std::fs::write(space.path("bars.ron"), walk_through("ron", "Descriptor(")).unwrap();
    let labels: Vec<i64> = (0..300).map(|image| image % 3).collect();
    let pixel = |label: i64, at: i64| if at % 32 == 8 + 8 * label { 255 } else { at as u8 % 64 };
    let images: Vec<u8> =
        labels.iter().flat_map(|&label| (0..1024).map(move |at| pixel(label, at))).collect();
    let mut archive = zip::ZipWriter::new(std::fs::File::create(space.path("bars.npz")).unwrap());
    let labels: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    for (name, bytes) in [
        ("images.npy", npy("|u1", "300, 32, 32", &images)),
        ("labels.npy", npy("<i8", "300,", &labels)),
    ] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, &bytes).unwrap();
    }
    archive.finish().unwrap();
    assert_eq!(counts(&space.run(&["--set", "models.kimg=1"])), (9, 0, 0, 0));
}

fn artifact(space: &Space, instance: &str) -> Reader {
    let shown = space.array("show", &[]);
    let one = shown.iter().find(|one| one["instance"] == instance).unwrap();
    Reader::open(&PathBuf::from(one["path"].as_str().unwrap())).unwrap()
}

/// What goes wrong with the dataset, which takes everything after it along.
#[track_caller]
fn fails(space: &Space) -> String {
    let Said { code, stderr, .. } = space.say(&["run", "tiny.ron"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("8 skipped"), "{stderr}");
    let objects = std::fs::read_dir(space.path(".acai/objects")).unwrap();
    let work = std::fs::read_dir(space.path(".acai/work")).unwrap();
    assert_eq!((objects.count(), work.count()), (0, 0), "nothing is half-written");
    stderr
}

#[test]
fn one_file_of_ron_is_all_it_takes() {
    let space = space();
    assert_eq!(counts(&space.run(&[])), (9, 0, 0, 0));
    let bars = artifact(&space, "bars");
    assert_eq!(bars.shape("images/train").unwrap(), [152, 1, 32, 32]);
    assert_eq!(bars.shape("images/test").unwrap(), [48, 1, 32, 32]);
    let first = bars.read_rows::<u8>("images/train", 0..1).unwrap().data;
    assert_eq!(first[..32], [0; 32], "a margin");
    assert_eq!(first[32..40], [0, 255, 255, 255, 0, 0, 0, 0]);
    // The 38th of each block of 50 is the first to test on.
    let test = bars.read::<u8>("labels/test").unwrap().data;
    assert_eq!(test[..3], [38 % 3, 39 % 3, 40 % 3]);
    assert_eq!(bars.read::<u32>("counts/test").unwrap().data.iter().sum::<u32>(), 48);
    assert_eq!(bars.texts_attribute("", "class_names").unwrap(), ["thin", "thick", "fat"]);
}

#[test]
fn contents_decide_and_neither_names_nor_places_do() {
    let space = space();
    space.run(&[]);
    assert_eq!(counts(&space.run(&[])), (0, 9, 0, 0));
    let elsewhere = space.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for (old, new) in [("images.idx", "pictures.bin"), ("labels.idx", "classes.bin")] {
        std::fs::rename(space.path(old), elsewhere.join(new)).unwrap();
    }
    let renamed = DESCRIPTOR.replace("images.idx", "pictures.bin");
    let renamed = renamed.replace("labels.idx", "classes.bin").replace("\"bars\"", "\"stripes\"");
    std::fs::write(space.path("bars.ron"), renamed).unwrap();
    let with = ["--data", elsewhere.to_str().unwrap()];
    assert_eq!(counts(&space.run(&with)), (0, 9, 0, 0));
    let mut bytes = std::fs::read(elsewhere.join("pictures.bin")).unwrap();
    bytes[16] ^= 1;
    std::fs::write(elsewhere.join("pictures.bin"), bytes).unwrap();
    let events = space.run(&with);
    assert!(ran(&events).contains(&"models/acai/0"), "{:?}", ran(&events));
}

#[test]
fn plan_names_the_contents_that_changed() {
    let space = space();
    space.run(&[]);
    flip_a_byte(&space.path("images.idx"));
    let planned = space.array("plan", &[]);
    assert_eq!(
        (planned[0]["instance"].as_str(), planned[0]["state"].as_str()),
        (Some("bars"), Some("run"))
    );
    let reason = &planned[0]["reasons"][0];
    assert_eq!(reason["field"], "train_files");
    assert!(reason["old"].as_str().unwrap().contains("sha256:"), "{reason}");
    assert_eq!(reason["at"], "tiny.ron:4:37");
}

#[test]
fn bits_do_not_depend_on_threads_or_instructions() {
    let digests = |threads: &str, simd: Option<&str>| {
        let space = space();
        let mut command = space.command(&["run", "tiny.ron", "-q", "--threads", threads]);
        command.envs(simd.map(|simd| ("ACAI_SIMD", simd)));
        assert!(command.output().unwrap().status.success());
        space.digests()
    };
    let one = digests("1", None);
    assert_eq!(one, digests("3", None));
    assert_eq!(one, digests("2", Some("portable")));
}

#[test]
fn files_that_are_cut_short_or_lie_are_refused() {
    let space = space();
    let whole = std::fs::read(space.path("images.idx")).unwrap();
    std::fs::write(space.path("images.idx"), &whole[..50_000]).unwrap();
    let told = fails(&space);
    assert!(told.contains("images.idx") && told.contains("whole"), "{told}");

    let mut lying = whole.clone();
    lying[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    std::fs::write(space.path("images.idx"), lying).unwrap();
    let told = fails(&space);
    assert!(told.contains("there are 4294967295 images"), "{told}");

    std::fs::write(space.path("images.idx"), &whole).unwrap();
    let mut labels = std::fs::read(space.path("labels.idx")).unwrap();
    labels[8 + 150] = 9;
    std::fs::write(space.path("labels.idx"), labels).unwrap();
    let told = fails(&space);
    let wanted =
        "image 150 of `bars` has the label 9, and the labels of its 3 classes go from 1 to 3";
    assert!(told.contains(wanted), "{told}");
}

#[test]
fn images_of_another_shape_than_said_are_refused() {
    let space = space();
    let other = DESCRIPTOR.replace("width: 30", "width: 28").replace("pad: 1", "pad: 2");
    std::fs::write(space.path("bars.ron"), other.replace("height: 30", "height: 28")).unwrap();
    let told = fails(&space);
    let wanted = "the images of `bars` are 30×30×1 (height, width, channels), and its descriptor \
                  says 28×28×1";
    assert!(told.contains(wanted), "{told}");
}

/// A limit on the size of files stands for a full disk: writing fails as there.
#[cfg(unix)]
#[test]
fn a_full_disk_fails_the_stage_and_leaves_nothing() {
    let space = space();
    let mut command = std::process::Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" run tiny.ron";
    command.args(["-c", script, env!("CARGO_BIN_EXE_acai-pipe")]);
    let said = Said::from(space.at_home(&mut command).output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    assert!(said.stderr.contains("bars") && said.stderr.contains("failed"), "{}", said.stderr);
    assert_eq!(std::fs::read_dir(space.path(".acai/objects")).unwrap().count(), 0);
    assert_eq!(counts(&space.run(&[])), (9, 0, 0, 0), "with room again, all is well");
}

#[test]
fn a_descriptor_with_a_checksum_is_fetched_and_verified() {
    let space = space();
    let (file, labels) = (space.path("images.idx"), space.path("labels.idx"));
    let known = "(name: \"images.idx\", size: 180016, checksum: \"sha256:";
    let sum = sha256(&std::fs::read(&file).unwrap());
    std::fs::create_dir(space.path("mirror")).unwrap();
    let mirror = space.path("mirror/images.idx");
    std::fs::rename(&file, &mirror).unwrap();
    let entry = format!("{known}{sum}\", mirrors: [\"file://{}\"])", mirror.display());
    let text = DESCRIPTOR.replace("(name: \"images.idx\")", &entry);
    std::fs::write(space.path("bars.ron"), text).unwrap();
    assert!(labels.exists());

    let verified = space.say(&["data", "verify", "bars.ron"]);
    assert_eq!(verified.code, Some(1));
    assert!(
        verified.stdout.contains("missing   `images.idx` (180016 bytes, sha256:"),
        "{}",
        verified.stdout
    );
    let offline = space.say(&["data", "fetch", "bars.ron", "--offline"]);
    assert_eq!(offline.code, Some(1));
    assert!(offline.stderr.contains("downloads are switched off"), "{}", offline.stderr);
    assert!(offline.stderr.contains("put it into"), "{}", offline.stderr);

    let fetched = space.say(&["data", "fetch", "bars.ron"]);
    assert_eq!(fetched.code, Some(0), "{}", fetched.stderr);
    let path = fetched.stdout.lines().next().unwrap();
    assert!(path.ends_with(&format!("downloads/sha256-{sum}/images.idx")), "{path}");
    std::fs::remove_file(mirror).unwrap();
    assert_eq!(space.say(&["data", "verify", "bars.ron"]).code, Some(0));
    assert_eq!(counts(&space.run(&["--offline"])), (9, 0, 0, 0));
}

#[test]
fn shipped_datasets_are_listed_and_described() {
    let space = Space::new(PIPELINE);
    let listed = space.say(&["data", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let line = |name: &str| listed.stdout.lines().find(|line| line.contains(name)).unwrap();
    assert!(line(" mnist ").contains("60,000 + 10,000"), "{}", listed.stdout);
    assert!(line(" mnist ").contains("not here (11.6 MB)"), "{}", listed.stdout);
    assert!(line(" lines ").contains("drawn"), "{}", listed.stdout);
    let told = space.say(&["data", "info", "svhn"]).stdout;
    assert!(told.contains("604,388 to train and 26,032 to test on, 3×32×32"), "{told}");
    assert!(told.contains("md5:a93ce644f1a588dc4d68dda5feec44a7"), "{told}");
    assert_eq!(space.say(&["data", "verify"]).code, Some(0), "nothing here is wrong");
    let unknown = space.say(&["data", "info", "minst"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("did you mean `mnist`?"), "{}", unknown.stderr);
}

#[test]
fn show_counts_the_images_and_draws_a_sheet() {
    let space = space();
    space.run(&[]);
    let png = space.path("sheet.png");
    let shown = space.say(&["show", "tiny.ron", "bars", "--png", png.to_str().unwrap()]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(shown.stdout.contains("thick"), "{}", shown.stdout);
    assert!(shown.stdout.contains("contact sheet of the test images"), "{}", shown.stdout);
    assert_eq!(std::fs::read(png).unwrap()[..4], *b"\x89PNG");
}
