//! The headers of NumPy's arrays: a Python dictionary with three entries, of which no
//! more is understood than NumPy writes.

use std::io::{self, Read};

/// The longest header that is read; NumPy itself reads no more than 10,000 bytes.
const LONGEST: usize = 4096;

/// Brackets within a header: of its dictionary, its shape, and some to spare; elements
/// with fields have more.
const BRACKETS: usize = 4;

/// The text of a header and what stands before it fill blocks of so many bytes.
const BLOCK: usize = 64;

/// Type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NpyElement {
    /// Unsigned integers of so many bytes.
    Unsigned(u64),
    /// Signed integers of so many bytes.
    Signed(u64),
    /// IEEE floats of so many bytes.
    Float(u64),
    /// Pickled objects.
    Object,
    /// Anything else.
    Other,
}

/// What an array's header says.
#[derive(Clone, Debug)]
pub struct NpyHeader {
    /// Type of the elements.
    pub element: NpyElement,
    /// Whether the most significant byte of an element comes first.
    pub is_big_endian: bool,
    /// The type as NumPy writes it, such as `'<f4'`.
    pub descr: String,
    /// Lengths of the axes.
    pub shape: Vec<u64>,
    /// Whether the first axis is the fastest.
    pub is_fortran: bool,
}

/// A header cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The stream cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The stream ends within the header.
    #[error("ends within its header")]
    Ends,
    /// The stream does not begin as an array does.
    #[error("starts with {0}")]
    NotAnArray(String),
    /// Elements with fields.
    #[error("has elements with fields: {0}")]
    Fields(String),
    /// A header without sense.
    #[error("{0}")]
    Damaged(String),
}

impl NpyHeader {
    /// Reads a header; the stream then stands at the first element.
    ///
    /// # Errors
    /// If the stream does not begin with a header of an array of plain elements.
    pub fn read(stream: &mut impl Read) -> Result<Self, NpyError> {
        let bytes = exactly(stream, 8)?;
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err(NpyError::NotAnArray(bytes.escape_ascii().to_string()));
        }
        let length = exactly(stream, if bytes[6] == 1 { 2 } else { 4 })?;
        let text = length.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        if text > LONGEST {
            return Err(NpyError::Damaged(format!("a header of {text} bytes")));
        }
        let text = exactly(stream, text)?;
        if text.iter().filter(|&byte| b"([{".contains(byte)).count() > BRACKETS {
            return Err(NpyError::Fields(text.escape_ascii().to_string()));
        }
        let header = std::str::from_utf8(&text).ok().and_then(parse);
        header.ok_or_else(|| {
            NpyError::Damaged(format!("a header that is none: {}", text.escape_ascii()))
        })
    }
}

/// What a dictionary says; none if it is none, or lacks an entry.
fn parse(text: &str) -> Option<NpyHeader> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let (mut descr, mut order, mut shape) = (None, None, None);
    while !rest.is_empty() {
        let (key, after) = quoted(rest)?;
        let after = after.trim_start().strip_prefix(':')?.trim_start();
        let (value, after) = after.split_at(end_of_value(after)?);
        let entry = match key {
            "descr" => &mut descr,
            "fortran_order" => &mut order,
            "shape" => &mut shape,
            _ => return None,
        };
        *entry = Some(value.trim_end());
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    let is_fortran = match order? {
        "True" => true,
        "False" => false,
        _ => return None,
    };
    let (element, is_big_endian, descr) = element(descr?)?;
    Some(NpyHeader { element, is_big_endian, descr, shape: axes(shape?)?, is_fortran })
}

/// A text in quotes, without escapes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote).filter(|(inner, _)| !inner.contains('\\'))
}

/// Where a value ends: at a comma outside of quotes and brackets, or with the text.
fn end_of_value(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => return Some(at),
            _ => {}
        }
    }
    (depth == 0 && quote.is_none()).then_some(text.len())
}

/// `(3, 6)`; an old Python writes `(3L, 6L)`.
fn axes(text: &str) -> Option<Vec<u64>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?.trim();
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    if inner.trim().is_empty() {
        return Some(Vec::new());
    }
    let axis = |axis: &str| {
        let digits = axis.trim();
        let digits = digits.strip_suffix('L').unwrap_or(digits);
        digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    inner.split(',').map(axis).collect()
}

/// The type of elements, whether they are big-endian, and the type's text; of elements
/// with fields, a list.
fn element(text: &str) -> Option<(NpyElement, bool, String)> {
    let Some((word, "")) = quoted(text) else {
        let is_list = text.starts_with('[') && text.ends_with(']');
        return is_list.then(|| (NpyElement::Other, false, text.to_owned()));
    };
    let descr = format!("'{word}'");
    let (order, word) = match word.chars().next()? {
        order @ ('<' | '>' | '|' | '=') => (order, &word[1..]),
        _ => ('=', word),
    };
    let kind = word.chars().next()?;
    let size = word[kind.len_utf8()..].parse::<u64>();
    let element = match (kind, size) {
        ('O', _) => NpyElement::Object,
        ('u', Ok(size)) => NpyElement::Unsigned(size),
        ('i', Ok(size)) => NpyElement::Signed(size),
        ('f', Ok(size)) => NpyElement::Float(size),
        ('u' | 'i' | 'f', Err(_)) => return None,
        _ => NpyElement::Other,
    };
    Some((element, order == '>', descr))
}

/// The next `count` bytes, of which there are few.
fn exactly(stream: &mut impl Read, count: usize) -> Result<Vec<u8>, NpyError> {
    let mut bytes = Vec::with_capacity(count);
    stream.take(count as u64).read_to_end(&mut bytes)?;
    if bytes.len() < count { Err(NpyError::Ends) } else { Ok(bytes) }
}

/// The header of an array of little-endian numbers in C order.
///
/// # Panics
/// If `element` is no number.
pub(super) fn header(element: NpyElement, shape: &[usize]) -> Vec<u8> {
    let word = match element {
        NpyElement::Unsigned(1) => "|u1".to_owned(),
        NpyElement::Signed(1) => "|i1".to_owned(),
        NpyElement::Unsigned(size) => format!("<u{size}"),
        NpyElement::Signed(size) => format!("<i{size}"),
        NpyElement::Float(size) => format!("<f{size}"),
        NpyElement::Object | NpyElement::Other => panic!("only arrays of numbers are written"),
    };
    let axes: Vec<String> = shape.iter().map(|length| format!("{length}, ")).collect();
    let axes = axes.concat();
    let mut text = format!("{{'descr': '{word}', 'fortran_order': False, 'shape': ({axes}), }}");
    let before = b"\x93NUMPY\x01\x00".len() + 2;
    let whole = (before + text.len() + 1).next_multiple_of(BLOCK);
    text.extend(std::iter::repeat_n(' ', whole - before - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("an array has few axes").to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &length, text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = header(NpyElement::Float(4), &[3, 6]);
        let written = npyz::NpyHeader::from_reader(&bytes[..]).unwrap();
        assert_eq!((written.shape(), written.dtype().descr()), (&[3, 6][..], "'<f4'".into()));
        assert_eq!(bytes.len() % 64, 0);
        let read = NpyHeader::read(&mut &bytes[..]).unwrap();
        assert_eq!((read.element, &read.shape[..]), (NpyElement::Float(4), &[3, 6][..]));
        assert_eq!((&*read.descr, read.is_big_endian, read.is_fortran), ("'<f4'", false, false));
    }

    #[test]
    fn headers_are_understood_as_numpy_writes_them_and_no_others() {
        let said = |text: &str| parse(text).map(|header| (header.descr, header.shape));
        let both = |descr: &str, shape: &[u64]| Some((descr.to_owned(), shape.to_vec()));
        let dict = |descr: &str, shape: &str| {
            format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}   \n")
        };
        assert_eq!(said(&dict("'<f4'", "(3, 6)")), both("'<f4'", &[3, 6]));
        assert_eq!(said(&dict("'|u1'", "(3L,)")), both("'|u1'", &[3]));
        assert_eq!(said(&dict("'|O'", "()")), both("'|O'", &[]));
        assert_eq!(said(&dict("'<M8[ns]'", "(1,)")), both("'<M8[ns]'", &[1]));
        assert_eq!(said(&dict("[('a', '<f4')]", "(1,)")), both("[('a', '<f4')]", &[1]));
        let plain = "{\"shape\": (2, 3), 'fortran_order':True,'descr': \">i2\"}";
        let header = parse(plain).unwrap();
        assert_eq!((header.element, header.is_big_endian), (NpyElement::Signed(2), true));
        assert!(header.is_fortran);
        for wrong in [
            dict("'<f4'", "(3, -6)"),
            dict("'<f4'", "(3, +6)"),
            dict("'<f4'", "(99999999999999999999,)"),
            dict("'<f4'", "[3]"),
            dict("'<f'", "(3,)"),
            dict("''", "(3,)"),
            dict("'<f4' 'x'", "(3,)"),
            dict("3", "(3,)"),
            "{'descr': '<f4', 'shape': (3,)}".to_owned(),
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}".to_owned(),
            "{'descr'}".to_owned(),
            "{'é: (".to_owned(),
            "{)}".to_owned(),
            String::new(),
        ] {
            assert!(parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn long_and_deep_headers_are_refused_before_they_are_parsed() {
        let npy = |length: &[u8], text: &str| {
            let bytes = [b"\x93NUMPY\x02\x00", length, text.as_bytes()].concat();
            NpyHeader::read(&mut &bytes[..]).unwrap_err().to_string()
        };
        assert_eq!(npy(&[255; 4], ""), "a header of 4294967295 bytes");
        assert_eq!(npy(&[160, 15, 0, 0], "(((((("), "ends within its header");
        let deep = npy(&[160, 15, 0, 0], &"(".repeat(4000));
        assert!(deep.starts_with("has elements with fields: (((("), "{deep}");
    }
}
