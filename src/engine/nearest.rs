//! The record most like a key: what an instance that never ran is compared with.
//!
//! A large pipeline asks for thousands of instances among thousands of records,
//! so keys are compared as numbers that stand for their fields.
//!
//! Knows nothing of plans and of where records are kept.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    key::{FieldKind, Key},
    record::Record,
};

/// Records, to be found by likeness.
#[derive(Debug, Default)]
pub(super) struct Nearest {
    by_kind: HashMap<String, Vec<(Fields, Record)>>,
}

/// For each field of a key which one it is and what it says, in order.
#[derive(Debug)]
struct Fields(Vec<(u64, u64)>);

impl Nearest {
    pub(super) fn new(records: Vec<Record>) -> Self {
        let mut by_kind: HashMap<String, Vec<_>> = HashMap::new();
        for record in records {
            let kind = record.key.value(FieldKind::Kind).unwrap_or_default().to_owned();
            by_kind.entry(kind).or_default().push((Fields::of(&record.key), record));
        }
        Self { by_kind }
    }

    /// The record of the same kind with the fewest fields that differ; of
    /// several the newest.
    pub(super) fn to(&self, key: &Key) -> Option<&Record> {
        let same_kind = self.by_kind.get(key.value(FieldKind::Kind).unwrap_or_default())?;
        let now = Fields::of(key);
        let distance = |(fields, record): &&(Fields, Record)| {
            let newest_first = u64::MAX - record.made.finished_unix_s;
            (now.differences(fields), newest_first, record.digest)
        };
        same_kind.iter().min_by_key(distance).map(|(_, record)| record)
    }
}

impl Fields {
    fn of(key: &Key) -> Self {
        let number = |field: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            field(&mut hasher);
            hasher.finish()
        };
        let fields = key.fields.iter().map(|field| {
            (number(&|hash| field.slot().hash(hash)), number(&|hash| field.value.hash(hash)))
        });
        let mut fields: Vec<_> = fields.collect();
        fields.sort_unstable();
        Self(fields)
    }

    /// How many fields differ, those that only one has included.
    fn differences(&self, other: &Self) -> usize {
        let (mut left, mut right) = (self.0.as_slice(), other.0.as_slice());
        let mut alike = 0;
        let mut shared = 0;
        while let ([(one, value), after @ ..], [(two, said), rest @ ..]) = (left, right) {
            if one <= two {
                left = after;
            }
            if two <= one {
                right = rest;
            }
            shared += usize::from(one == two);
            alike += usize::from((one, value) == (two, said));
        }
        self.0.len() + other.0.len() - shared - alike
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Field;

    fn key(fields: &[&str]) -> Key {
        Key { fields: fields.iter().map(|line| Field::parse(line).unwrap()).collect() }
    }

    #[test]
    fn as_many_fields_differ_as_an_explanation_names() {
        let keys = [
            key(&["kind Train", "param lambda 0.5", "default gamma 0.2", "seed 0"]),
            key(&["kind Train", "param lambda 0.25", "param gamma 0.2", "seed 1"]),
            key(&["kind Train", "param gamma 0.3", "param depth 16"]),
            key(&["kind Probe"]),
            Key::default(),
        ];
        for one in &keys {
            for other in &keys {
                let named = one.differences(other).len();
                assert_eq!(Fields::of(one).differences(&Fields::of(other)), named);
            }
        }
        assert_eq!(keys[0].differences(&keys[1]).len(), 2);
    }
}
