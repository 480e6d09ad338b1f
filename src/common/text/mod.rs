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
mod encoding;
mod lookalikes;
mod ordered;
mod read;
mod read_error;
mod recover;
mod scan;
mod suggest;
mod tree;
mod write;

pub use canonical::{canonical_ron, default_variant, variant_and_fields};
pub use document::{RonDocument, drop_duplicates, from_str, parse_into};
pub use edit::Edit;
pub use encoding::{decode, read_text};
pub use ordered::Ordered;
pub use recover::TolerantReader;
pub use suggest::{alternatives, listed, some_of, suggest};
pub use tree::{Body, Identifier, KeyValue, Node};
pub use write::{format_node, pretty_ron};

#[cfg(test)]
mod tests;
