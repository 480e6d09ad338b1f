//! Text that may be shown: words from files, archives and other people's records,
//! made harmless for the medium that shows them.
//!
//! Each [`Medium`] is one type below, and nothing but [`Shown::new`] makes its text.
//! What a medium cannot show as a character, such as an escape sequence or a mark that
//! turns the direction of writing, is written out (`\u{1b}`) before its own syntax is
//! escaped. Knows nothing of tables, drawings and where a text comes from.

use std::{fmt, marker::PhantomData};

use crate::printable::{is_obeyed, printable_line};

/// A text of which the medium `M` shows every character and obeys none. It has one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<M> {
    text: String,
    medium: PhantomData<M>,
}

/// Something that shows texts and has a syntax.
pub trait Medium {
    /// Appends `text`, which has one line and no control characters.
    fn escape(text: &str, to: &mut String);
}

/// A terminal, and files that people look at with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal;

/// Markdown as GitHub draws it, cells of tables included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Markdown;

/// Code within a line of Markdown, between backticks that belong to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkdownCode;

/// Text of LaTeX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latex;

/// A value of a spreadsheet, before the quotes that commas ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvCell;

/// A quoted text of Graphviz, its quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dot;

/// A quoted text of Mermaid, its quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mermaid;

impl<M: Medium> Shown<M> {
    /// `text`, made harmless.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut shown = String::with_capacity(text.len());
        M::escape(&printable_line(text), &mut shown);
        Self { text: shown, medium: PhantomData }
    }

    /// The text in the medium's syntax.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<M> fmt::Display for Shown<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<M> From<Shown<M>> for String {
    fn from(shown: Shown<M>) -> Self {
        shown.text
    }
}

/// A page or picture of HTML or SVG, whose texts are escaped already: what neither
/// has even as a reference, or would obey, becomes U+FFFD. Line breaks and tabs stay.
#[must_use]
pub fn markup(page: String) -> String {
    let is_odd = |c: char| is_obeyed(c) && c != '\r';
    if page.contains(is_odd) { page.replace(is_odd, "\u{fffd}") } else { page }
}

impl Medium for Terminal {
    fn escape(text: &str, to: &mut String) {
        to.push_str(text);
    }
}

impl Medium for Markdown {
    fn escape(text: &str, to: &mut String) {
        for (at, c) in text.char_indices() {
            let rest = &text[at + c.len_utf8()..];
            match c {
                '\\' | '`' | '*' | '|' | '~' => to.extend(['\\', c]),
                '&' => to.push_str("&amp;"),
                '<' if is_compared(&text[..at], rest) => to.push(c),
                '<' => to.push_str("&lt;"),
                // Addresses become links without being asked to.
                ':' if rest.starts_with("//") => to.push_str("&#58;"),
                '.' if ends_with_www(&text[..at]) => to.push_str("&#46;"),
                '@' => to.push_str("&#64;"),
                // Of links and pictures; intervals such as `[0.1, 0.2]` are none.
                ']' if rest.starts_with(['(', '[', ':']) => to.extend(['\\', c]),
                '[' if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                    to.extend(['\\', c]);
                }
                // Within a word it is no emphasis.
                '_' if !(is_word_end(&text[..at]) && is_word_start(rest)) => to.extend(['\\', c]),
                '#' | '>' | '+' | '-' if at == 0 && !is_number(text) => to.extend(['\\', c]),
                c => to.push(c),
            }
        }
    }
}

/// Whether a `<` stands between spaces, as in `p < 0.001`.
fn is_compared(before: &str, after: &str) -> bool {
    before.ends_with(' ') && after.starts_with(' ')
}

fn ends_with_www(text: &str) -> bool {
    let start = text.len().saturating_sub(3);
    text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

fn is_word_end(text: &str) -> bool {
    text.ends_with(char::is_alphanumeric)
}

fn is_word_start(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
}

/// Whether a cell begins as numbers do.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

impl Medium for MarkdownCode {
    fn escape(text: &str, to: &mut String) {
        to.push('`');
        // A bar would split a cell, and no sign stands for a backtick.
        to.extend(text.chars().map(|c| match c {
            '`' => '\'',
            '|' => '¦',
            c => c,
        }));
        to.push('`');
    }
}

impl Medium for Latex {
    fn escape(text: &str, to: &mut String) {
        for c in text.chars() {
            match c {
                '&' | '%' | '$' | '#' | '_' | '{' | '}' => to.extend(['\\', c]),
                '\\' => to.push_str("\\textbackslash{}"),
                '~' => to.push_str("\\textasciitilde{}"),
                '^' => to.push_str("\\textasciicircum{}"),
                '<' => to.push_str("\\textless{}"),
                '>' => to.push_str("\\textgreater{}"),
                '±' => to.push_str("$\\pm$"),
                '×' => to.push_str("$\\times$"),
                '↑' => to.push_str("$\\uparrow$"),
                '↓' => to.push_str("$\\downarrow$"),
                '–' => to.push_str("--"),
                c => to.push(c),
            }
        }
    }
}

impl Medium for CsvCell {
    /// Spreadsheets take for a formula what begins with one of these signs; numbers
    /// begin with some as well, and stay numbers.
    fn escape(text: &str, to: &mut String) {
        let begins = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        if begins && text != "-" && text.parse::<f64>().is_err() {
            to.push('\'');
        }
        to.push_str(text);
    }
}

impl Medium for Dot {
    fn escape(text: &str, to: &mut String) {
        to.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => to.extend(['\\', c]),
                // Graphviz reads references of HTML in every text.
                '&' => to.push_str("&amp;"),
                c => to.push(c),
            }
        }
        to.push('"');
    }
}

impl Medium for Mermaid {
    fn escape(text: &str, to: &mut String) {
        to.push('"');
        for c in text.chars() {
            match c {
                '#' => to.push_str("#35;"),
                '"' => to.push_str("#quot;"),
                '<' => to.push_str("#lt;"),
                '>' => to.push_str("#gt;"),
                '&' => to.push_str("#amp;"),
                // It draws Markdown that stands between backticks.
                '`' => to.push_str("#96;"),
                '\\' => to.push_str("#92;"),
                c => to.push(c),
            }
        }
        to.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<M: Medium>(text: &str) -> String {
        Shown::<M>::new(text).into()
    }

    #[test]
    fn every_medium_shows_control_characters_as_text_in_one_line() {
        let evil = "a\x1b[2J\u{202e}\nb";
        assert_eq!(shown::<Terminal>(evil), "a\\u{1b}[2J\\u{202e}\\nb");
        for text in [
            shown::<Terminal>(evil),
            shown::<Markdown>(evil),
            shown::<MarkdownCode>(evil),
            shown::<Latex>(evil),
            shown::<CsvCell>(evil),
            shown::<Dot>(evil),
            shown::<Mermaid>(evil),
        ] {
            assert!(!text.contains(|c: char| is_obeyed(c) || c == '\n'), "{text:?}");
            assert!(text.contains("1b"), "{text:?}");
        }
    }

    #[test]
    fn markdown_has_no_tags_links_code_or_emphasis_of_a_strangers() {
        for (text, wanted) in [
            ("<img src=x>", "&lt;img src=x>"),
            ("[a](https://b)", "\\[a\\](https&#58;//b)"),
            ("![1](b)", "![1\\](b)"),
            ("www.a.b c@d", "www&#46;a.b c&#64;d"),
            ("a|b `c` *d* __e__", "a\\|b \\`c\\` \\*d\\* \\_\\_e\\_\\_"),
            ("# a", "\\# a"),
            ("- a", "\\- a"),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ] {
            assert_eq!(shown::<Markdown>(text), wanted);
        }
        for plain in ["-0.1 [-0.2, 0.1]", "mean_distance ↓", "p < 0.001", "0.5 ± 0.1 (n=3)", "–"]
        {
            assert_eq!(shown::<Markdown>(plain), plain);
        }
        assert_eq!(shown::<MarkdownCode>("a`b|c"), "`a'b¦c`");
    }

    #[test]
    fn latex_has_no_command_of_a_strangers() {
        let text = "\\input{/etc/passwd} $x$ a_b & 50% #1 ~^ <>";
        let wanted = "\\textbackslash{}input\\{/etc/passwd\\} \\$x\\$ a\\_b \\& 50\\% \\#1 \
                      \\textasciitilde{}\\textasciicircum{} \\textless{}\\textgreater{}";
        assert_eq!(shown::<Latex>(text), wanted);
    }

    #[test]
    fn cells_are_no_formulas_and_numbers_stay() {
        for formula in ["=HYPERLINK(\"x\")", "+1+cmd", "-2+3", "@SUM(1)", "＝1"] {
            assert_eq!(shown::<CsvCell>(formula), format!("'{formula}"));
        }
        assert_eq!(shown::<CsvCell>("\t=1"), "\\t=1");
        for plain in ["-0.5", "+1", "1e-9", "-inf", "a=b", "", "-", "NaN"] {
            assert_eq!(shown::<CsvCell>(plain), plain);
        }
    }

    #[test]
    fn quotes_of_drawings_do_not_end_early() {
        assert_eq!(shown::<Dot>("a\"b\\N&lt;"), "\"a\\\"b\\\\N&amp;lt;\"");
        assert_eq!(shown::<Mermaid>("a\"b#c<i>`d`"), "\"a#quot;b#35;c#lt;i#gt;#96;d#96;\"");
    }

    #[test]
    fn pages_have_nothing_that_is_obeyed() {
        let page = "a\u{0}\u{1b}\u{85}\u{202e}\r\n\t".to_owned();
        assert_eq!(markup(page), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\r\n\t");
    }
}
