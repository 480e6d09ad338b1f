//! What holds for every format.

use std::path::PathBuf;

use super::{
    Facts, Problem, Source,
    test_util::{check, folder, gather, tiny},
};

fn idx(images: &str, labels: &str) -> Source {
    Source::Idx { images: tiny(images), labels: tiny(labels) }
}

fn mat5(file: &str) -> Source {
    Source::Mat5 { file: tiny(file), images: "X".to_owned(), labels: "y".to_owned() }
}

fn npz(file: &str) -> Source {
    Source::Npz { file: tiny(file), images: "x".to_owned(), labels: "y".to_owned() }
}

fn pictures(root: &str) -> Source {
    Source::Folder { root: tiny(root), classes: vec![] }
}

fn cifar() -> Source {
    let members = ["A", "B", "C"].map(|name| format!("tiny-bin/batch_{name}.bin"));
    Source::Cifar { archive: tiny("cifar/shuffled.tar.gz"), members: members.to_vec() }
}

fn all() -> Vec<(&'static str, Source)> {
    vec![
        ("idx", idx("idx/images-idx3-ubyte", "idx/labels-idx1-ubyte")),
        ("idx", idx("idx/images-idx3-ubyte.gz", "idx/labels-idx1-ubyte.gz")),
        ("colour", mat5("mat5/colour.mat")),
        ("plain", mat5("mat5/plain.mat")),
        ("grey", mat5("mat5/grey.mat")),
        ("big", mat5("mat5/big.mat")),
        ("compact", mat5("mat5/compact.mat")),
        ("big_double", mat5("mat5/big_double.mat")),
        ("cifar", cifar()),
        ("png_grey", pictures("png_grey")),
        ("png_colour", pictures("png_colour")),
        ("deflated", npz("npz/deflated.npz")),
        ("stored", npz("npz/stored.npz")),
        ("first", npz("npz/first.npz")),
    ]
}

#[test]
fn every_byte_is_what_numpy_scipy_and_pillow_see() {
    for (name, source) in all() {
        check(name, &source);
    }
}

#[test]
fn who_takes_no_more_is_asked_no_more() {
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
        let told = format!("holds {count} images, {} were asked for", count + 1);
        assert!(error.to_string().ends_with(&told), "{name}: {error}");
    }
}

#[test]
fn what_is_no_file_is_not_opened() {
    let root = folder(&[]);
    let paths: [PathBuf; 2] = [root.path().into(), root.path().join("none")];
    for (path, told) in paths.iter().zip(["is not a regular file", "No such file or directory"]) {
        let [images, labels] = ["a", "b"].map(str::to_owned);
        let file = path.clone();
        for source in [
            Source::Idx { images: file.clone(), labels: file.clone() },
            Source::Mat5 { file: file.clone(), images: images.clone(), labels: labels.clone() },
            Source::Cifar { archive: file.clone(), members: vec![] },
            Source::Cifar { archive: file.clone(), members: vec!["x".to_owned()] },
            Source::Npz { file: file.clone(), images, labels },
        ] {
            let error = source.survey().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}

#[test]
fn claims_are_checked_before_anything_is_multiplied() {
    let claim = |count, channels, height, width| Facts::claimed(count, channels, height, width);
    assert_eq!(claim(2, 3, 4, 5).unwrap(), Facts { count: 2, channels: 3, height: 4, width: 5 });
    for (count, channels, height, width) in [(0, 1, 1, 1), (1, 2, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)]
    {
        let problem = claim(count, channels, height, width).unwrap_err();
        assert!(matches!(problem, Problem::Shape { .. }), "{problem}");
    }
    assert_eq!(
        claim(1, 1, 1 << 31, 1 << 31).unwrap_err().to_string(),
        "has images of 2147483648×2147483648 pixels; at most 4096×4096 are read"
    );
    assert_eq!(
        claim(u64::MAX / 2, 1, 2, 2).unwrap_err().to_string(),
        "has shape 9223372036854775807 images of 1×2×2; wanted is fewer bytes than a file can have"
    );
}

#[test]
fn blocks_are_small_and_large_images_come_alone() {
    let per_block = |side| Facts { count: 9, channels: 3, height: side, width: side }.per_block();
    assert_eq!([8, 32, 64, 2048, 4096].map(per_block), [1024, 1024, 341, 1, 1]);
}
