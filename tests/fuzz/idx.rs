//! IDX files, plain and gzip.

use std::fs;

use super::{
    edit::{self, gzip},
    images, replay, run, tiny,
};

#[test]
fn survives() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    let source = images(r#"Idx(images: "images", labels: "labels")"#, root.path());
    let put = |images: &[u8], labels: &[u8]| {
        fs::write(path("images"), images).unwrap();
        fs::write(path("labels"), labels).unwrap();
        super::survives(&source);
    };
    let plain = ["idx/images-idx3-ubyte", "idx/labels-idx1-ubyte"].map(tiny);
    replay("idx", |images| put(images, &plain[1]));
    run("idx", edit::mutants(), |mutant| {
        let mut files = plain.clone();
        if mutant.is_inside {
            mutant.edit_one(&mut files);
        }
        if mutant.seed % 2 == 0 {
            files = files.map(|file| gzip(&file));
        }
        if !mutant.is_inside {
            mutant.edit_one(&mut files);
        }
        put(&files[0], &files[1]);
    });
}
