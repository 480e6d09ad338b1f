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

/// Fails with every fault, one a line, under the rule they break.
#[track_caller]
fn none(rule: &str, faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}
