//! Artifacts of a bundle, one byte sequence of HDF5 edited and every digest put right, so
//! that it is opened, in a process of its own.

use super::{bundle, edit, run};
use crate::bundles::{forge::Forge, good};

#[test]
fn survives() {
    let forge = Forge::read(good());
    let places: Vec<usize> = (0..forge.entries.len())
        .filter(|&place| forge.entries[place].data.starts_with(b"\x89HDF"))
        .collect();
    assert!(!places.is_empty());
    run("hdf5", edit::mutants(), |mutant| {
        let mut forge = Forge::read(good());
        let entry = &mut forge.entries[*mutant.pick(&places)];
        entry.data = mutant.edit(&entry.data);
        bundle::unpack(&forge.write());
    });
}
