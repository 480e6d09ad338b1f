//! Bundles, edited outside and inside their compression, and inside their files with
//! every digest put right.

use std::{fs, path::Path};

use acai_bundle::Study;
use acai_engine::confined::Confined;

use super::{
    edit::{self, Mutant},
    replay, run,
};
use crate::bundles::{
    forge::{Forge, pack},
    good,
    hostile::corpus,
};

/// Unpacks `bytes` in a folder of its own: all is there afterwards, or nothing.
pub(super) fn unpack(bytes: &[u8]) {
    let root = tempfile::tempdir().unwrap();
    let (bundle, target) = (root.path().join("a.acai"), root.path().join("target"));
    fs::write(&bundle, bytes).unwrap();
    let confined = Confined::new(env!("CARGO_BIN_EXE_acai-pipe").into());
    let there = |path: &Path| fs::read_dir(path).unwrap().count();
    match Study::unpack(&bundle, &target, &confined) {
        Ok(study) => {
            assert!(study.pipeline().exists());
            assert_eq!(there(root.path()), 2);
        }
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            assert_eq!(there(root.path()), 1, "{refused}");
        }
    }
}

#[test]
fn survives() {
    let seed = good();
    let archive = Forge::read(seed).archive();
    replay("bundle", unpack);
    let corpus = corpus();
    run("bundle", edit::mutants(), |mutant| {
        unpack(&match mutant.part % 5 {
            0 => mutant.edit(seed),
            4 => mutant.edit(&corpus[usize::from(mutant.seed) % corpus.len()]),
            1 => pack(&mutant.edit(&archive), 21),
            _ => inside(&mutant),
        });
    });
}

/// One file edited, its place in the manifest and the archive put right.
fn inside(mutant: &Mutant) -> Vec<u8> {
    let mut forge = Forge::read(good());
    let count = forge.entries.len();
    let entry = &mut forge.entries[usize::from(mutant.seed) % count];
    entry.data = mutant.edit(&entry.data);
    forge.write()
}
