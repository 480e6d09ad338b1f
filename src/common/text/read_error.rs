//! Why a value could not be read, and at which node; how that is told.
//!
//! Knows nothing of how reading goes on afterwards.

use std::fmt;

use serde::de;

use super::{
    suggest::{alternatives, suggest},
    tree::{Body, Node},
};
use crate::diagnostics::{Diagnostic, SourceMap, Span};

/// The error of the reader. Serde makes one where something is wrong; on the
/// way up, each container adds the place of the child it came from.
#[derive(Debug)]
pub(super) struct ReadError {
    kind: Kind,
    /// SearchPaths from the node concerned up to the root.
    route: Vec<usize>,
    /// Whether the key in that place is meant, and not its value.
    on_key: bool,
}

#[derive(Debug)]
enum Kind {
    UnknownField {
        found: String,
        wanted: &'static [&'static str],
    },
    UnknownVariant {
        found: String,
        wanted: &'static [&'static str],
    },
    Missing(&'static str),
    Type(String),
    Other(String),
    /// Follows from a diagnostic that was told before.
    Consequence,
}

impl ReadError {
    /// Another type of value is wanted: `a whole number`.
    pub(super) fn wants(wanted: impl Into<String>) -> Self {
        Kind::Type(wanted.into()).into()
    }

    /// The node was found wrong before.
    pub(super) fn consequence() -> Self {
        Kind::Consequence.into()
    }

    /// It happened in the child at `place`.
    pub(super) fn within(mut self, place: usize) -> Self {
        self.route.push(place);
        self
    }

    /// It happened in the key of the entry at `place`.
    pub(super) fn in_key(self, place: usize) -> Self {
        Self { on_key: true, ..self.within(place) }
    }

    /// SearchPaths from the root down to the node concerned.
    pub(super) fn route(&self) -> Vec<usize> {
        self.route.iter().rev().copied().collect()
    }

    /// Tells what is wrong, unless it follows from what was told before.
    /// `path` is what `root` is called.
    pub(super) fn diagnostic(
        &self,
        root: &Node,
        path: &str,
        sources: &SourceMap,
    ) -> Option<Diagnostic> {
        let place = NodeContext::new(root, path, &self.route(), self.on_key)?;
        Some(match &self.kind {
            Kind::Consequence => return None,
            Kind::Missing(field) if place.explains_lack(field) => return None,
            Kind::Missing(field) => {
                Diagnostic::new(format!("{} lacks the field `{field}`", place.owner()))
                    .at(place.head(sources), format!("`{field}` is missing"))
            }
            Kind::UnknownField { found, wanted } => {
                let owner = place.owner();
                unknown(found, wanted, format!("{owner} has no field `{found}`"))
                    .at(place.subject.span, format!("not a field of {owner}"))
            }
            Kind::UnknownVariant { found, wanted } => {
                let span = place.node.tag.as_ref().map_or(place.node.span, |tag| tag.span);
                unknown(found, wanted, format!("{} cannot be `{found}`", place.called()))
                    .at(span, "not one of those that are there")
            }
            Kind::Type(wanted) => place.wrong_type(wanted, sources),
            Kind::Other(message) => Diagnostic::new(format!("{}: {message}", place.called()))
                .at(place.head(sources), "here"),
        })
    }
}

/// A word that is none of those `wanted`.
fn unknown(found: &str, wanted: &[&str], message: String) -> Diagnostic {
    Diagnostic::new(message).help(alternatives(found, wanted.iter().copied()))
}

/// The node that an error is about, and what it is called.
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
        let mut place = Self { path: path.to_owned(), node: root, subject: root };
        for (depth, &step) in route.iter().enumerate() {
            let entry = place.node.entries().get(step);
            if on_key && depth + 1 == route.len() {
                return Some(Self { subject: &entry?.key, ..place });
            }
            let name = entry.map_or_else(|| step.to_string(), |entry| entry.name.clone());
            place.path =
                if place.path.is_empty() { name } else { format!("{}.{name}", place.path) };
            place.node = place.node.child(step)?;
            place.subject = place.node;
        }
        Some(place)
    }

    /// What fields belong to: the tag if there is one, else the path.
    fn owner(&self) -> String {
        let tag = self.node.tag.as_ref().map(|tag| format!("`{}`", tag.text));
        tag.unwrap_or_else(|| self.called())
    }

    fn called(&self) -> String {
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

    fn wrong_type(&self, wanted: &str, sources: &SourceMap) -> Diagnostic {
        let found = self.found(sources);
        let diagnostic =
            Diagnostic::new(format!("{} wants {wanted}, found {found}", self.called()))
                .at(self.head(sources), "of another type");
        match (&self.subject.body, &self.subject.tag) {
            (Body::Word, Some(word)) if wanted == "a string" => {
                diagnostic.help(format!("put it in quotes: \"{}\"", word.text))
            }
            (Body::Fields(_), None) if !sources.is_file(self.subject.span) => {
                diagnostic.help(format!("give the whole value: `{}=…`", self.path))
            }
            _ => diagnostic,
        }
    }

    /// Whether `field` is missing because it was found wrong, or misspelt.
    fn explains_lack(&self, field: &str) -> bool {
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

    fn invalid_type(_found: de::Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Kind::Type(wanted.to_string()).into()
    }

    fn invalid_value(_found: de::Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Kind::Type(wanted.to_string()).into()
    }

    fn unknown_variant(found: &str, wanted: &'static [&'static str]) -> Self {
        Kind::UnknownVariant { found: found.to_owned(), wanted }.into()
    }

    fn unknown_field(found: &str, wanted: &'static [&'static str]) -> Self {
        Kind::UnknownField { found: found.to_owned(), wanted }.into()
    }

    fn missing_field(field: &'static str) -> Self {
        Kind::Missing(field).into()
    }
}
