//! Why a value could not be read, and at which node; the diagnostic for it.
//!
//! Knows nothing of how reading goes on afterwards.

use std::fmt;

use serde::de;

use super::{
    suggest::{alternatives, suggest},
    tree::{Body, Node},
};
use crate::diagnostics::{Diagnostic, SourceMap, Span};

/// The error of [`super::read::NodeDeserializer`]. Serde makes one where something
/// is wrong; on the way up, each container adds the index of the child it came from.
#[derive(Debug)]
pub(super) struct ReadError {
    kind: Kind,
    /// Indices of children, from the node concerned up to the root.
    route: Vec<usize>,
    /// Whether the key of the last entry is meant, and not its value.
    on_key: bool,
}

#[derive(Debug)]
enum Kind {
    UnknownField {
        found: String,
        expected: &'static [&'static str],
    },
    UnknownVariant {
        found: String,
        expected: &'static [&'static str],
    },
    Missing(&'static str),
    Type(String),
    Other(String),
    /// Follows from an error that has its diagnostic already.
    Consequence,
}

impl ReadError {
    /// Another type of value is expected: `a whole number`.
    pub(super) fn expects(expected: impl Into<String>) -> Self {
        Kind::Type(expected.into()).into()
    }

    /// The node was marked as invalid before.
    pub(super) fn consequence() -> Self {
        Kind::Consequence.into()
    }

    /// It happened in the child at `index`.
    pub(super) fn within(mut self, index: usize) -> Self {
        self.route.push(index);
        self
    }

    /// It happened in the key of the entry at `index`.
    pub(super) fn in_key(self, index: usize) -> Self {
        Self { on_key: true, ..self.within(index) }
    }

    /// Indices of children, from the root down to the node concerned.
    pub(super) fn route(&self) -> Vec<usize> {
        self.route.iter().rev().copied().collect()
    }

    /// What is wrong, unless it follows from an error that has its diagnostic.
    /// `path` is the path of `root` in messages.
    pub(super) fn diagnostic(
        &self,
        root: &Node,
        path: &str,
        sources: &SourceMap,
    ) -> Option<Diagnostic> {
        let context = NodeContext::new(root, path, &self.route(), self.on_key)?;
        Some(match &self.kind {
            Kind::Consequence => return None,
            Kind::Missing(field) if context.explains_missing(field) => return None,
            Kind::Missing(field) => {
                Diagnostic::new(format!("{} lacks the field `{field}`", context.owner()))
                    .at(context.head(sources), format!("`{field}` is missing"))
            }
            Kind::UnknownField { found, expected } => {
                let owner = context.owner();
                unknown(found, expected, format!("{owner} has no field `{found}`"))
                    .at(context.subject.span, format!("not a field of {owner}"))
            }
            Kind::UnknownVariant { found, expected } => {
                let span = context.node.tag.as_ref().map_or(context.node.span, |tag| tag.span);
                unknown(found, expected, format!("{} cannot be `{found}`", context.display_path()))
                    .at(span, "not one of those that are there")
            }
            Kind::Type(expected) => context.wrong_type(expected, sources),
            Kind::Other(message) => {
                Diagnostic::new(format!("{}: {message}", context.display_path()))
                    .at(context.head(sources), "here")
            }
        })
    }
}

/// A word that is none of those `expected`.
fn unknown(found: &str, expected: &[&str], message: String) -> Diagnostic {
    Diagnostic::new(message).help(alternatives(found, expected.iter().copied()))
}

/// The node that an error is about, and its path.
struct NodeContext<'a> {
    /// Dotted path; where a key is meant, of the entry's owner.
    path: String,
    /// The node; where a key is meant, its owner.
    node: &'a Node,
    /// The node or the key.
    subject: &'a Node,
}

impl<'a> NodeContext<'a> {
    fn new(root: &'a Node, path: &str, route: &[usize], on_key: bool) -> Option<Self> {
        let mut context = Self { path: path.to_owned(), node: root, subject: root };
        for (depth, &step) in route.iter().enumerate() {
            let entry = context.node.entries().get(step);
            if on_key && depth + 1 == route.len() {
                return Some(Self { subject: &entry?.key, ..context });
            }
            let name = entry.map_or_else(|| step.to_string(), |entry| entry.name.clone());
            context.path =
                if context.path.is_empty() { name } else { format!("{}.{name}", context.path) };
            context.node = context.node.child(step)?;
            context.subject = context.node;
        }
        Some(context)
    }

    /// The owner of fields: the tag if there is one, else the path.
    fn owner(&self) -> String {
        let tag = self.node.tag.as_ref().map(|tag| format!("`{}`", tag.text));
        tag.unwrap_or_else(|| self.display_path())
    }

    fn display_path(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { format!("`{}`", self.path) }
    }

    /// The span to point at: not the whole of what fills many lines.
    fn head(&self, sources: &SourceMap) -> Span {
        let span = self.subject.span;
        match &self.subject.tag {
            _ if !sources.text(span).contains('\n') => span,
            Some(tag) => tag.span,
            None => Span { end: span.start + 1, ..span },
        }
    }

    fn found(&self, sources: &SourceMap) -> String {
        let text = sources.text(self.subject.span);
        match (&self.subject.body, &self.subject.tag) {
            (Body::Word, _) => format!("the word `{text}`"),
            (Body::Scalar, _) if text.starts_with(['"', 'r']) => format!("the string {text}"),
            (Body::Scalar, _) => format!("`{text}`"),
            (_, Some(tag)) => format!("`{}(…)`", tag.text),
            (Body::Map(_), _) => "a map, `{…}`".to_owned(),
            (Body::List(_), _) => "a list, `[…]`".to_owned(),
            _ => "`(…)` without a name".to_owned(),
        }
    }

    fn wrong_type(&self, expected: &str, sources: &SourceMap) -> Diagnostic {
        let found = self.found(sources);
        let diagnostic =
            Diagnostic::new(format!("{} wants {expected}, found {found}", self.display_path()))
                .at(self.head(sources), "of another type");
        match (&self.subject.body, &self.subject.tag) {
            (Body::Word, Some(word)) if expected == "a string" => {
                diagnostic.help(format!("put it in quotes: \"{}\"", word.text))
            }
            (Body::Fields(_), None) if !sources.is_file(self.subject.span) => {
                diagnostic.help(format!("give the whole value: `{}=…`", self.path))
            }
            _ => diagnostic,
        }
    }

    /// Whether `field` is missing because it was invalid, or misspelt.
    fn explains_missing(&self, field: &str) -> bool {
        let mut invalid = self.node.entries().iter().filter(|entry| entry.value.is_invalid());
        invalid.any(|entry| entry.name == field || suggest(&entry.name, [field]).is_some())
    }
}

impl From<Kind> for ReadError {
    fn from(kind: Kind) -> Self {
        Self { kind, route: Vec::new(), on_key: false }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Kind::Other(message.to_string()).into()
    }

    fn invalid_type(_found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Kind::Type(expected.to_string()).into()
    }

    fn invalid_value(_found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Kind::Type(expected.to_string()).into()
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Kind::UnknownVariant { found: found.to_owned(), expected }.into()
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        Kind::UnknownField { found: found.to_owned(), expected }.into()
    }

    fn missing_field(field: &'static str) -> Self {
        Kind::Missing(field).into()
    }
}
