//! What the house promises about its own text: layers, homes of crates, sizes,
//! tables and papers. A rule's message says what to do.
//!
//! Knows nothing of what the code computes.

mod book;
mod layers;
mod papers;
mod shape;
mod source;
mod tables;

/// Fails with every mistake, one a line, under the rule they break.
#[track_caller]
fn none(rule: &str, violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}
