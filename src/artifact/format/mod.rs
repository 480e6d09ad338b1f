//! The part of the HDF5 file format that artifacts use, written without the HDF5
//! library: a write that fails is an `io::Error` here, and leaves the library in a state
//! in which it crashes there (see docs/design/full-disk.md).
//!
//! Elements go to the file as they come; what describes them is kept in memory, a few
//! bytes per chunk, and written when the file is complete, the superblock last. The
//! structures are those of version 1.8 of the format, all with checksums:
//! superblock 2, object headers 2, links and attributes in the headers, chunks in B-trees
//! of version 1, texts in global heaps. Every artifact is read back with the HDF5 library.
//!
//! Knows nothing of kinds, digests and of what is stored.

mod checksum;
mod chunks;
mod heap;
mod message;
mod object;
mod space;
mod tree;

pub(super) use chunks::ChunkWriter;
pub(super) use space::Space;
pub(super) use tree::{Storage, Tree, TreeError};

/// An address that leads nowhere.
const UNDEFINED: u64 = u64::MAX;

/// Bytes of the superblock, which is at the start of the file.
const SUPERBLOCK: u64 = 48;

/// The superblock of a file of `end` bytes with its root group's header at `root`.
fn superblock(root: u64, end: u64) -> Vec<u8> {
    let mut block = b"\x89HDF\r\n\x1a\n".to_vec();
    // Its version, bytes per offset, bytes per length, no flags.
    block.extend([2, 8, 8, 0]);
    // Offsets count from 0, and there is no extension.
    for address in [0, UNDEFINED, end, root] {
        block.extend(address.to_le_bytes());
    }
    checksum::append(&mut block, 0);
    block
}
