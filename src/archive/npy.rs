//! The headers of NumPy's arrays.

use std::io::{self, Read};

use npyz::{DType, Endianness, Order, TypeChar, TypeStr, WriteOptions, WriterBuilder};

/// The longest header that is read; NumPy itself reads no more than 10,000 bytes.
const LONGEST: usize = 4096;

/// Brackets within a header: of its dictionary, its shape, and some to spare. The
/// parser recurses into brackets, so more of them could exhaust the stack.
const BRACKETS: usize = 4;

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
        let mut bytes = exactly(stream, 8)?;
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err(NpyError::NotAnArray(bytes.escape_ascii().to_string()));
        }
        let length = exactly(stream, if bytes[6] == 1 { 2 } else { 4 })?;
        let text = length.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        bytes.extend(length);
        if text > LONGEST {
            return Err(NpyError::Damaged(format!("a header of {text} bytes")));
        }
        let text = exactly(stream, text)?;
        if text.iter().filter(|&byte| b"([{".contains(byte)).count() > BRACKETS {
            return Err(NpyError::Fields(text.escape_ascii().to_string()));
        }
        bytes.extend(text);
        let header = npyz::NpyHeader::from_reader(&*bytes);
        header
            .map(|header| Self::from(&header))
            .map_err(|error| NpyError::Damaged(format!("a header that is none: {error}")))
    }
}

impl From<&npyz::NpyHeader> for NpyHeader {
    fn from(header: &npyz::NpyHeader) -> Self {
        let dtype = header.dtype();
        let plain = if let DType::Plain(plain) = &dtype { Some(plain) } else { None };
        let element = match plain {
            _ if header.uses_pickled_array() => NpyElement::Object,
            Some(plain) => element(plain),
            None => NpyElement::Other,
        };
        Self {
            element,
            is_big_endian: plain.is_some_and(|plain| plain.endianness() == Endianness::Big),
            descr: dtype.descr(),
            shape: header.shape().to_vec(),
            is_fortran: header.order() == Order::Fortran,
        }
    }
}

fn element(plain: &TypeStr) -> NpyElement {
    match plain.type_char() {
        TypeChar::Uint => NpyElement::Unsigned(plain.size_field()),
        TypeChar::Int => NpyElement::Signed(plain.size_field()),
        TypeChar::Float => NpyElement::Float(plain.size_field()),
        _ => NpyElement::Other,
    }
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
pub(super) fn header(element: NpyElement, shape: &[usize]) -> io::Result<Vec<u8>> {
    let word = match element {
        NpyElement::Unsigned(1) => "|u1".to_owned(),
        NpyElement::Signed(1) => "|i1".to_owned(),
        NpyElement::Unsigned(size) => format!("<u{size}"),
        NpyElement::Signed(size) => format!("<i{size}"),
        NpyElement::Float(size) => format!("<f{size}"),
        NpyElement::Object | NpyElement::Other => panic!("only arrays of numbers are written"),
    };
    let kind = word.parse().expect("NumPy's words for its types");
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let mut header = Vec::new();
    let options = WriteOptions::new_header_only().dtype(DType::Plain(kind)).shape(&shape);
    options.writer(&mut header).write_header_only()?;
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = header(NpyElement::Float(4), &[3, 6]).unwrap();
        let read = NpyHeader::read(&mut &bytes[..]).unwrap();
        assert_eq!((read.element, &read.shape[..]), (NpyElement::Float(4), &[3, 6][..]));
        assert_eq!((&*read.descr, read.is_big_endian, read.is_fortran), ("'<f4'", false, false));
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
