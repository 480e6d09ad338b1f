//! Rules about the repository that neither rustc, nor Cargo, nor clippy holds.
//! A rule's message says what to do.

mod book;
mod crates;
mod documents;
mod figures;
mod files;
mod outputs;
mod source;
mod supply;
mod tables;

/// Fails with every violation, one a line, under the rule that is broken.
#[track_caller]
fn none(rule: &str, violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}
