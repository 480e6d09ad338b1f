//! Archives, the checksums of whose headers are put right, and single files of records.

use std::fs;

use acai_dataset::format::ImageFiles;

use super::{
    edit::{self, gunzip, gzip, over},
    images, replay, run, tiny,
};

#[test]
fn survives() {
    let root = tempfile::tempdir().unwrap();
    let archive = root.path().join("a");
    let members = ["A", "B", "C"].map(|name| format!("(name: \"tiny-bin/batch_{name}.bin\")"));
    let packed = format!("Cifar(archive: \"a\", members: [{}])", members.join(", "));
    let packed = images(&packed, root.path());
    let single = images(r#"Cifar(archive: "a", members: [])"#, root.path());
    let put = |bytes: &[u8], source: &ImageFiles| {
        fs::write(&archive, bytes).unwrap();
        super::survives(source);
    };
    let seed = tiny("cifar/shuffled.tar.gz");
    let plain = gunzip(&seed);
    let records = &plain[512..512 + 2 * 3073];
    replay("cifar", |bytes| {
        put(bytes, &packed);
        put(bytes, &single);
    });
    run("cifar", edit::mutants(), |mutant| match mutant.seed % 8 {
        0 => put(&mutant.edit(records), &single),
        1 => put(&mutant.edit(&seed), &packed),
        which => {
            let mut edited = blocks(&plain);
            mutant.edit_one(&mut edited);
            let mut edited = edited.concat();
            if mutant.is_inside {
                check(&mut edited);
            }
            put(&if which > 4 { gzip(&edited) } else { edited }, &packed);
        }
    });
}

/// An archive as headers and what stands between them.
fn blocks(tar: &[u8]) -> Vec<Vec<u8>> {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    let mut was_header = true;
    for block in tar.chunks(512) {
        let is_header = block[257..].starts_with(b"ustar");
        match blocks.last_mut() {
            Some(last) if !is_header && !was_header => last.extend(block),
            _ => blocks.push(block.to_vec()),
        }
        was_header = is_header;
    }
    blocks
}

/// Puts the checksums of headers right.
fn check(tar: &mut [u8]) {
    for header in tar.chunks_exact_mut(512).filter(|header| header[257..].starts_with(b"ustar")) {
        over(header, 148, b"        ");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        over(header, 148, format!("{sum:06o}\0 ").as_bytes());
    }
}
