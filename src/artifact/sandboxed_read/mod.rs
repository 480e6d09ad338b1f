//! An artifact as a stream of bytes, to hand its content from one process to
//! another: the sender opens an untrusted file and may crash,
//! the receiver never opens that file and writes one of its own.
//!
//! ```text
//! acai-pipe relay 1⏎
//! K kind                       once
//! G path                       a group; the root, "", comes first
//! A name type value            an attribute of the last group or dataset
//! P paths                      once: where the datasets are that follow, sorted
//! D path element layout shape  a dataset
//! R rows bytes                 the next rows of the last dataset
//! C deflated length bytes      its next chunk, shuffled and perhaps deflated
//! E                            the end
//! ```
//!
//! Numbers are little-endian, texts carry their length. The receiver trusts
//! no length beyond the bounds below, and does not trust the stream to end.
//! Knows nothing of processes: it is handed a reader and a writer.

mod receive;
mod send;
mod stored;
mod strict;
#[cfg(test)]
mod tests;

pub use receive::{ReceiveError, receive};
pub use send::send;

const MAGIC: &[u8] = b"acai-pipe relay 1\n";

/// No text is longer, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// All texts together are no longer, in bytes.
const MOST_TEXT: usize = 32 << 20;

/// No list of texts is longer.
const MOST_TEXTS: usize = 1 << 16;

/// No artifact has more groups, datasets and attributes together.
const MOST_OBJECTS: usize = 1 << 16;

/// Groups are not nested deeper, and datasets have no more axes.
const DEEPEST: usize = 16;

/// No rows of one piece are longer, in bytes, unless it is a single one.
const BLOCK: usize = 1 << 20;

/// A single row is not longer either than this, in bytes.
const LONGEST_ROW: usize = 16 << 20;

/// HDF5's own compression makes nothing smaller by more than this.
const MOST_DEFLATED: u64 = 1_032;

mod tag {
    pub(super) const KIND: u8 = b'K';
    pub(super) const GROUP: u8 = b'G';
    pub(super) const ATTRIBUTE: u8 = b'A';
    pub(super) const PATHS: u8 = b'P';
    pub(super) const DATASET: u8 = b'D';
    pub(super) const ROWS: u8 = b'R';
    pub(super) const CHUNK: u8 = b'C';
    pub(super) const END: u8 = b'E';
    pub(super) const TEXT: u8 = b't';
    pub(super) const TEXTS: u8 = b'l';
    pub(super) const INT: u8 = b'i';
}
