//! From the bytes of a file to its text, as editors write them.
//!
//! UTF-8 with or without a byte order mark, lines that end in any of the three
//! ways; other encodings are named. Knows nothing of what the text means.

use std::{io, path::Path};

use crate::files;

/// Byte order mark.
const BOM: char = '\u{feff}';

/// Reads the text of a file that a person wrote: it is not endless.
///
/// # Errors
/// The file cannot be read, is none, is longer than such texts are, or is not UTF-8; the message says which encoding it
/// looks like.
pub fn read_text(path: &Path) -> io::Result<String> {
    decode(files::read_named(path, files::LONGEST_TEXT)?).map_err(|why| {
        io::Error::new(io::ErrorKind::InvalidData, format!("`{}` {why}", path.display()))
    })
}

/// The text of `bytes`, or what they look like instead.
///
/// # Errors
/// They are not UTF-8, or hold a NUL.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some(encoding) = wide_encoding(&bytes) {
        return Err(format!("is {encoding}: save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let (before, bad) = (&error.as_bytes()[..valid], error.as_bytes()[valid]);
        let line = 1 + line_ends(&String::from_utf8_lossy(before));
        format!("is not UTF-8: line {line} has the byte 0x{bad:02X}; save it as UTF-8")
    })
}

/// UTF-16 or UTF-32, by its byte order mark or, without one, by the zeros that plain
/// letters have in it.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [1..=255, 0, 1..=255, 0, ..] => Some("UTF-16 (little-endian)"),
        [0xfe, 0xff, ..] | [0, 1..=255, 0, 1..=255, ..] => Some("UTF-16 (big-endian)"),
        _ => None,
    }
}

/// `text` without a byte order mark, and with a newline where an old Mac's editor
/// ended a line with a carriage return alone.
pub(super) fn normalized(text: &str) -> String {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if !text.contains('\r') {
        return text.to_owned();
    }
    let mut letters = text.chars().peekable();
    let mut normal = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        let ends_line = letter == '\r' && letters.peek() != Some(&'\n');
        normal.push(if ends_line { '\n' } else { letter });
    }
    normal
}

fn line_ends(text: &str) -> usize {
    normalized(text).matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_named() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let cases = [
            ([vec![0xff, 0xfe], utf16("Pipeline")].concat(), "is UTF-16 (little-endian)"),
            (utf16("Pipeline"), "is UTF-16 (little-endian)"),
            (b"\xfe\xff\0P\0i".to_vec(), "is UTF-16 (big-endian)"),
            (b"\0P\0i\0p".to_vec(), "is UTF-16 (big-endian)"),
            (b"\xff\xfe\0\0P\0\0\0".to_vec(), "is UTF-32"),
        ];
        for (bytes, what) in cases {
            assert_eq!(decode(bytes), Err(format!("{what}: save it as UTF-8")));
        }
        let latin = b"// one\r\n// two\r// caf\xe9\n".to_vec();
        let why = "is not UTF-8: line 3 has the byte 0xE9; save it as UTF-8";
        assert_eq!(decode(latin), Err(why.to_owned()));
        assert_eq!(decode("λ".into()), Ok("λ".to_owned()));
    }

    #[test]
    fn marks_and_line_ends_of_editors_make_no_difference() {
        assert_eq!(normalized("\u{feff}a\rb\r\nc\r"), "a\nb\r\nc\n");
        assert_eq!(normalized("a\u{feff}"), "a\u{feff}");
    }
}
