//! Reading RON: where everything stands, what is wrong with it, and what was
//! probably meant.
//!
//! A text is scanned into a tree whose nodes know their place; typed values
//! are read from the tree, all diagnostics at once. Ron judges every plain value
//! and writes canonical texts.
//!
//! Knows nothing of what a pipeline is.

mod canonical;
mod document;
mod edit;
mod ordered;
mod problem;
mod read;
mod recover;
mod scan;
mod suggest;
mod tree;
mod write;

pub use canonical::{bare, canonical, dissect};
pub use document::{Document, drop_duplicates, from_str, parse_into};
pub use edit::Edit;
pub use ordered::Ordered;
pub use recover::Reading;
pub use suggest::{alternatives, listed, suggest};
pub use tree::{Body, Entry, Node, Tag};
pub use write::{pretty, written};

#[cfg(test)]
mod tests;
