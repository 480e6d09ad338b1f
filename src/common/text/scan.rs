//! From RON text to tree.
//!
//! Knows nothing of types, and judges no number or escape: ron does that when
//! a value is read.

use super::{
    lookalikes::lookalike,
    tree::{Body, Identifier, KeyValue, Node},
};
use crate::diagnostics::{Diagnostic, Span};

/// How deeply values may be nested.
const DEPTH: usize = 64;

/// Reads the whole of `text` as one value. `source` and `offset` say where the
/// text stands, for the spans.
///
/// # Errors
/// The first place that is not RON.
pub(super) fn scan(text: &str, source: usize, offset: usize) -> Result<Node, Diagnostic> {
    let mut scanner = Scanner { text, at: 0, source, offset, depth: 0 };
    let node = scanner.value()?;
    scanner.skip_blanks()?;
    if scanner.at < text.len() {
        return Err(scanner.unexpected("the end of the text"));
    }
    Ok(node)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    source: usize,
    offset: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn value(&mut self) -> Result<Node, Diagnostic> {
        self.skip_blanks()?;
        let start = self.at;
        match self.peek() {
            Some('(') => self.group(start),
            Some('{') => self.braces(start),
            Some('[') => self.brackets(start),
            Some('"') => self.quoted(start, '"'),
            Some('\'') => self.quoted(start, '\''),
            Some('r') if self.raw_hashes().is_some() => self.raw(start),
            Some(c) if is_word_start(c) => self.word(start),
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => Ok(self.number(start)),
            Some('#') => Err(self
                .unexpected("a value")
                .help("extensions need not be enabled here: leave the line `#![enable(…)]` out")),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, start: usize) -> Result<Node, Diagnostic> {
        let tag = self.identifier();
        let end = self.at;
        self.skip_blanks()?;
        if self.peek() == Some('(') {
            return Ok(Node { tag: Some(tag), ..self.group(start)? });
        }
        self.at = end;
        Ok(Node { span: self.since(start), tag: Some(tag), body: Body::Word })
    }

    /// `(a: 1, …)`, `(1, …)` or `()`; `start` is where its tag begins.
    fn group(&mut self, start: usize) -> Result<Node, Diagnostic> {
        let open = self.open()?;
        let body = if self.peek() == Some(')') {
            Body::Fields(Vec::new())
        } else if self.at_field()? {
            Body::Fields(self.series(open, ')', Self::field)?)
        } else {
            Body::Tuple(self.series(open, ')', Self::value)?)
        };
        self.close();
        Ok(Node::new(self.since(start), body))
    }

    fn braces(&mut self, start: usize) -> Result<Node, Diagnostic> {
        let open = self.open()?;
        let entries = self.series(open, '}', Self::pair)?;
        self.close();
        Ok(Node::new(self.since(start), Body::Map(entries)))
    }

    fn brackets(&mut self, start: usize) -> Result<Node, Diagnostic> {
        let open = self.open()?;
        let nodes = self.series(open, ']', Self::value)?;
        self.close();
        Ok(Node::new(self.since(start), Body::List(nodes)))
    }

    /// Steps over a bracket, one level deeper.
    fn open(&mut self) -> Result<Span, Diagnostic> {
        self.depth += 1;
        if self.depth > DEPTH {
            let message = format!("values are nested more than {DEPTH} deep");
            return Err(Diagnostic::new(message).at(self.here(), "one too many"));
        }
        let open = self.here();
        self.at += 1;
        self.skip_blanks()?;
        Ok(open)
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    /// Items with commas between them, up to `closing`.
    fn series<T>(
        &mut self,
        open: Span,
        closing: char,
        item: impl Fn(&mut Self) -> Result<T, Diagnostic>,
    ) -> Result<Vec<T>, Diagnostic> {
        let mut items = Vec::new();
        self.skip_blanks()?;
        while self.peek() != Some(closing) {
            if self.at == self.text.len() {
                return Err(unclosed(open, closing));
            }
            items.push(item(self)?);
            self.skip_blanks()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(c) if c == closing => break,
                None => return Err(unclosed(open, closing)),
                Some(_) => return Err(self.unexpected(&format!("`,` or `{closing}`"))),
            }
            self.skip_blanks()?;
        }
        Ok(items)
    }

    fn field(&mut self) -> Result<KeyValue, Diagnostic> {
        if !self.peek().is_some_and(is_word_start) {
            return Err(self.unexpected("a field's name"));
        }
        let tag = self.identifier();
        let key = Node { span: tag.span, tag: Some(tag.clone()), body: Body::Word };
        self.colon()?;
        Ok(KeyValue { name: tag.text, key, value: self.value()? })
    }

    fn pair(&mut self) -> Result<KeyValue, Diagnostic> {
        let start = self.at;
        let key = self.value()?;
        let text = &self.text[start..self.at];
        let name = match unescaped(text) {
            Some(name) => name.to_owned(),
            None => ron::from_str(text).unwrap_or_else(|_| text.to_owned()),
        };
        self.colon()?;
        Ok(KeyValue { name, key, value: self.value()? })
    }

    fn colon(&mut self) -> Result<(), Diagnostic> {
        self.skip_blanks()?;
        if self.peek() != Some(':') {
            return Err(self.unexpected("`:` and a value"));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether `name:` comes next.
    fn at_field(&mut self) -> Result<bool, Diagnostic> {
        let start = self.at;
        if !self.peek().is_some_and(is_word_start) {
            return Ok(false);
        }
        self.identifier();
        self.skip_blanks()?;
        let found = self.peek() == Some(':');
        self.at = start;
        Ok(found)
    }

    fn identifier(&mut self) -> Identifier {
        let start = self.at;
        self.skip_while(is_word_char);
        Identifier { text: self.text[start..self.at].to_owned(), span: self.since(start) }
    }

    fn number(&mut self, start: usize) -> Node {
        self.skip_while(|c| is_word_char(c) || "+-.".contains(c));
        Node::new(self.since(start), Body::Scalar)
    }

    fn quoted(&mut self, start: usize, quote: char) -> Result<Node, Diagnostic> {
        let open = self.here();
        self.at += 1;
        loop {
            match self.next() {
                None => return Err(unclosed(open, quote)),
                Some('\\') => drop(self.next()),
                Some(c) if c == quote => break,
                Some(_) => {}
            }
        }
        Ok(Node::new(self.since(start), Body::Scalar))
    }

    /// How many `#` stand between `r` and `"`, if a raw string comes next.
    fn raw_hashes(&self) -> Option<usize> {
        let rest = self.text[self.at..].strip_prefix('r')?;
        let after = rest.trim_start_matches('#');
        after.starts_with('"').then(|| rest.len() - after.len())
    }

    fn raw(&mut self, start: usize) -> Result<Node, Diagnostic> {
        let open = self.here();
        let hashes = self.raw_hashes().unwrap_or_default();
        self.at += "r\"".len() + hashes;
        let end = format!("\"{}", "#".repeat(hashes));
        let Some(length) = self.text[self.at..].find(&end) else {
            self.at = self.text.len();
            return Err(unclosed(open, '"'));
        };
        self.at += length + end.len();
        Ok(Node::new(self.since(start), Body::Scalar))
    }

    fn skip_blanks(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.skip_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.skip_while(|c| c != '\n');
            } else if rest.starts_with("/*") {
                self.block_comment()?;
            } else {
                return Ok(());
            }
        }
    }

    fn block_comment(&mut self) -> Result<(), Diagnostic> {
        let open = Span { end: self.place(self.at + 2).end, ..self.here() };
        let mut depth = 0_usize;
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else if self.next().is_none() {
                return Err(Diagnostic::new("a comment is not closed").at(open, "opened here"));
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn since(&self, start: usize) -> Span {
        Span { source: self.source, start: self.offset + start, end: self.offset + self.at }
    }

    fn place(&self, at: usize) -> Span {
        Span { source: self.source, start: self.offset + at, end: self.offset + at }
    }

    /// The character that comes next.
    fn here(&self) -> Span {
        let width = self.peek().map_or(0, char::len_utf8);
        Span { end: self.offset + self.at + width, ..self.place(self.at) }
    }

    fn unexpected(&self, wanted: &str) -> Diagnostic {
        if let Some((c, (name, instead))) = self.peek().and_then(|c| Some((c, lookalike(c)?))) {
            let found = format!("{name} (U+{:04X})", u32::from(c));
            return Diagnostic::new(format!("expected {wanted}, found {found}"))
                .at(self.here(), "this one")
                .help(instead);
        }
        let message = match self.peek() {
            Some(c) if c.is_control() => format!("expected {wanted}, found {c:?}"),
            Some(c) => format!("expected {wanted}, found `{c}`"),
            None => format!("expected {wanted}, but the text ends"),
        };
        Diagnostic::new(message).at(self.here(), format!("{wanted} is wanted before this"))
    }
}

/// What a quoted text holds if it has no escapes, as nearly all have: ron need
/// not look at it.
pub(super) fn unescaped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains(['"', '\\'])).then_some(inner)
}

fn unclosed(open: Span, closing: char) -> Diagnostic {
    Diagnostic::new(format!("the text ends before a closing `{closing}`")).at(open, "opened here")
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
