//! Diagnostics of what a user wrote, each pointing at the text that is wrong, and
//! how they are rendered.
//!
//! Knows nothing of RON, of pipelines or of terminals: it renders to a string.

use std::{fmt, ops::Range, sync::Arc};

use crate::printable::{masked, printable};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceSpan, SpanContents,
};

/// A text that diagnostics point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Its name: a file's path, or the option (`--set`).
    pub name: String,
    /// Its text.
    pub text: String,
    /// Whether it is a file, which has lines, or an argument, which has not.
    pub is_file: bool,
}

/// A range of bytes in one of the [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which source.
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// All texts that went into one pipeline: the file, then each `--set`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap(Vec<SourceText>);

impl SourceMap {
    /// Adds a text and returns its number.
    pub fn add(&mut self, source: SourceText) -> usize {
        self.0.push(source);
        self.0.len() - 1
    }

    /// The text that was added first: of a pipeline, its file.
    #[must_use]
    pub fn first(&self) -> Option<&SourceText> {
        self.0.first()
    }

    /// The text under a span.
    ///
    /// # Panics
    /// If the span belongs to other sources.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.0[span.source].text[span.start..span.end]
    }

    /// Whether the span lies in a file.
    #[must_use]
    pub fn is_file(&self, span: Span) -> bool {
        self.0[span.source].is_file
    }

    /// Line and column of the span's start, both from 1, columns in characters.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let before = &self.0[span.source].text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (1 + newlines(before), 1 + before[line_start..].chars().count())
    }

    /// Where the span starts, for people: `quickstart.ron:12:9`, or the whole
    /// argument, `--set models.kimg=64`.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        let source = &self.0[span.source];
        if !source.is_file {
            return format!("{} {}", source.name, source.text);
        }
        let (line, column) = self.line_column(span);
        format!("{}:{line}:{column}", source.name)
    }
}

/// Something wrong in what a user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong: lowercase, without a full stop.
    pub message: String,
    /// Where; the first is the position itself, the others explain it.
    pub labels: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without a span yet.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), labels: Vec::new(), help: None }
    }

    /// Points at `span`, saying `label` under it.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Columns to wrap at.
    pub width: usize,
    /// Whether to colour; nothing is said by colour alone.
    pub colour: bool,
}

/// Every diagnostic that was found, in the order of the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnostics {
    sources: Arc<SourceMap>,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Sorts `list` by position and drops repetitions.
    #[must_use]
    pub fn new(sources: Arc<SourceMap>, mut list: Vec<Diagnostic>) -> Self {
        let position = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.0);
        list.sort_by(|a, b| (position(a), &a.message).cmp(&(position(b), &b.message)));
        list.dedup();
        Self { sources, list }
    }

    /// The diagnostics.
    #[must_use]
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// All diagnostics, each with its line and a caret under the text.
    ///
    /// # Panics
    /// Never: writing to a string does not fail.
    #[must_use]
    pub fn render(&self, options: RenderOptions) -> String {
        let Self { sources, list } = &self.printable();
        let theme = if options.colour {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(options.width)
            .with_context_lines(0)
            .without_primary_span_start();
        let mut text = String::new();
        for diagnostic in list {
            handler
                .render_report(&mut text, &MietteReport::new(sources, diagnostic))
                .expect("writing to a string does not fail");
        }
        text
    }
}

impl Diagnostics {
    /// The same without anything that a terminal would obey; spans stay right.
    fn printable(&self) -> Self {
        let text = |text: &String| printable(text).into_owned();
        let source = |source: &SourceText| SourceText {
            name: text(&source.name),
            text: masked(&source.text).into_owned(),
            is_file: source.is_file,
        };
        let diagnostic = |one: &Diagnostic| Diagnostic {
            message: text(&one.message),
            labels: one.labels.iter().map(|(span, label)| (*span, text(label))).collect(),
            help: one.help.as_ref().map(text),
        };
        let sources = SourceMap(self.sources.0.iter().map(source).collect());
        Self { sources: Arc::new(sources), list: self.list.iter().map(diagnostic).collect() }
    }
}

/// One line per diagnostic, for logs and for `{:#}`.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, diagnostic) in self.list.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            if let Some((span, _)) = diagnostic.labels.first() {
                write!(f, "{}: ", self.sources.locate(*span))?;
            }
            f.write_str(&diagnostic.message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Diagnostics {}

/// A diagnostic as miette reads it.
#[derive(Debug)]
struct MietteReport<'a> {
    diagnostic: &'a Diagnostic,
    help: Option<String>,
    source: Option<Excerpt<'a>>,
    labels: Vec<LabeledSpan>,
}

impl<'a> MietteReport<'a> {
    /// Labels in the text of the first one can be drawn; the others are added to the help.
    fn new(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Self {
        let Some((position, _)) = diagnostic.labels.first() else {
            return Self {
                diagnostic,
                help: diagnostic.help.clone(),
                source: None,
                labels: Vec::new(),
            };
        };
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            diagnostic.labels.iter().partition(|(span, _)| span.source == position.source);
        let elsewhere =
            elsewhere.iter().map(|(span, label)| format!("{label}: {}", sources.locate(*span)));
        let help: Vec<String> = elsewhere.chain(diagnostic.help.clone()).collect();
        let source = &sources.0[position.source];
        let name = if source.is_file { sources.locate(*position) } else { source.name.clone() };
        Self {
            diagnostic,
            help: (!help.is_empty()).then(|| help.join("\n")),
            source: Some(Excerpt { name, text: &source.text }),
            labels: here
                .iter()
                .map(|(span, label)| {
                    let bytes = Range { start: span.start, end: span.end };
                    LabeledSpan::new_with_span(Some(label.clone()), bytes)
                })
                .collect(),
        }
    }
}

/// A text of which whole lines are shown.
#[derive(Debug)]
struct Excerpt<'a> {
    /// The position of the diagnostic, as the heading of the excerpt.
    name: String,
    text: &'a str,
}

impl miette::SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (before, rest) = self.text.split_at(span.offset());
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = span.offset() + span.len();
        let end = end + rest[span.len()..].find(['\n', '\r']).unwrap_or(self.text.len() - end);
        let (line, n_lines) = (newlines(&before[..start]), newlines(&self.text[start..end]) + 1);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[start..end],
            (start, end - start).into(),
            line,
            0,
            n_lines,
        )))
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

impl fmt::Display for MietteReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for MietteReport<'_> {}

impl miette::Diagnostic for MietteReport<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceMap {
        let mut sources = SourceMap::default();
        sources.add(SourceText { name: "a.ron".into(), text: text.into(), is_file: true });
        sources
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let sources = file("// λ\nλλ: x");
        let span = Span { source: 0, start: 12, end: 13 };
        assert_eq!(sources.text(span), "x");
        assert_eq!(sources.line_column(span), (2, 5));
        assert_eq!(sources.locate(span), "a.ron:2:5");
    }

    #[test]
    fn an_argument_is_located_by_itself() {
        let mut sources = file("");
        let source = SourceText { name: "--set".into(), text: "a.b=1".into(), is_file: false };
        let source = sources.add(source);
        assert_eq!(sources.locate(Span { source, start: 4, end: 5 }), "--set a.b=1");
    }

    #[test]
    fn nothing_in_a_file_reaches_the_terminal_as_a_command() {
        let sources = Arc::new(file("λ: \x1b[2J\u{9b}1m, x"));
        let wrong = Diagnostic::new("`\x1b[2J` is wrong").help("not \x07");
        let at = Span {
            source: 0,
            start: "λ: \x1b[2J\u{9b}1m, ".len(),
            end: "λ: \x1b[2J\u{9b}1m, x".len(),
        };
        let all = Diagnostics::new(sources, vec![wrong.at(at, "here")]);
        let drawn = all.render(RenderOptions { width: 80, colour: false });
        assert!(!drawn.contains(|c: char| c.is_control() && c != '\n'), "{drawn:?}");
        assert!(
            drawn.contains("`\\u{1b}[2J` is wrong") && drawn.contains("λ: ?[2J¿1m, x"),
            "{drawn}"
        );
    }

    #[test]
    fn diagnostics_come_in_the_order_of_the_text_and_once() {
        let at = |start| Diagnostic::new("wrong").at(Span { source: 0, start, end: start }, "here");
        let diagnostics = Diagnostics::new(Arc::new(file("abc")), vec![at(2), at(0), at(2)]);
        assert_eq!(diagnostics.to_string(), "a.ron:1:1: wrong\na.ron:1:3: wrong");
    }
}
