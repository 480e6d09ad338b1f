//! Records that an instance may turn out to match once its inputs are computed.
//!
//! Knows nothing of plans and of where records are kept.

use std::collections::{BTreeMap, HashMap};

use super::{
    key::{FieldKind, Key},
    reason::field_of,
    record::Record,
};
use acai_artifact::Digest;

/// Keys of records, by everything in them but inputs.
#[derive(Debug, Default)]
pub(super) struct MatchIndex(HashMap<String, Vec<Candidate>>);

#[derive(Debug)]
struct Candidate {
    key: Digest,
    inputs: BTreeMap<String, String>,
}

impl MatchIndex {
    pub(super) fn new<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut index: HashMap<String, Vec<Candidate>> = HashMap::new();
        for Record { key, .. } in records {
            let candidate = Candidate { key: key.digest(), inputs: inputs(key, |_| true) };
            index.entry(without_inputs(key)).or_default().push(candidate);
        }
        Self(index)
    }

    /// The keys that differ from `key` in nothing but the inputs that are
    /// `open`, named by their fields.
    pub(super) fn matching<'a>(
        &'a self,
        key: &Key,
        open: &'a [&str],
    ) -> impl Iterator<Item = Digest> + use<'a> {
        let is_known = |name: &str| !open.contains(&field_of(name));
        let known = inputs(key, is_known);
        let candidates = self.0.get(&without_inputs(key)).map_or(&[][..], Vec::as_slice);
        let matching = candidates.iter().filter(move |candidate| {
            let given = candidate.inputs.iter().filter(|(name, _)| is_known(name));
            given.eq(known.iter())
        });
        matching.map(|candidate| candidate.key)
    }
}

fn without_inputs(key: &Key) -> String {
    let is_hashed = |kind| !matches!(kind, FieldKind::Input | FieldKind::Default);
    let fields = key.fields.iter().filter(|field| is_hashed(field.kind));
    fields.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn inputs(key: &Key, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let fields = key.fields.iter().filter(|field| field.kind == FieldKind::Input);
    let fields = fields.filter(|field| wanted(&field.name));
    fields.map(|field| (field.name.clone(), field.value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{key::Field, record::Provenance};

    fn key(lines: &[&str]) -> Key {
        Key { fields: lines.iter().map(|line| Field::parse(line).unwrap()).collect() }
    }

    fn record(lines: &[&str]) -> Record {
        Record {
            key: key(lines),
            digest: Digest([0; 32]),
            parts: acai_artifact::Digests::default(),
            bytes: 0,
            scores: Vec::new(),
            made: Provenance::default(),
        }
    }

    #[test]
    fn open_inputs_match_whatever_was_read_and_all_else_must_be_equal() {
        let stored =
            record(&["kind Fit", "param k 3", "input data.train aa", "input model.net bb"]);
        let index = MatchIndex::new([&stored]);
        let matches =
            |lines: &[&str], open: &[&str]| index.matching(&key(lines), open).next().is_some();
        let asked = ["kind Fit", "param k 3", "default deep 1", "input data.train aa"];
        assert!(matches(&asked, &["model"]));
        assert!(matches(&["kind Fit", "param k 3"], &["model", "data"]));
        assert!(!matches(&asked, &["other"]));
        assert!(!matches(&["kind Fit", "param k 4", "input data.train aa"], &["model"]));
        assert!(!matches(&["kind Fit", "param k 3", "input data.train cc"], &["model"]));
    }
}
