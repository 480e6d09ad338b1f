//! Both tables list every implementation in their folder.

use std::fs;

use super::super::{AutoencoderSpec, RegularizerSpec};

/// The names that the files of `folder` implement `implementation` for.
fn implemented(folder: &str, implementation: &str) -> Vec<String> {
    let files = fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap());
    let head = format!("\nimpl {implementation} for ");
    let names = texts.filter_map(|text| {
        let (_, rest) = text.split_once(&head)?;
        Some(rest.split(' ').next()?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_autoencoder_is_in_the_table() {
    assert_eq!(implemented("", "Autoencoder"), sorted(AutoencoderSpec::NAMES));
}

#[test]
fn every_regularizer_is_in_the_table() {
    assert_eq!(implemented("regularizer", "Regularizer"), sorted(RegularizerSpec::NAMES));
}

#[test]
fn every_autoencoder_with_nets_is_tested() {
    let trained = AutoencoderSpec::NAMES.iter().copied();
    let trained: Vec<&str> =
        trained.filter(|name| AutoencoderSpec::by_name(name).unwrap().has_nets()).collect();
    assert_eq!(super::variants::all().map(|one| one.name()).to_vec(), trained);
}

#[test]
fn every_name_is_its_own() {
    for &name in AutoencoderSpec::NAMES {
        assert_eq!(AutoencoderSpec::by_name(name).unwrap().name(), name);
    }
    for &name in RegularizerSpec::NAMES {
        assert_eq!(RegularizerSpec::by_name(name).unwrap().name(), name);
    }
    assert_eq!(AutoencoderSpec::by_name("Perceptron"), None);
}

#[test]
fn defaults_are_in_range() {
    for &name in AutoencoderSpec::NAMES {
        let checks = AutoencoderSpec::by_name(name).unwrap().field_checks();
        assert!(checks.iter().all(|check| check.is_met), "{name}: {checks:?}");
    }
    for &name in RegularizerSpec::NAMES {
        let checks = RegularizerSpec::by_name(name).unwrap().field_checks();
        assert!(checks.iter().all(|check| check.is_met), "{name}: {checks:?}");
    }
}
