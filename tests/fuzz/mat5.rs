//! MATLAB files; variables are edited before they are compressed, too.

use std::fs;

use super::{
    edit::{self, Mutant, deflate, inflate},
    images, replay, run, tiny,
};

/// Bytes before the first variable.
const HEAD: usize = 128;

#[test]
fn survives() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("m");
    let source = images(r#"Mat5(file: "m")"#, root.path());
    let put = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        super::survives(&source);
    };
    let seeds = ["colour", "plain", "grey", "big", "compact", "big_double"];
    let seeds = seeds.map(|name| tiny(&format!("mat5/{name}.mat")));
    replay("mat5", put);
    run("mat5", edit::mutants(), |mutant| {
        let seed = mutant.pick(&seeds);
        put(&if mutant.is_inside { inside(seed, &mutant) } else { mutant.edit(seed) });
    });
}

/// `seed` with one variable edited, and all of them compressed.
fn inside(seed: &[u8], mutant: &Mutant) -> Vec<u8> {
    let is_big = seed[126] == b'M';
    let word = |at: usize| {
        let bytes = [seed[at], seed[at + 1], seed[at + 2], seed[at + 3]];
        if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    let (mut at, mut variables) = (HEAD, Vec::new());
    while at < seed.len() {
        let end = at + 8 + word(at + 4) as usize;
        let is_packed = word(at) == 15;
        variables.push(if is_packed {
            inflate(&seed[at + 8..end])
        } else {
            seed[at..end].to_vec()
        });
        at = end;
    }
    mutant.edit_one(&mut variables);
    let mut file = seed[..HEAD].to_vec();
    for packed in variables.iter().map(|variable| deflate(variable)) {
        for word in [15, packed.len() as u32] {
            file.extend(if is_big { word.to_be_bytes() } else { word.to_le_bytes() });
        }
        file.extend(packed);
    }
    file
}
