//! A RON text that has been read into a tree, with the texts of both.
//!
//! Knows nothing of files: it is handed their text.

use std::{collections::HashMap, sync::Arc};

use serde::de::DeserializeOwned;

use super::{
    encoding::normalized,
    recover::TolerantReader,
    scan::scan,
    tree::{Body, KeyValue, Node},
};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap, SourceText, Span};

/// A tree and the texts that its spans belong to.
#[derive(Clone, Debug)]
pub struct RonDocument {
    /// The texts.
    pub sources: SourceMap,
    /// The whole value.
    pub root: Node,
}

impl RonDocument {
    /// Reads `text`, called `name` in messages.
    ///
    /// # Errors
    /// The first place that is not RON.
    pub fn parse(name: &str, text: &str) -> Result<Self, Diagnostics> {
        let mut sources = SourceMap::default();
        match parse_into(&mut sources, name, text) {
            Ok(root) => Ok(Self { sources, root }),
            Err(diagnostic) => Err(Diagnostics::new(Arc::new(sources), vec![diagnostic])),
        }
    }

    /// Takes out every field and every map key that is there already, and
    /// says so.
    pub fn drop_duplicates(&mut self) -> Vec<Diagnostic> {
        drop_duplicates(&mut self.root)
    }
}

/// Reads one more file, `text`, called `name` in messages.
///
/// # Errors
/// The first place that is not RON.
pub fn parse_into(sources: &mut SourceMap, name: &str, text: &str) -> Result<Node, Diagnostic> {
    let text = normalized(text);
    let source = SourceText { name: name.to_owned(), text: text.clone(), is_file: true };
    let source = sources.add(source);
    scan(&text, source, 0)
}

/// Takes out every field and every map key that is there already, and says so.
pub fn drop_duplicates(root: &mut Node) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    drop_duplicates_in(root, "", &mut diagnostics);
    diagnostics
}

/// Reads a value from a text that has no diagnostics.
///
/// # Errors
/// All diagnostics of the text.
pub fn from_str<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Diagnostics> {
    let mut document = RonDocument::parse(name, text)?;
    let mut diagnostics = document.drop_duplicates();
    let reading = TolerantReader { sources: &document.sources };
    match reading.read(&document.root, "", &mut diagnostics) {
        Some(value) if diagnostics.is_empty() => Ok(value),
        _ => Err(Diagnostics::new(Arc::new(document.sources), diagnostics)),
    }
}

fn drop_duplicates_in(node: &mut Node, path: &str, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.body {
        Body::Fields(entries) | Body::Map(entries) => {
            let mut seen: HashMap<String, Span> = HashMap::new();
            entries.retain(|entry| match seen.get(&entry.name) {
                Some(&first) => {
                    diagnostics.push(twice(path, entry, first));
                    false
                }
                None => seen.insert(entry.name.clone(), entry.key.span).is_none(),
            });
            for entry in entries {
                drop_duplicates_in(&mut entry.value, &joined(path, &entry.name), diagnostics);
            }
        }
        Body::Tuple(nodes) | Body::List(nodes) => {
            for node in nodes {
                drop_duplicates_in(node, path, diagnostics);
            }
        }
        Body::Word | Body::Scalar | Body::Invalid => {}
    }
}

fn twice(path: &str, entry: &KeyValue, first: Span) -> Diagnostic {
    Diagnostic::new(format!("`{}` is given twice", joined(path, &entry.name)))
        .at(entry.key.span, "here again")
        .at(first, "first here")
}

/// The path of what is called `name` inside `path`.
pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
