//! Writing values as the one text that stands for them.
//!
//! Knows nothing of what the texts are compared with.

use serde::{Serialize, de::DeserializeOwned};

use super::{document::RonDocument, recover::TolerantReader, scan::scan, tree::Body};

/// The one text of a value: RON without spaces, floats in their shortest form
/// that reads back the same. A variant that holds a struct is written with the
/// struct's fields as its own, as in pipeline files: `Vae(beta:1.0)`.
///
/// # Panics
/// If the value is no number, text, list, struct or variant of such.
pub fn canonical_ron<T: Serialize>(value: &T) -> String {
    let options = ron::Options::default()
        .with_default_extension(ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES);
    options.to_string(value).expect("parameters are plain numbers, names, lists and enums")
}

/// A variant taken apart: its word, and the canonical text of each field,
/// `Some` left out.
///
/// # Panics
/// As [`canonical_ron`] does.
pub fn variant_and_fields<T: Serialize>(value: &T) -> (String, Vec<(String, String)>) {
    let text = canonical_ron(value);
    let node = scan(&text, 0, 0).expect("what ron wrote is RON");
    let fields = node.entries().iter().map(|entry| {
        let span = entry.value.inside().span;
        (entry.name.clone(), text[span.start..span.end].to_owned())
    });
    (node.tag.as_ref().map_or_else(String::new, |tag| tag.text.clone()), fields.collect())
}

/// The variant that `word` stands for when no field is written, if it has a
/// default for each.
#[must_use]
pub fn default_variant<T: DeserializeOwned>(word: &str) -> Option<T> {
    let document = RonDocument::parse("", word).ok()?;
    debug_assert_eq!(document.root.body, Body::Word, "`{word}` is one word");
    let reading = TolerantReader { sources: &document.sources };
    reading.read(&document.root, "", &mut Vec::new())
}
