//! Text that a terminal shows and never obeys.
//!
//! Names, messages and excerpts come from files, archives and other people's
//! records; an escape sequence in them could move the cursor, hide lines or set the
//! window's title. Knows nothing of where a text comes from.

use std::{borrow::Cow, fmt::Write as _};

/// `text` with every character that a terminal would obey written out: `\u{1b}`.
/// Newlines, also those of two characters, and tabs stay.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_line = c == '\r' && chars.peek() == Some(&'\n');
        if is_obeyed(c) && !ends_line { plain.extend(c.escape_unicode()) } else { plain.push(c) }
    }
    Cow::Owned(plain)
}

/// The same of what has to stay one line, such as a cell or a fact: line breaks and
/// tabs are written out as well.
#[must_use]
pub fn printable_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| is_obeyed(c) || c == '\n' || c == '\t';
    if !text.contains(breaks) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => plain.extend(c.escape_default()),
            c if is_obeyed(c) => plain.extend(c.escape_unicode()),
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// The same with as many bytes as before, so that spans stay right: each such
/// character becomes a sign of its length.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let sign = |c: char| match c.len_utf8() {
        _ if !is_obeyed(c) || c == '\r' => c,
        1 => '?',
        2 => '¿',
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(sign).collect())
}

/// The same of a text with colours of our own: sequences that set colours stay.
#[must_use]
pub fn printable_colours(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split('\x1b');
    let mut plain = printable(pieces.next().unwrap_or_default()).into_owned();
    for piece in pieces {
        let codes = piece.strip_prefix('[').unwrap_or_default();
        let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';');
        let is_colour = end.is_some_and(|end| codes[end..].starts_with('m'));
        plain.push_str(if is_colour { "\x1b" } else { "\\u{1b}" });
        plain.push_str(&printable(piece));
    }
    Cow::Owned(plain)
}

/// JSON as before, in which the control characters that JSON need not escape are
/// escaped, too.
#[must_use]
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        // All of them are within strings, and below U+FFFF.
        if is_obeyed(c) {
            let _ = write!(plain, "\\u{:04x}", u32::from(c));
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// Control characters, marks that turn the direction of what follows, and line breaks
/// that few programs know.
pub(crate) fn is_obeyed(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    turns || breaks || (c.is_control() && c != '\n' && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "a\x1b[2J\x1b]0;title\x07\u{9b}1m\u{202e}\tλ\n";

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let plain = "a\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}1m\\u{202e}\tλ\n";
        assert_eq!(printable(EVIL), plain);
        assert_eq!(printable("λ\n"), "λ\n");
        assert_eq!(printable("a\r\nb\rc\u{1b}"), "a\r\nb\\u{d}c\\u{1b}");
        assert_eq!(printable("\u{200f}\u{61c}\u{2028}"), "\\u{200f}\\u{61c}\\u{2028}");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(printable_line("a\nb\tc\rd\u{7}"), "a\\nb\\tc\\rd\\u{7}");
        assert_eq!(printable_line("λ x"), "λ x");
    }

    #[test]
    fn a_masked_text_is_as_long_as_before() {
        assert_eq!(masked(EVIL), "a?[2J?]0;title?¿1m\u{fffd}\tλ\n");
        assert_eq!(masked(EVIL).len(), EVIL.len());
    }

    #[test]
    fn colours_stay_and_nothing_else_does() {
        let text = "\x1b[1;38;5;16mλ\x1b[0m\x1b[2J\x1b]0;t\x07\x1b[";
        let plain = "\x1b[1;38;5;16mλ\x1b[0m\\u{1b}[2J\\u{1b}]0;t\\u{7}\\u{1b}[";
        assert_eq!(printable_colours(text), plain);
    }

    #[test]
    fn json_says_the_same_in_escapes() {
        assert_eq!(printable_json("\"\u{7f}\u{9b}λ\""), "\"\\u007f\\u009bλ\"");
    }
}
