//! Object headers: a group or dataset as a list of messages.
//!
//! Knows nothing of what the messages say.

use super::checksum;

/// A message may have at most so many bytes.
pub(super) const LONGEST_MESSAGE: usize = u16::MAX as usize;

/// The messages of one object.
#[derive(Debug, Default)]
pub(super) struct Header {
    messages: Vec<u8>,
}

impl Header {
    /// Adds a message of at most [`LONGEST_MESSAGE`] bytes.
    pub(super) fn add(&mut self, kind: u8, body: &[u8]) {
        self.messages.push(kind);
        self.messages.extend((body.len() as u16).to_le_bytes());
        self.messages.push(0);
        self.messages.extend(body);
    }

    /// Appends the header to `out`, which lies at `base` in the file, and says where
    /// it is.
    pub(super) fn append(&self, base: u64, out: &mut Vec<u8>) -> u64 {
        /// The length has four bytes; no times are stored, so equal content gives
        /// equal bytes.
        const FLAGS: u8 = 2;
        out.resize(out.len().next_multiple_of(8), 0);
        let start = out.len();
        out.extend(b"OHDR");
        out.extend([2, FLAGS]);
        out.extend((self.messages.len() as u32).to_le_bytes());
        out.extend(&self.messages);
        checksum::append(out, start);
        base + start as u64
    }
}
