//! What holds for every format.

#[expect(unreachable_pub, reason = "docs/extending.md adds it to a table of public types")]
mod raw;

use std::{collections::BTreeSet, path::PathBuf};

use self::raw::Raw;
use super::{Format, ImageFiles, ImageSource, InputName, InputPaths, MODULES};
use crate::decode::{
    Problem, Survey,
    test_util::{check, folder, gather, tiny_images},
};

/// Names in the table of `tests/reference/tiny_datasets.txt`, and their source.
const ALL: &[(&str, &str)] = &[
    ("idx", r#"Idx(images: "idx/images-idx3-ubyte", labels: "idx/labels-idx1-ubyte")"#),
    ("idx", r#"Idx(images: "idx/images-idx3-ubyte.gz", labels: "idx/labels-idx1-ubyte.gz")"#),
    ("colour", r#"Mat5(file: "mat5/colour.mat")"#),
    ("plain", r#"Mat5(file: "mat5/plain.mat")"#),
    ("grey", r#"Mat5(file: "mat5/grey.mat")"#),
    ("big", r#"Mat5(file: "mat5/big.mat")"#),
    ("compact", r#"Mat5(file: "mat5/compact.mat")"#),
    ("big_double", r#"Mat5(file: "mat5/big_double.mat")"#),
    (
        "cifar",
        r#"Cifar(archive: "cifar/shuffled.tar.gz", members: [(name: "tiny-bin/batch_A.bin"),
            (name: "tiny-bin/batch_B.bin"), (name: "tiny-bin/batch_C.bin")])"#,
    ),
    ("png_grey", r#"Folder(path: "png_grey")"#),
    ("png_colour", r#"Folder(path: "png_colour")"#),
    ("deflated", r#"Npz(file: "npz/deflated.npz", images: "x", labels: "y")"#),
    ("stored", r#"Npz(file: "npz/stored.npz", images: "x", labels: "y")"#),
    ("first", r#"Npz(file: "npz/first.npz", images: "x", labels: "y")"#),
];

fn all() -> impl Iterator<Item = (&'static str, ImageFiles)> {
    ALL.iter().map(|&(name, text)| (name, tiny_images(text)))
}

#[test]
fn every_file_is_in_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/format");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let stems: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let lines = MODULES.iter().map(|path| path.split("::").next().unwrap().to_owned());
    let others = ["mod", "tests"].map(str::to_owned);
    assert_eq!(stems, lines.chain(others).collect());
}

#[test]
fn sources_are_written_as_they_are_read() {
    for (_, text) in ALL {
        let source: ImageSource = acai_common::text::from_str("source", text).unwrap();
        let written = acai_common::text::pretty_ron("", &source);
        let again: ImageSource = acai_common::text::from_str("source", &written).unwrap();
        assert_eq!(source, again);
    }
    let source: ImageSource = acai_common::text::from_str("source", ALL[0].1).unwrap();
    assert_eq!(
        acai_common::text::pretty_ron("", &source),
        "Idx(\n    images: \"idx/images-idx3-ubyte\",\n    labels: \"idx/labels-idx1-ubyte\",\n)\n"
    );
}

#[test]
fn every_byte_is_what_numpy_scipy_and_pillow_see() {
    for (name, source) in all() {
        check(name, &source);
    }
}

#[test]
fn decoding_stops_when_take_returns_false() {
    for (name, source) in all() {
        let mut calls = 0;
        let stop = source.decode(2, &mut |_| {
            calls += 1;
            false
        });
        assert!(stop.is_ok() && calls == 1, "{name}: {calls} calls");
        assert_eq!(gather(&source, 0), Ok((vec![], vec![])), "{name}");
    }
}

#[test]
fn more_images_than_there_are_is_an_error() {
    for (name, source) in all() {
        let count = source.survey().unwrap().count;
        let error = source.decode(count + 1, &mut |_| true).unwrap_err();
        let message = format!("holds {count} images, {} were asked for", count + 1);
        assert!(error.to_string().ends_with(&message), "{name}: {error}");
    }
}

#[test]
fn what_is_no_file_is_not_opened() {
    let root = folder(&[]);
    let paths: [PathBuf; 2] = [root.path().into(), root.path().join("none")];
    for (path, message) in paths.iter().zip(["is not a regular file", "No such file or directory"])
    {
        for text in [
            r#"Idx(images: "f", labels: "f")"#,
            r#"Mat5(file: "f", images: "a", labels: "b")"#,
            r#"Cifar(archive: "f", members: [])"#,
            r#"Cifar(archive: "f", members: [(name: "x")])"#,
            r#"Npz(file: "f", images: "a", labels: "b")"#,
        ] {
            let source: ImageSource = acai_common::text::from_str("source", text).unwrap();
            let source = ImageFiles::new(&source, &[], |_| path.clone()).unwrap();
            let error = source.survey().unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}

#[test]
fn sizes_in_headers_are_checked_before_anything_is_multiplied() {
    let survey =
        |count, channels, height, width| Survey::from_header(count, channels, height, width);
    assert_eq!(survey(2, 3, 4, 5).unwrap(), Survey { count: 2, channels: 3, height: 4, width: 5 });
    for (count, channels, height, width) in [(0, 1, 1, 1), (1, 2, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)]
    {
        let problem = survey(count, channels, height, width).unwrap_err();
        assert!(matches!(problem, Problem::Shape { .. }), "{problem}");
    }
    assert_eq!(
        survey(1, 1, 1 << 31, 1 << 31).unwrap_err().to_string(),
        "has images of 2147483648×2147483648 pixels; at most 4096×4096 are read"
    );
    assert_eq!(
        survey(u64::MAX / 2, 1, 2, 2).unwrap_err().to_string(),
        "has shape 9223372036854775807 images of 1×2×2; wanted is fewer bytes than a file can have"
    );
}

#[test]
fn blocks_are_small_and_large_images_come_alone() {
    let per_block = |side| Survey { count: 9, channels: 3, height: side, width: side }.per_block();
    assert_eq!([8, 32, 64, 2048, 4096].map(per_block), [1024, 1024, 341, 1, 1]);
}

/// Decodes what the format of docs/extending.md reads from these bytes.
fn raw(images: &[u8], labels: &[u8], is_interleaved: bool) -> Result<(Vec<u8>, Vec<i64>), String> {
    let root = folder(&[("i", images), ("l", labels)]);
    let interleaved = if is_interleaved { ", interleaved: true" } else { "" };
    let text = format!(r#"Raw(images: "i", labels: "l"{interleaved})"#);
    let format: Raw = acai_common::text::from_str("source", &text).unwrap();
    let names = format.inputs().into_iter().map(InputName::name);
    let paths = names.map(|name| (name.to_owned(), root.path().join(name))).collect();
    let inputs = InputPaths { paths, classes: Vec::new() };
    let (mut pixels, mut found) = (Vec::new(), Vec::new());
    let count = format.survey(&inputs).map_err(|error| error.to_string())?.count;
    let decoded = format.decode(&inputs, count, &mut |block| {
        pixels.extend(block.images);
        found.extend(block.labels);
        true
    });
    decoded.map(|()| (pixels, found)).map_err(|error| error.to_string())
}

#[test]
fn the_format_of_the_walk_through_reads_what_its_header_says() {
    let header = [2_u32, 3, 1, 2].map(u32::to_le_bytes).concat();
    let file = [&header[..], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]].concat();
    let planes = vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    assert_eq!(raw(&file, &[0, 1], false), Ok((planes, vec![0, 1])));
    let interleaved = vec![1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12];
    assert_eq!(raw(&file, &[0, 1], true), Ok((interleaved, vec![0, 1])));
    let error = raw(&file, &[0], false).unwrap_err();
    assert!(
        error.ends_with(
            "l: is cut short: its header announces 2 labels, only 1 are whole; get the file again"
        ),
        "{error}"
    );
    let error = raw(&file[..27], &[0, 1], false).unwrap_err();
    assert!(
        error.ends_with(
            "i: is cut short: its header announces 2 images, only 1 are whole; get the file again"
        ),
        "{error}"
    );
}
