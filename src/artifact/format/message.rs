//! The messages that object headers consist of: what the elements are, how many there
//! are, where they lie.
//!
//! Knows nothing of headers.

use super::UNDEFINED;
use crate::ElementType;

/// The kinds of message, as the format numbers them.
pub(super) mod kind {
    pub(crate) const DATASPACE: u8 = 0x01;
    pub(crate) const LINK_INFO: u8 = 0x02;
    pub(crate) const DATATYPE: u8 = 0x03;
    pub(crate) const FILL_VALUE: u8 = 0x05;
    pub(crate) const LINK: u8 = 0x06;
    pub(crate) const LAYOUT: u8 = 0x08;
    pub(crate) const GROUP_INFO: u8 = 0x0a;
    pub(crate) const FILTERS: u8 = 0x0b;
    pub(crate) const ATTRIBUTE: u8 = 0x0c;
}

/// Names and texts are UTF-8.
const UTF8: u8 = 1;

/// Bytes of a reference to a text in a global heap.
pub(super) const TEXT_BYTES: usize = 16;

/// Lengths of the axes; none for a single element.
pub(super) fn dataspace(shape: &[usize]) -> Vec<u8> {
    let is_simple = u8::from(!shape.is_empty());
    let mut body = vec![2, shape.len() as u8, 0, is_simple];
    body.extend(shape.iter().flat_map(|&length| (length as u64).to_le_bytes()));
    body
}

/// The type of little-endian elements.
pub(super) fn datatype(element: ElementType) -> Vec<u8> {
    match element {
        ElementType::U8 | ElementType::U32 => integer(element.size(), false),
        ElementType::I64 => integer(element.size(), true),
        ElementType::F32 => float(4, [23, 8, 0, 23], 127),
        ElementType::F64 => float(8, [52, 11, 0, 52], 1_023),
    }
}

/// Version 1 of the encoding, class 0.
fn integer(size: usize, is_signed: bool) -> Vec<u8> {
    let mut body = vec![0x10, u8::from(is_signed) << 3, 0, 0];
    body.extend((size as u32).to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    body.extend((8 * size as u16).to_le_bytes());
    body
}

/// Version 1, class 1; `fields` are place and width of exponent and mantissa, whose
/// first bit is implied.
fn float(size: u8, fields: [u8; 4], bias: u32) -> Vec<u8> {
    let bits = size * 8;
    let mut body = vec![0x11, 0x20, bits - 1, 0];
    body.extend(u32::from(size).to_le_bytes());
    body.extend([0, 0, bits, 0]);
    body.extend(fields);
    body.extend(bias.to_le_bytes());
    body
}

/// A text of any length: version 1, class 9, over bytes.
pub(super) fn text_type() -> Vec<u8> {
    let mut body = vec![0x19, 0x01, UTF8, 0];
    body.extend((TEXT_BYTES as u32).to_le_bytes());
    body.extend(integer(1, false));
    body
}

/// What stands where nothing was written: zeros, if somebody asks. Contiguous elements
/// have their room from the start, chunks when they come.
pub(super) fn fill_value(is_chunked: bool) -> Vec<u8> {
    let (on_demand, at_once, if_set) = (3, 1, 2 << 2);
    vec![3, if_set | if is_chunked { on_demand } else { at_once }]
}

/// Elements in one piece.
pub(super) fn contiguous(at: u64, bytes: u64) -> Vec<u8> {
    let mut body = vec![3, 1];
    body.extend(if bytes == 0 { UNDEFINED } else { at }.to_le_bytes());
    body.extend(bytes.to_le_bytes());
    body
}

/// Elements in chunks of `chunk` elements along each axis, found through the B-tree at
/// `tree`.
pub(super) fn chunked(tree: u64, chunk: &[usize], element_bytes: usize) -> Vec<u8> {
    let mut body = vec![3, 2, chunk.len() as u8 + 1];
    body.extend(tree.to_le_bytes());
    let lengths = chunk.iter().chain([&element_bytes]);
    body.extend(lengths.flat_map(|&length| (length as u32).to_le_bytes()));
    body
}

/// Bytes are sorted by their place in the element, then deflated.
pub(super) fn filters(element_bytes: usize, level: u32) -> Vec<u8> {
    let (shuffle, deflate, is_optional) = (2_u16, 1, 1);
    let mut body = vec![2, 2];
    for (filter, value) in [(shuffle, element_bytes as u32), (deflate, level)] {
        for word in [filter, is_optional, 1] {
            body.extend(word.to_le_bytes());
        }
        body.extend(value.to_le_bytes());
    }
    body
}

/// Links are in the header, one message each, in no order of their own.
pub(super) fn link_info() -> Vec<u8> {
    let mut body = vec![0, 0];
    body.extend([UNDEFINED, UNDEFINED].iter().flat_map(|address| address.to_le_bytes()));
    body
}

/// Nothing that is not the default.
pub(super) fn group_info() -> Vec<u8> {
    vec![0, 0]
}

/// The object at `at` under the name `name`.
pub(super) fn link(name: &str, at: u64) -> Vec<u8> {
    let (two_bytes, has_charset) = (1, 1 << 4);
    let mut body = vec![1, two_bytes | has_charset, UTF8];
    body.extend((name.len() as u16).to_le_bytes());
    body.extend(name.as_bytes());
    body.extend(at.to_le_bytes());
    body
}

/// An attribute with its value.
pub(super) fn attribute(name: &str, datatype: &[u8], dataspace: &[u8], value: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 0];
    for length in [name.len() + 1, datatype.len(), dataspace.len()] {
        body.extend((length as u16).to_le_bytes());
    }
    body.push(UTF8);
    body.extend(name.as_bytes());
    body.push(0);
    for part in [datatype, dataspace, value] {
        body.extend(part);
    }
    body
}
