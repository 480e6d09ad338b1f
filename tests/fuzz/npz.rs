//! NumPy's archives; arrays are edited before they are zipped, too.

use std::{
    fs,
    io::{Cursor, Read, Write},
};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{
    edit::{self, Mutant},
    images, replay, run, tiny,
};

#[test]
fn survives() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("n");
    let source = images(r#"Npz(file: "n", images: "x", labels: "y")"#, root.path());
    let put = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        super::survives(&source);
    };
    let seeds = ["deflated", "stored", "first", "fortran", "pickled"];
    let seeds = seeds.map(|name| tiny(&format!("npz/{name}.npz")));
    replay("npz", put);
    run("npz", edit::mutants(), |mutant| {
        let seed = mutant.pick(&seeds);
        put(&if mutant.is_inside { inside(seed, &mutant) } else { mutant.edit(seed) });
    });
}

/// `seed` with one array edited.
fn inside(seed: &[u8], mutant: &Mutant) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(seed)).unwrap();
    let mut arrays = ["x.npy", "y.npy"].map(|name| {
        let mut array = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut array).unwrap();
        array
    });
    mutant.edit_one(&mut arrays);
    let is_stored = mutant.part & 64 == 0;
    let method = if is_stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in ["x.npy", "y.npy"].iter().zip(arrays) {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(&array).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
