//! Edits of texts: words of this and other texts, characters that matter to a scanner,
//! lines twice or not at all, and pieces repeated very often.

use proptest::{collection::vec, prelude::*};

/// Pieces that matter to whoever reads RON, numbers or names.
const PIECES: [&str; 56] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "r#\"",
    "\"#",
    "/*",
    "*/",
    "//",
    "\\",
    "λ",
    "0",
    "-1.5e",
    "Some(",
    "None",
    "acai",
    "\n",
    "\0",
    "\r",
    "\t",
    " ",
    ".",
    "..",
    "/",
    "=",
    "-",
    "1e308",
    "1e-400",
    "NaN",
    "inf",
    "-inf",
    "-0.0",
    "18446744073709551616",
    "-1",
    "0x10",
    "1_000",
    "true",
    "()",
    "#![enable(implicit_some)]",
    "\u{feff}",
    "\u{a0}",
    "\u{202e}",
    "\u{200b}",
    "“",
    "\u{1b}[2J",
    "e\u{301}",
    "\u{10ffff}",
    "\\u{d800}",
    "b\"x\"",
    "'\\''",
];

/// How often a piece is repeated, at most.
const MOST: u16 = 2_000;

/// A change at a place; places beyond the end count from the front again.
#[derive(Clone, Debug)]
enum TextEdit {
    /// Another piece in the place of some characters.
    Piece(u16, u8, u8),
    /// A word of a text in the place of some characters.
    Word(u16, u8, u16),
    /// A word in the place of another one.
    Swap(u16, u16),
    /// Any character.
    Character(u16, char),
    /// A line twice, or in another place.
    Line(u16, u16, bool),
    /// A piece, often.
    Often(u16, u8, u16),
    /// The end.
    Cut(u16),
}

/// A text to be.
#[derive(Clone, Debug)]
pub(super) struct TextMutant {
    /// Which text it is made of.
    seed: u8,
    edits: Vec<TextEdit>,
}

/// Any mutant.
pub(super) fn mutants() -> impl Strategy<Value = TextMutant> {
    (any::<u8>(), vec(edits(), 1..5)).prop_map(|(seed, edits)| TextMutant { seed, edits })
}

/// Any edit; what is slow is seldom.
fn edits() -> impl Strategy<Value = TextEdit> {
    prop_oneof![
        8 => any::<(u16, u8, u8)>().prop_map(|(at, cut, which)| TextEdit::Piece(at, cut, which)),
        8 => any::<(u16, u8, u16)>().prop_map(|(at, cut, which)| TextEdit::Word(at, cut, which)),
        8 => any::<(u16, u16)>().prop_map(|(one, other)| TextEdit::Swap(one, other)),
        4 => any::<(u16, char)>().prop_map(|(at, new)| TextEdit::Character(at, new)),
        4 => any::<(u16, u16, bool)>().prop_map(|(at, to, keep)| TextEdit::Line(at, to, keep)),
        1 => any::<(u16, u8, u16)>().prop_map(|(at, which, count)| TextEdit::Often(at, which, count)),
        1 => any::<u16>().prop_map(TextEdit::Cut),
    ]
}

impl TextMutant {
    /// One of `texts`, edited with words of all of them.
    pub(super) fn of(&self, texts: &[String]) -> String {
        let seed = &texts[usize::from(self.seed) % texts.len()];
        self.edits.iter().fold(seed.clone(), |mut text, edit| {
            edit.apply(&mut text, texts);
            text
        })
    }
}

impl TextEdit {
    fn apply(&self, text: &mut String, texts: &[String]) {
        match *self {
            Self::Piece(at, cut, which) => replace(text, at, cut, piece(which)),
            Self::Word(at, cut, which) => {
                let from = &texts[usize::from(which) % texts.len()];
                let place = word(from, which);
                replace(text, at, cut, &from[place]);
            }
            Self::Swap(one, other) => {
                let new = text[word(text, other)].to_owned();
                text.replace_range(word(text, one), &new);
            }
            Self::Character(at, new) => text.insert(boundary(text, at.into()), new),
            Self::Line(at, to, keep) => {
                let mut lines: Vec<&str> = text.lines().collect();
                let count = lines.len().max(1);
                let Some(&line) = lines.get(usize::from(at) % count) else { return };
                if !keep {
                    lines.remove(usize::from(at) % count);
                }
                lines.insert(usize::from(to) % (lines.len() + 1), line);
                *text = lines.join("\n");
            }
            Self::Often(at, which, count) => {
                let many = piece(which).repeat(usize::from(count % MOST));
                text.insert_str(boundary(text, at.into()), &many);
            }
            Self::Cut(at) => text.truncate(boundary(text, at.into())),
        }
    }
}

fn piece(which: u8) -> &'static str {
    PIECES[usize::from(which) % PIECES.len()]
}

/// The last boundary of a character that is not behind `at`.
fn boundary(text: &str, at: usize) -> usize {
    floor(text, at % (text.len() + 1))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Cuts out up to 15 bytes and puts `new` in their place.
fn replace(text: &mut String, at: u16, cut: u8, new: &str) {
    let start = boundary(text, at.into());
    let end = floor(text, start + usize::from(cut % 16));
    text.replace_range(start..end.max(start), new);
}

/// Where the word, number or sign nearest before `at` is.
fn word(text: &str, at: u16) -> std::ops::Range<usize> {
    let at = boundary(text, at.into());
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let before = text[..at].char_indices().rev().take_while(|&(_, c)| is_part(c)).last();
    let start = before.map_or(at, |(start, _)| start);
    let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |end| start + end);
    start..end
}
