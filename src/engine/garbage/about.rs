//! What an artifact was about, in a few words.
//!
//! Knows nothing of why it goes.

use crate::{
    key::{Difference, FieldKind},
    record::Record,
};

/// So many differences are named.
const NAMED: usize = 3;

/// How it differs from the nearest of `kept` of its kind; where there is none,
/// its parameters that are not at their defaults.
pub(super) fn about(record: &Record, kept: &[&Record]) -> String {
    let alike = kept.iter().filter(|one| kind(one) == kind(record));
    let differences = alike.map(|one| record.key.differences(&one.key));
    let words = match differences.min_by_key(Vec::len) {
        Some(nearest) => nearest.iter().map(difference).collect(),
        None => own(record),
    };
    shorten(&words)
}

/// The kind of stage that made it.
pub(super) fn kind(record: &Record) -> String {
    record.key.value(FieldKind::Kind).unwrap_or("?").to_owned()
}

/// The value in what goes: of inputs only that they are others.
fn difference(difference: &Difference) -> String {
    let Difference { kind, name, new, .. } = difference;
    match (kind, new) {
        (FieldKind::Input, _) => format!("other {name}"),
        (_, None) => format!("no {name}"),
        (FieldKind::Param | FieldKind::Default, Some(value)) => format!("{name} {value}"),
        (_, Some(value)) => format!("{} {value}", kind.as_str()),
    }
}

fn own(record: &Record) -> Vec<String> {
    let fields = record.key.fields.iter();
    let shown = fields.filter(|field| matches!(field.kind, FieldKind::Param | FieldKind::Seed));
    shown.map(|field| format!("{} {}", word(field.kind, &field.name), field.value)).collect()
}

fn word(kind: FieldKind, name: &str) -> &str {
    if name.is_empty() { kind.as_str() } else { name }
}

fn shorten(words: &[String]) -> String {
    let named = words.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match words.len() {
        n if n > NAMED => format!("{named}, and {} more", n - NAMED),
        _ => named,
    }
}
