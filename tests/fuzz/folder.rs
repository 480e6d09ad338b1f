//! Folders of a sound picture and a mutant; the checksums of PNG are put right,
//! and its pixels are edited before they are compressed, too.

use std::fs;

use super::{
    edit::{self, Mutant, deflate, inflate},
    images, replay, run, tiny,
};

#[test]
fn survives() {
    let root = tempfile::tempdir().unwrap();
    let class = root.path().join("class");
    fs::create_dir(&class).unwrap();
    let source = images(r#"Folder(path: "")"#, root.path());
    let put = |name: &str, bytes: &[u8]| fs::write(class.join(name), bytes).unwrap();
    let seeds = [
        "png_grey/class_0/0.png",
        "png_colour/class_0/0.png",
        "jpeg_grey/class_0/0.jpg",
        "jpeg_colour/class_0/0.jpg",
    ];
    let seeds = seeds.map(tiny);
    replay("folder", |bytes| {
        put("0.png", bytes);
        put("1.png", bytes);
        super::survives(&source);
    });
    run("folder", edit::mutants(), |mutant| {
        let seed = mutant.pick(&seeds);
        let is_png = mutant.is_inside && seed.starts_with(b"\x89PNG");
        let edited = if is_png { inside(seed, &mutant) } else { mutant.edit(seed) };
        put("0.png", if mutant.part & 64 == 0 { seed } else { &edited });
        put("1.png", &edited);
        super::survives(&source);
    });
}

/// `seed` with one chunk edited, and its checksum made right.
fn inside(seed: &[u8], mutant: &Mutant) -> Vec<u8> {
    let (mut at, mut names, mut chunks) = (8, Vec::new(), Vec::new());
    while at < seed.len() {
        let length = u32::from_be_bytes([seed[at], seed[at + 1], seed[at + 2], seed[at + 3]]);
        let (start, end) = (at + 8, at + 8 + length as usize);
        let (name, chunk) = (&seed[at + 4..start], &seed[start..end]);
        chunks.push(if name == b"IDAT" { inflate(chunk) } else { chunk.to_vec() });
        names.push(name);
        at = end + 4;
    }
    mutant.edit_one(&mut chunks);
    let mut file = seed[..8].to_vec();
    for (name, chunk) in names.iter().zip(chunks) {
        let chunk = if *name == b"IDAT" { deflate(&chunk) } else { chunk };
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(&chunk);
        let length = (chunk.len() as u32).to_be_bytes();
        file.extend([&length[..], name, &chunk, &sum.sum().to_be_bytes()].concat());
    }
    file
}
