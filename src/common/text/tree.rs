//! A RON text as a tree of nodes, each with its span.
//!
//! Knows nothing of types: `6` and `abc` are texts here, whatever was wanted.

use crate::diagnostics::Span;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its span, tag included.
    pub span: Span,
    /// The word in front: `Train` in `Train(…)`, or a bare word itself.
    pub tag: Option<Identifier>,
    /// Its content.
    pub body: Body,
}

/// A word that names a struct or a variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Identifier {
    /// The word.
    pub text: String,
    /// Its span.
    pub span: Span,
}

/// The content of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A bare word, such as `Baseline`, `true` or `None`.
    Word,
    /// A number, a string or a character.
    Scalar,
    /// `(kimg: 64, …)`, and `()`.
    Fields(Vec<KeyValue>),
    /// `(64, …)`.
    Tuple(Vec<Node>),
    /// `{"acai": …}`.
    Map(Vec<KeyValue>),
    /// `[0, 1]`.
    List(Vec<Node>),
    /// A value that has its diagnostic and is passed over from now on.
    Invalid,
}

/// A field with its value, or a map's key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValue {
    /// The field's name, or a map's key unquoted.
    pub name: String,
    /// The key as it is written.
    pub key: Node,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value without a tag.
    #[must_use]
    pub fn new(span: Span, body: Body) -> Self {
        Self { span, tag: None, body }
    }

    /// The named entries of a struct or a map.
    #[must_use]
    pub fn entries(&self) -> &[KeyValue] {
        match &self.body {
            Body::Fields(entries) | Body::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list or a tuple.
    #[must_use]
    pub fn elements(&self) -> &[Node] {
        match &self.body {
            Body::Tuple(nodes) | Body::List(nodes) => nodes,
            _ => &[],
        }
    }

    /// The entry of that name; `Some(…)` is looked into.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&KeyValue> {
        self.inside().entries().iter().find(|entry| entry.name == name)
    }

    /// The value of that name, to be changed.
    pub fn entry_mut(&mut self, name: &str) -> Option<&mut Self> {
        let (Body::Fields(entries) | Body::Map(entries)) = &mut self.inside_mut().body else {
            return None;
        };
        entries.iter_mut().find(|entry| entry.name == name).map(|entry| &mut entry.value)
    }

    /// The entry at a dotted path, such as `variants.acai.regularizer.lambda`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&KeyValue> {
        match path.split_once('.') {
            None => self.entry(path),
            Some((head, rest)) => self.entry(head)?.value.find(rest),
        }
    }

    /// The content of `Some(…)`, or the node itself.
    #[must_use]
    pub fn inside(&self) -> &Self {
        match &self.body {
            Body::Tuple(nodes) if nodes.len() == 1 && self.is("Some") => nodes[0].inside(),
            _ => self,
        }
    }

    /// The same, to be changed.
    #[expect(clippy::missing_panics_doc, reason = "it never does")]
    pub fn inside_mut(&mut self) -> &mut Self {
        let is_some = self.is("Some") && self.elements().len() == 1;
        if is_some { self.child_mut(0).expect("there is one element").inside_mut() } else { self }
    }

    /// Whether its tag is `word`.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.tag.as_ref().is_some_and(|tag| tag.text == word)
    }

    /// The child at that index: an entry's value or an element.
    #[must_use]
    pub(super) fn child(&self, index: usize) -> Option<&Self> {
        let value = self.entries().get(index).map(|entry| &entry.value);
        value.or_else(|| self.elements().get(index))
    }

    /// The child at that index, to be changed.
    pub(super) fn child_mut(&mut self, index: usize) -> Option<&mut Self> {
        match &mut self.body {
            Body::Fields(entries) | Body::Map(entries) => {
                entries.get_mut(index).map(|entry| &mut entry.value)
            }
            Body::Tuple(nodes) | Body::List(nodes) => nodes.get_mut(index),
            Body::Word | Body::Scalar | Body::Invalid => None,
        }
    }

    /// Whether it has its diagnostic already.
    pub(super) fn is_invalid(&self) -> bool {
        matches!(self.body, Body::Invalid)
    }
}
