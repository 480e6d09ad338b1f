//! Changing one value of a tree: `models.kimg=64`.
//!
//! Knows nothing of what paths mean; a field that nobody knows is found when
//! the tree is read.

use super::{
    document::joined,
    lookalikes::first_lookalike,
    scan::scan,
    suggest::alternatives,
    tree::{Body, Identifier, KeyValue, Node},
};
use crate::diagnostics::{Diagnostic, Span};

/// A path and the value that goes there.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The names on the way, each with the place where it is written.
    pub path: Vec<Identifier>,
    /// The new value.
    pub value: Node,
}

impl Edit {
    /// Reads `PATH=VALUE`, which is all of the text numbered `source`.
    ///
    /// # Errors
    /// No `=`, an empty name, or a value that is neither RON nor a bare word.
    pub fn parse(text: &str, source: usize) -> Result<Self, Diagnostic> {
        let span = |start, end| Span { source, start, end };
        let Some(equals) = text.find('=') else {
            return Err(Diagnostic::new("a setting is written PATH=VALUE")
                .at(span(0, text.len()), "there is no `=`")
                .help("for example `--set models.kimg=64`"));
        };
        let mut start = 0;
        let mut path = Vec::new();
        for name in text[..equals].split('.') {
            let here = span(start, start + name.len());
            if name.trim().is_empty() {
                return Err(Diagnostic::new("a path is names with dots between them")
                    .at(here, "a name is missing here")
                    .help("for example `--set models.kimg=64`"));
            }
            path.push(Identifier { text: name.trim().to_owned(), span: here });
            start = here.end + 1;
        }
        Ok(Self { path, value: value(&text[equals + 1..], source, equals + 1)? })
    }
}

/// RON, or a bare word, which may hold dots, dashes and slashes.
fn value(text: &str, source: usize, offset: usize) -> Result<Node, Diagnostic> {
    let word = text.trim();
    let is_bare = !word.is_empty()
        && first_lookalike(text).is_none()
        && !word.contains(['"', '\'', '(', ')', '[', ']', '{', '}', ',']);
    scan(text, source, offset).or_else(|diagnostic| {
        let start = offset + text.len() - text.trim_start().len();
        let span = Span { source, start, end: start + word.len() };
        let tag = Some(Identifier { text: word.to_owned(), span });
        if is_bare { Ok(Node { span, tag, body: Body::Word }) } else { Err(diagnostic) }
    })
}

impl Node {
    /// Puts `value` at `path` below this node, which is called `called` (or
    /// nothing, if paths start here).
    /// Fields are added where they are not written; a map's entries are not.
    ///
    /// # Errors
    /// The path leads through a plain value or a key that a map has not.
    pub fn set(
        &mut self,
        called: &str,
        path: &[Identifier],
        value: Node,
    ) -> Result<(), Diagnostic> {
        let Some((name, rest)) = path.split_first() else {
            *self = value;
            return Ok(());
        };
        let node = self.inside_mut();
        if node.body == Body::Word {
            node.body = Body::Fields(Vec::new());
        }
        let below = joined(called, &name.text);
        let is_map = matches!(node.body, Body::Map(_));
        let (Body::Fields(entries) | Body::Map(entries)) = &mut node.body else {
            return Err(Diagnostic::new(format!("`{called}` is one value and has nothing inside"))
                .at(name.span, format!("not in `{called}`")));
        };
        if let Some(entry) = entries.iter_mut().find(|entry| entry.name == name.text) {
            return entry.value.set(&below, rest, value);
        }
        if is_map {
            return Err(no_entry(called, name, entries));
        }
        let key = Node { span: name.span, tag: Some(name.clone()), body: Body::Word };
        let mut added = Node::new(name.span, Body::Fields(Vec::new()));
        added.set(&below, rest, value)?;
        entries.push(KeyValue { name: name.text.clone(), key, value: added });
        Ok(())
    }
}

fn no_entry(called: &str, name: &Identifier, entries: &[KeyValue]) -> Diagnostic {
    let help = alternatives(&name.text, entries.iter().map(|entry| entry.name.as_str()));
    let message = match called {
        "" => format!("there is no `{}`", name.text),
        _ => format!("`{called}` has no `{}`", name.text),
    };
    Diagnostic::new(message).at(name.span, "not there").help(help)
}
