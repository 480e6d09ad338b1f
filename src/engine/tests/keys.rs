//! What enters a key, and what does not.

use std::collections::BTreeMap;

use super::*;
use crate::{
    key::{FieldKind, Key},
    record::{Provenance, Record},
};
use acai_artifact::{Digest, Digests};

fn key(fake: Fake) -> Key {
    let instance = Planned::new().stage("x", &[], fake).plan().instances.remove(0);
    Key::new(&instance, &BTreeMap::new(), DeviceKind::Cpu)
}

fn key_with_input(parts: &[(&str, u8)]) -> Key {
    let plan = Planned::new()
        .stage("x", &[], Fake::default())
        .stage("y", &["x"], Fake { seeded: true, ..Fake::default() })
        .plan();
    let parts = parts.iter().map(|&(name, byte)| (name.to_owned(), Digest([byte; 32])));
    let digests = Digests { parts: parts.collect() };
    Key::new(&plan.instances[1], &BTreeMap::from([("a", &digests)]), DeviceKind::Cpu)
}

#[test]
fn the_text_is_canonical() {
    let text = key_with_input(&[("value", 0xab), ("note", 1)]).text();
    let digest = "ab".repeat(32);
    assert_eq!(
        text,
        format!(
            "acai-pipe key 1\nkind Fake\nversion 0\nparam add 0\nparam note 0\n\
             input a.value {digest}\nseed 3\n"
        )
    );
    assert_eq!(
        key(Fake::default()).digest().to_string(),
        "e81676a16e04525fd91be6f1cac7cf888376bde9830a705ed2b8b981ae43336a",
        "keys changed: every cached artifact would be rebuilt"
    );
}

#[test]
fn only_parts_that_are_read_count() {
    let one = key_with_input(&[("value", 1), ("note", 1)]);
    assert_eq!(one.digest(), key_with_input(&[("value", 1), ("note", 2)]).digest());
    assert_ne!(one.digest(), key_with_input(&[("value", 2), ("note", 1)]).digest());
    assert_ne!(one.digest(), key_with_input(&[("note", 1)]).digest());
}

/// So that a part which only some artifacts of a kind have may be read of all.
#[test]
fn a_part_that_is_not_there_is_no_field() {
    let text = key_with_input(&[("note", 1)]).text();
    assert!(!text.contains("input"), "{text}");
}

#[test]
fn a_written_default_does_not_count_but_is_compared() {
    let (left_out, written) =
        (key(Fake::default()), key(Fake { scale: Some(1), ..Fake::default() }));
    assert_eq!(left_out.digest(), written.digest());
    let changed = key(Fake { scale: Some(2), ..Fake::default() });
    assert_ne!(left_out.digest(), changed.digest());
    let differences = changed.differences(&left_out);
    assert_eq!(differences.len(), 1);
    assert_eq!(
        (differences[0].kind, differences[0].name.as_str()),
        (FieldKind::Param, "deep.scale")
    );
    assert_eq!(differences[0].old.as_deref(), Some("1"));
    assert_eq!(differences[0].new.as_deref(), Some("2"));
}

#[test]
fn version_and_seed_count() {
    let base = key(Fake::default());
    assert_ne!(base.digest(), key(Fake { version: 1, ..Fake::default() }).digest());
    assert_ne!(base.digest(), key(Fake { seeded: true, ..Fake::default() }).digest());
}

#[test]
fn records_read_back_and_cut_ones_do_not() {
    let record = Record {
        key: key_with_input(&[("value", 9)]),
        digest: Digest([4; 32]),
        parts: Digests { parts: BTreeMap::from([("a part".to_owned(), Digest([5; 32]))]) },
        bytes: 77,
        scores: vec![("mean_distance".to_owned(), 1.0 / 3.0), ("mse".to_owned(), 1e-9)],
        made: Provenance {
            elapsed_s: 0.1,
            images_per_s: Some(2.5),
            peak_rss_bytes: None,
            finished_unix_s: 12,
            host: "a host".to_owned(),
            tool: "acai-pipe 0.1.0".to_owned(),
            sets: vec!["models.kimg=1".to_owned()],
        },
    };
    let text = record.text();
    assert_eq!(Record::parse(&text), Some(record));
    // Without the seal it is as it was before there were seals.
    let sealed = text.rfind("check ").unwrap();
    for length in (0..text.len()).filter(|&length| text.is_char_boundary(length)) {
        let is_whole = [sealed - 1, sealed].contains(&length);
        assert_eq!(Record::parse(&text[..length]).is_some(), is_whole, "{length}");
    }
    assert_eq!(Record::parse(&text.replace("record 1", "record 2")), None);
}

#[test]
fn records_keep_scores_that_are_no_numbers() {
    let mut record = Record {
        key: key(Fake::default()),
        digest: Digest([4; 32]),
        parts: Digests::default(),
        bytes: 0,
        scores: vec![("mean_distance".to_owned(), f64::NAN)],
        made: Provenance::default(),
    };
    assert!(Record::parse(&record.text()).unwrap().scores[0].1.is_nan());
    record.scores[0].1 = f64::INFINITY;
    assert_eq!(Record::parse(&record.text()), Some(record));
}
