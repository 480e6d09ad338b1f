//! Diagnostics of what a user wrote, each pointing at the text that is wrong, and
//! how they are rendered.
//!
//! Knows nothing of RON, of pipelines or of terminals: it renders to a string.

mod render;

use std::{fmt, sync::Arc};

/// Of so many diagnostics each is said; of more, how many there are.
const MOST: usize = 50;

/// Most characters of a message, a label or a help.
const LONGEST: usize = 2_000;

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
}

/// One line per diagnostic, for logs and for `{:#}`.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, diagnostic) in self.list.iter().take(MOST).enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            if let Some((span, _)) = diagnostic.labels.first() {
                write!(f, "{}: ", self.sources.locate(*span))?;
            }
            f.write_str(&shortened(&diagnostic.message))?;
        }
        let more = self.list.len().saturating_sub(MOST);
        if more > 0 { write!(f, "\n… and {more} more") } else { Ok(()) }
    }
}

/// The beginning of what is too long for a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Diagnostics {}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
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
    fn what_is_drawn_of_long_lines_and_many_diagnostics_is_bounded() {
        let long = format!("{}, λ: bad, {}", "界".repeat(200_000), "\t".repeat(300_000));
        let start = long.find("bad").unwrap();
        let here = |start, end| Span { source: 0, start, end };
        let wrong = |message: &str| {
            Diagnostic::new(message)
                .at(here(start, start + 3), "this one")
                .at(here(0, 3), "first here")
                .at(here(0, long.len()), "all of it")
        };
        let list: Vec<Diagnostic> = (0..200_000).map(|n| wrong(&n.to_string())).collect();
        let all = Diagnostics::new(Arc::new(file(&long)), list);
        let drawn = all.render(RenderOptions { width: 100, colour: false });
        assert!(drawn.len() < 1 << 20, "{}", drawn.len());
        assert!(drawn.contains("bad,") && drawn.contains("first here"), "{drawn}");
        assert!(drawn.ends_with("… and 199950 more\n"), "{}", &drawn[drawn.len() - 100..]);
        assert!(all.to_string().ends_with("\n… and 199950 more"));
        let message = Diagnostics::new(Arc::default(), vec![Diagnostic::new("x".repeat(1 << 20))]);
        assert!(message.render(RenderOptions { width: 100, colour: false }).len() < 10_000);
        assert!(message.to_string().len() < 3_000);
    }

    #[test]
    fn no_password_in_a_file_is_drawn() {
        let text = "mirrors: [\"https://me:secretpw@a.b/c?token=secrettoken&id=3\", 5]";
        let five = text.len() - 2;
        let wrong = Diagnostic::new("wrong").at(Span { source: 0, start: five, end: five + 1 }, "");
        let all = Diagnostics::new(Arc::new(file(text)), vec![wrong]);
        let drawn = all.render(RenderOptions { width: 100, colour: false });
        assert!(!drawn.contains("secret") && drawn.contains("a.b/c?token="), "{drawn}");
    }

    #[test]
    fn diagnostics_come_in_the_order_of_the_text_and_once() {
        let at = |start| Diagnostic::new("wrong").at(Span { source: 0, start, end: start }, "here");
        let diagnostics = Diagnostics::new(Arc::new(file("abc")), vec![at(2), at(0), at(2)]);
        assert_eq!(diagnostics.to_string(), "a.ron:1:1: wrong\na.ron:1:3: wrong");
    }
}
