//! Elements of a MATLAB file: a type, a length, and the bytes, filled up to a
//! multiple of 8; up to 4 bytes stand within the tag itself.
//!
//! Knows nothing of variables.

use crate::decode::{
    FormatError, Problem,
    bounded_reader::BoundedReader,
    number::{Coding, Number},
};

/// An element that holds one array.
pub(super) const MATRIX: u32 = 14;

/// An element that holds one compressed element.
pub(super) const COMPRESSED: u32 = 15;

/// What a stream ends within that is too short.
const PART: &str = "the header of a variable";

/// Reads the tags of elements in a file's order of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteOrder {
    pub(super) is_big_endian: bool,
}

/// What stands before the bytes of an element.
pub(super) struct Tag {
    /// The type of the bytes.
    pub(super) kind: u32,
    /// How many there are.
    pub(super) size: u32,
    /// The bytes, if they stand within the tag.
    pub(super) within: Option<Vec<u8>>,
}

impl ByteOrder {
    /// The integer in four bytes.
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// Reads a tag.
    pub(super) fn tag(self, bounded_reader: &mut BoundedReader<'_>) -> Result<Tag, FormatError> {
        let bytes: [u8; 8] = bounded_reader.array(PART)?;
        let [a, b, c, d, e, f, g, h] = bytes;
        let (first, second) = (self.u32([a, b, c, d]), [e, f, g, h]);
        let within = first >> 16;
        if within == 0 {
            return Ok(Tag { kind: first, size: self.u32(second), within: None });
        }
        if within > 4 {
            let reason = format!("an element of {within} bytes within its tag");
            return Err(bounded_reader.error(Problem::Damaged { reason }));
        }
        let bytes = second[..within as usize].to_vec();
        Ok(Tag { kind: first & 0xffff, size: within, within: Some(bytes) })
    }

    /// Reads a whole element of at most `limit` bytes: its type and its bytes.
    pub(super) fn element(
        self,
        bounded_reader: &mut BoundedReader<'_>,
        limit: u32,
    ) -> Result<(u32, Vec<u8>), FormatError> {
        let tag = self.tag(bounded_reader)?;
        if tag.size > limit {
            let reason = format!("{} bytes in the header of a variable", tag.size);
            return Err(bounded_reader.error(Problem::Damaged { reason }));
        }
        if let Some(bytes) = tag.within {
            return Ok((tag.kind, bytes));
        }
        let mut bytes = bounded_reader.all(tag.size.next_multiple_of(8) as usize, PART)?;
        bytes.truncate(tag.size as usize);
        Ok((tag.kind, bytes))
    }

    /// How numbers of the type `kind` are coded.
    pub(super) fn coding(self, kind: u32) -> Option<Coding> {
        let number = match kind {
            1 => Number::Signed(1),
            2 => Number::Unsigned(1),
            3 => Number::Signed(2),
            4 => Number::Unsigned(2),
            5 => Number::Signed(4),
            6 => Number::Unsigned(4),
            7 => Number::Float(4),
            9 => Number::Float(8),
            12 => Number::Signed(8),
            13 => Number::Unsigned(8),
            _ => return None,
        };
        Some(Coding { number, is_big_endian: self.is_big_endian })
    }
}
