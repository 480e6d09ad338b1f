//! What holds for every artifact: contents read back, digests see content only,
//! and damage is an error.

use std::{fs, path::Path};

use super::*;
use crate::format::Space;

fn weights() -> Vec<f32> {
    (0..3_000_u16).map(f32::from).collect()
}

fn write_model(path: &Path, weights: &[f32], layout: Layout, reversed: bool) -> Digests {
    let mut out = Writer::create(path, Kind::Model).unwrap();
    let mut names = vec!["encoder/0/weight", "decoder/0/weight", "history/loss"];
    if reversed {
        names.reverse();
    }
    for name in names {
        out.write(name, &[60, 50], weights, layout).unwrap();
    }
    out.text_attribute("", "autoencoder", "Baseline, λ = ½").unwrap();
    out.int_attribute("encoder", "depth", 16).unwrap();
    out.finish().unwrap()
}

#[test]
fn everything_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    let mut out = Writer::create(&path, Kind::Images).unwrap();
    let pixels: Vec<u8> = (0..=239).collect();
    out.write("images/train", &[60, 1, 2, 2], &pixels, Layout::Contiguous).unwrap();
    out.write("labels/train", &[3], &[1_i64, -2, 3], Layout::Compressed).unwrap();
    out.write("labels/none", &[0, 4], &[] as &[u32], Layout::Compressed).unwrap();
    out.text_attribute("images/train", "unit", "brightness").unwrap();
    out.text_attribute("images", "empty", "").unwrap();
    out.score("mean_distance", 0.25).unwrap();
    out.score("accuracy", f64::NAN).unwrap();
    out.finish().unwrap();

    let file = Reader::open(&path).unwrap();
    assert_eq!(file.kind(), Kind::Images);
    assert_eq!(
        file.datasets("").unwrap(),
        ["images/train", "labels/none", "labels/train", "scores/accuracy", "scores/mean_distance"]
    );
    assert_eq!(file.datasets("labels").unwrap(), ["labels/none", "labels/train"]);
    assert_eq!(file.read::<u8>("images/train").unwrap().data, pixels);
    let rows = file.read_rows::<u8>("images/train", 1..3).unwrap();
    assert_eq!((rows.shape, rows.data), (vec![2, 1, 2, 2], (4..12).collect()));
    assert!(file.read_rows::<u8>("images/train", 5..5).unwrap().data.is_empty());
    assert_eq!(file.read::<i64>("labels/train").unwrap().data, [1, -2, 3]);
    assert_eq!(file.shape("labels/none").unwrap(), [0, 4]);
    assert_eq!(file.element_type("labels/none").unwrap(), ElementType::U32);
    assert_eq!(file.text_attribute("images/train", "unit").unwrap(), "brightness");
    assert_eq!(file.text_attribute("images", "empty").unwrap(), "");
    let scores = file.scores().unwrap();
    assert!(scores[0].0 == "accuracy" && scores[0].1.is_nan());
    assert_eq!(scores[1], ("mean_distance".to_owned(), 0.25));
    assert!(file.has("labels/none") && !file.has("labels") && !file.has("labels/test"));
}

#[test]
fn digests_do_not_see_layout_order_or_time() {
    let dir = tempfile::tempdir().unwrap();
    let one = write_model(&dir.path().join("1.h5"), &weights(), Layout::Contiguous, false);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let two = write_model(&dir.path().join("2.h5"), &weights(), Layout::Compressed, true);
    assert_eq!(one, two);
    assert_eq!(one.parts.keys().collect::<Vec<_>>(), ["decoder", "encoder", "history"]);
    assert_eq!(one.artifact(Kind::Model), two.artifact(Kind::Model));
}

#[test]
fn the_digest_of_content_is_pinned() {
    let dir = tempfile::tempdir().unwrap();
    let digests = write_model(&dir.path().join("a.h5"), &weights(), Layout::Compressed, false);
    assert_eq!(
        digests.artifact(Kind::Model).to_string(),
        "636e39b689ffc774e984856edecddbd82fe4840ae4aa4c4678fa161213d8704e",
        "content is digested otherwise: every cached artifact would be rebuilt"
    );
}

#[test]
fn one_flipped_weight_changes_one_part() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, change: f32| {
        let mut out = Writer::create(&dir.path().join(name), Kind::Model).unwrap();
        let mut changed = weights();
        changed[2_999] += change;
        out.write("encoder/0/weight", &[3_000], &changed, Layout::Compressed).unwrap();
        out.write("decoder/0/weight", &[3_000], &weights(), Layout::Compressed).unwrap();
        out.finish().unwrap().parts
    };
    let (one, two) = (write("1.h5", 0.0), write("2.h5", 1.0));
    assert_eq!(one["decoder"], two["decoder"]);
    assert_ne!(one["encoder"], two["encoder"]);
}

#[test]
fn attributes_belong_to_the_parts_below_them() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, at: &str| {
        let mut out = Writer::create(&dir.path().join(name), Kind::Images).unwrap();
        out.write("images/train", &[1], &[1_u8], Layout::Contiguous).unwrap();
        out.write("labels/test", &[1], &[1_u8], Layout::Contiguous).unwrap();
        out.text_attribute(at, "note", "new").unwrap();
        out.finish().unwrap().parts
    };
    let (root, images) = (write("1.h5", ""), write("2.h5", "images"));
    let dataset = write("3.h5", "images/train");
    assert_ne!(root["train"], images["train"]);
    assert_ne!(root["test"], images["test"]);
    assert_eq!(images["test"], dataset["test"]);
    assert_ne!(images["train"], dataset["train"]);
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    let mut out = Writer::create(&path, Kind::Scores).unwrap();
    let error = |result: Result<(), ArtifactError>| result.unwrap_err().to_string();
    assert!(
        error(out.write("a/b", &[2, 2], &[1_u8], Layout::Contiguous))
            .ends_with("a.h5: `a/b`: shape [2, 2] does not hold 1 elements")
    );
    assert!(error(out.write("a//b", &[1], &[1_u8], Layout::Contiguous)).contains("is no path"));
    assert!(error(out.text_attribute("", "x", "a\0b")).contains("`x` is not UTF-8 text"));
    out.write("a/b", &[1], &[1_u8], Layout::Contiguous).unwrap();
    assert!(error(out.write("a/b", &[1], &[1_u8], Layout::Contiguous)).contains("`a/b`"));
    out.finish().unwrap();

    let file = Reader::open(&path).unwrap();
    let error = file.read::<f32>("a/b").unwrap_err().to_string();
    assert!(error.ends_with("`a/b`: holds uint8, but float32 was asked for"), "{error}");
    let error = file.read::<u8>("a/c").unwrap_err().to_string();
    assert!(error.ends_with("`a/c`: is missing; the artifact holds a/b"), "{error}");
    let error = file.read_rows::<u8>("a/b", 0..2).unwrap_err().to_string();
    assert!(error.ends_with("has 1 rows; rows 0..2 were asked for"), "{error}");
}

fn attempt(path: &Path, damaged: &[u8]) -> Result<Digests, ArtifactError> {
    fs::write(path, damaged).unwrap();
    Reader::open(path)?.digests()
}

#[test]
fn cut_files_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    write_model(&path, &weights(), Layout::Compressed, false);
    let bytes = fs::read(&path).unwrap();
    for length in (0..bytes.len()).step_by(199) {
        assert!(attempt(&path, &bytes[..length]).is_err(), "cut to {length} bytes");
    }
    assert!(Reader::open(&dir.path().join("missing.h5")).is_err());
}

#[test]
fn flipped_bytes_are_errors_or_change_the_digest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    for layout in [Layout::Contiguous, Layout::Compressed] {
        let whole = write_model(&path, &weights(), layout, false);
        let bytes = fs::read(&path).unwrap();
        let noticed = |place: &usize| {
            let mut damaged = bytes.clone();
            damaged[*place] ^= 0x55;
            !attempt(&path, &damaged).is_ok_and(|digests| digests == whole)
        };
        let step = 97;
        let noticed = (0..bytes.len()).step_by(step).filter(noticed).count();
        // Unused room in HDF5's heaps and trees may change unnoticed; elements may not.
        let stored = if layout == Layout::Contiguous { 3 * 12_000 } else { 3 * 1_000 };
        assert!(noticed * step >= stored, "{layout:?}: {noticed}");
    }
}

/// `/dev/full` takes nothing in, as a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let path = Path::new("/dev/full");
        let full = std::fs::File::options().write(true).open(path).unwrap();
        let mut out = Writer::of(Space::of(full), path, Kind::Model).unwrap();
        for layout in [Layout::Contiguous, Layout::Compressed] {
            let error = out.write(&format!("{layout:?}"), &[60, 50], &weights(), layout);
            let error = error.unwrap_err().to_string();
            assert!(error.contains("No space left on device"), "{error}");
        }
        let error = out.finish().unwrap_err().to_string();
        assert_eq!(error, "/dev/full: No space left on device (os error 28)");
        write_model(&dir.path().join("a.h5"), &weights(), Layout::Compressed, false);
    }
}

#[test]
fn many_chunks_and_members_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    let mut out = Writer::create(&path, Kind::Images).unwrap();
    // 5,000 chunks make a B-tree of three levels, and the last one is not full.
    let (rows, width) = (9_999, 131_072);
    let mut images = out.rows_in::<u8>("images/train", &[rows, width], Layout::Compressed).unwrap();
    for start in (0..rows).step_by(33) {
        let rows = start..rows.min(start + 33);
        let block = rows.flat_map(|row| vec![(row % 251) as u8; width]).collect::<Vec<_>>();
        images.write(start, &block).unwrap();
    }
    for number in 0..300_u32 {
        out.write(&format!("many/{number}"), &[2], &[number, 7], Layout::Contiguous).unwrap();
        out.text_attribute("many", &format!("name {number}"), &"λ".repeat(number as usize))
            .unwrap();
    }
    let names: Vec<String> = (0..2_000).map(|number| format!("class {number}")).collect();
    out.texts_attribute("", "class_names", &names).unwrap();
    let long = "x".repeat(100_000);
    out.text_attribute("images/train", "long", &long).unwrap();
    out.finish().unwrap();

    let file = Reader::open(&path).unwrap();
    for row in [0, 1, 2, 127, 128, 129, 8_191, 8_192, 9_997, 9_998] {
        let read = file.read_rows::<u8>("images/train", row..row + 1).unwrap();
        assert_eq!(read.data, vec![(row % 251) as u8; width], "row {row}");
    }
    assert_eq!(file.datasets("many").unwrap().len(), 300);
    assert_eq!(file.read::<u32>("many/299").unwrap().data, [299, 7]);
    assert_eq!(file.text_attribute("many", "name 299").unwrap(), "λ".repeat(299));
    assert_eq!(file.texts_attribute("", "class_names").unwrap(), names);
    assert_eq!(file.text_attribute("images/train", "long").unwrap(), long);
}

#[test]
fn what_the_format_cannot_hold_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut out = Writer::create(&dir.path().join("a.h5"), Kind::Scores).unwrap();
    let error = |result: Result<(), ArtifactError>| result.unwrap_err().to_string();
    out.write("a", &[1], &[1_u8], Layout::Contiguous).unwrap();
    assert!(error(out.write("a/b", &[1], &[1_u8], Layout::Contiguous)).contains("there already"));
    out.int_attribute("a", "n", 1).unwrap();
    assert!(error(out.int_attribute("a", "n", 2)).contains("there already"));
    let many = vec![String::new(); 5_000];
    assert!(error(out.texts_attribute("a", "many", &many)).contains("longer than HDF5 allows"));
    let long = "x".repeat(70_000);
    assert!(error(out.write(&long, &[1], &[1_u8], Layout::Contiguous)).contains("longer"));
    assert!(error(out.int_attribute("a", "n\0", 1)).contains("without zero bytes"));
    let mut rows = out.rows_in::<f32>("rows", &[100, 100], Layout::Compressed).unwrap();
    assert!(rows.write(1, &[0.0; 100]).is_err(), "rows of chunks come in order");
    assert!(rows.write(0, &[0.0; 150]).is_err(), "rows are whole");
}
