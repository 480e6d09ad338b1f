//! How diagnostics are drawn: each with its line and a caret under the text.
//!
//! What is drawn is bounded whatever the text is: of long lines the part around the
//! place, of many diagnostics the first. Knows nothing of what diagnostics are about.

use std::{fmt, sync::Arc};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceSpan, SpanContents,
};

use super::{
    Diagnostic, Diagnostics, MOST, RenderOptions, SourceMap, SourceText, Span, newlines, shortened,
};
use crate::{
    address::veiled,
    printable::{masked, printable, printable_line},
};

/// Bytes of a label that are underlined.
const LONGEST_LABEL: usize = 200;

/// Bytes before and after a label that are shown to the ends of its line.
const WHOLE: usize = 250;

/// Bytes before and after it that are shown of a longer line.
const AROUND: usize = 80;

/// Labels of one line that are further apart stand in excerpts of their own. No line that
/// is drawn may come near to 65,536 columns, which is all that can be formatted.
const LONGEST_EXCERPT: usize = 2_000;

impl Diagnostics {
    /// The first diagnostics, each with its line and a caret under the text, and how many
    /// more there are.
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
        let more = self.list.len() - list.len();
        if more > 0 { text + &format!("  … and {more} more\n") } else { text }
    }

    /// The first of them without anything that a terminal would obey, and without what
    /// gives access to addresses; spans stay right.
    fn printable(&self) -> Self {
        let text = |text: &String| printable(&shortened(text)).into_owned();
        let source = |source: &SourceText| SourceText {
            name: printable_line(&source.name).into_owned(),
            text: veiled(&masked(&source.text)).into_owned(),
            is_file: source.is_file,
        };
        let diagnostic = |one: &Diagnostic| Diagnostic {
            message: text(&one.message),
            labels: one.labels.iter().map(|(span, label)| (*span, text(label))).collect(),
            help: one.help.as_ref().map(text),
        };
        let sources = SourceMap(self.sources.0.iter().map(source).collect());
        let list = self.list.iter().take(MOST).map(diagnostic).collect();
        Self { sources: Arc::new(sources), list }
    }
}

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
            labels: here.iter().map(|(span, label)| underlined(source, *span, label)).collect(),
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
        if span.len() > LONGEST_EXCERPT {
            // Then each label has an excerpt of its own.
            return Err(MietteError::OutOfBounds);
        }
        let (start, end) = excerpt(self.text, span.offset(), span.offset() + span.len());
        let (line, n_lines) = (newlines(&self.text[..start]), newlines(&self.text[start..end]) + 1);
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

/// The bytes that are shown around those from `from` to `to`: whole lines, or of long ones
/// what is near.
fn excerpt(text: &str, from: usize, to: usize) -> (usize, usize) {
    let start = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
    let end = to + text[to..].find(['\n', '\r']).unwrap_or(text.len() - to);
    let start = if from - start > WHOLE { boundary(text, from - AROUND) } else { start };
    let end = if end - to > WHOLE { boundary(text, to + AROUND) } else { end };
    (start, end)
}

/// The last place between characters that is not behind `at`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// A label, at most so long that what it points at is seen.
fn underlined(source: &SourceText, span: Span, label: &str) -> LabeledSpan {
    let most = boundary(&source.text, span.start + LONGEST_LABEL);
    LabeledSpan::new_with_span(Some(label.to_owned()), span.start..span.end.min(most))
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
