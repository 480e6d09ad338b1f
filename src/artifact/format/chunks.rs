//! Compressed datasets: rows go into chunks of whole rows, chunks to the file as they
//! are full, and a B-tree finds them.
//!
//! Knows nothing of headers.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use flate2::{Compression, Decompress, FlushDecompress, Status, write::ZlibEncoder};

use super::{Space, UNDEFINED};

/// zlib's level: beyond it, time grows faster than files shrink.
pub(super) const DEFLATE_LEVEL: u32 = 4;

/// Set where a chunk was not deflated, because that made it longer.
const NOT_DEFLATED: u32 = 0b10;

/// A node of the tree has at most so many children, and room for all of them: the
/// format's default, which no file has to mention.
const MOST_CHILDREN: usize = 64;

/// Chunks of a dataset, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunks(Arc<Mutex<Vec<Chunk>>>);

/// A chunk in the file.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    at: u64,
    bytes: u32,
    filter_mask: u32,
}

/// Takes in the bytes of a dataset in their order.
#[derive(Debug)]
pub(crate) struct ChunkWriter {
    space: Arc<Space>,
    chunks: Chunks,
    element_bytes: usize,
    chunk_bytes: usize,
    pending: Vec<u8>,
    /// Room for a chunk that is inflated to be looked at.
    inflated: Vec<u8>,
    /// Bytes that are still to come.
    missing: usize,
}

/// A node, or a chunk, below a node.
struct Child {
    at: u64,
    first: Key,
}

/// What stands before every child: the first row of the chunk, its length and its mask.
#[derive(Clone, Copy)]
struct Key {
    row: u64,
    bytes: u32,
    filter_mask: u32,
}

impl Chunks {
    fn lock(&self) -> MutexGuard<'_, Vec<Chunk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends the B-tree to `out`, which lies at `base` in the file, and says where its
    /// root is. `rows` is how many each chunk has, `axes` how many there are.
    pub(super) fn tree(&self, rows: usize, axes: usize, base: u64, out: &mut Vec<u8>) -> u64 {
        let chunks = self.lock();
        let child = |(number, chunk): (usize, &Chunk)| {
            let Chunk { at, bytes, filter_mask } = *chunk;
            Child { at, first: Key { row: (number * rows) as u64, bytes, filter_mask } }
        };
        let mut children: Vec<Child> = chunks.iter().enumerate().map(child).collect();
        if children.is_empty() {
            return UNDEFINED;
        }
        let end = Key { row: (chunks.len() * rows) as u64, bytes: 0, filter_mask: 0 };
        let mut level = 0;
        loop {
            children = level_above(level, &children, end, axes, base, out);
            level += 1;
            if let [root] = &children[..] {
                return root.at;
            }
        }
    }
}

/// Appends the nodes above `children`.
fn level_above(
    level: u8,
    children: &[Child],
    end: Key,
    axes: usize,
    base: u64,
    out: &mut Vec<u8>,
) -> Vec<Child> {
    let bytes = node_bytes(axes);
    let first = base + out.len() as u64;
    let groups = children.chunks(MOST_CHILDREN);
    let address = |number: usize| first + (number * bytes) as u64;
    let last = groups.len() - 1;
    let mut above = Vec::new();
    for (number, group) in groups.enumerate() {
        let start = out.len();
        out.extend(b"TREE\x01");
        out.push(level);
        out.extend((group.len() as u16).to_le_bytes());
        let left = if number == 0 { UNDEFINED } else { address(number - 1) };
        let right = if number == last { UNDEFINED } else { address(number + 1) };
        out.extend([left, right].iter().flat_map(|sibling| sibling.to_le_bytes()));
        for child in group {
            child.first.append(axes, out);
            out.extend(child.at.to_le_bytes());
        }
        let next = children.get((number + 1) * MOST_CHILDREN).map_or(end, |child| child.first);
        next.append(axes, out);
        out.resize(start + bytes, 0);
        above.push(Child { at: address(number), first: group[0].first });
    }
    above
}

/// Every node is as long as a full one.
fn node_bytes(axes: usize) -> usize {
    24 + MOST_CHILDREN * 8 + (MOST_CHILDREN + 1) * key_bytes(axes)
}

fn key_bytes(axes: usize) -> usize {
    8 + 8 * (axes + 1)
}

impl Key {
    /// Chunks are whole along all axes but the first; the last number is for the bytes
    /// of an element.
    fn append(self, axes: usize, out: &mut Vec<u8>) {
        let end = out.len() + key_bytes(axes);
        out.extend(self.bytes.to_le_bytes());
        out.extend(self.filter_mask.to_le_bytes());
        out.extend(self.row.to_le_bytes());
        out.resize(end, 0);
    }
}

impl ChunkWriter {
    /// For `bytes` bytes in chunks of `chunk_bytes`.
    pub(super) fn new(
        space: &Arc<Space>,
        chunks: &Chunks,
        element_bytes: usize,
        chunk_bytes: usize,
        bytes: usize,
    ) -> Self {
        let (space, chunks) = (Arc::clone(space), chunks.clone());
        let (pending, inflated) = (Vec::new(), Vec::new());
        Self { space, chunks, element_bytes, chunk_bytes, pending, inflated, missing: bytes }
    }

    /// The next bytes; a chunk is written when it is full, the last one with the last
    /// byte.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = self.chunk_bytes - self.pending.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.pending.extend(now);
            self.missing = self.missing.saturating_sub(now.len());
            bytes = later;
            if self.pending.len() == self.chunk_bytes || self.missing == 0 {
                self.pending.resize(self.chunk_bytes, 0);
                self.put()?;
            }
        }
        Ok(())
    }

    /// The next chunk as another file has it; `plain` gets the bytes that it holds. False if
    /// it is no whole chunk. What is said to be deflated is inflated once, to see that it is, and
    /// that nothing else is with it.
    pub(crate) fn write_stored(
        &mut self,
        stored: &[u8],
        is_deflated: bool,
        plain: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let is_next = self.pending.is_empty() && self.missing >= self.chunk_bytes;
        let holds = if is_deflated {
            stored.len() < self.chunk_bytes && self.inflates(stored)
        } else {
            stored.len() == self.chunk_bytes
        };
        if !(is_next && holds) {
            return Ok(false);
        }
        self.missing -= self.chunk_bytes;
        let shuffled = if is_deflated { &self.inflated[..self.chunk_bytes] } else { stored };
        unshuffle(shuffled, self.element_bytes, plain);
        self.place(stored, if is_deflated { 0 } else { NOT_DEFLATED })?;
        Ok(true)
    }

    /// Whether the whole of `stored` is one stream of zlib's that holds a chunk.
    fn inflates(&mut self, stored: &[u8]) -> bool {
        self.inflated.resize(self.chunk_bytes + 1, 0);
        let mut inflater = Decompress::new(true);
        let end = inflater.decompress(stored, &mut self.inflated, FlushDecompress::Finish);
        matches!(end, Ok(Status::StreamEnd))
            && inflater.total_in() == stored.len() as u64
            && inflater.total_out() == self.chunk_bytes as u64
    }

    fn put(&mut self) -> io::Result<()> {
        let plain = shuffled(&self.pending, self.element_bytes);
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(DEFLATE_LEVEL));
        encoder.write_all(&plain)?;
        let deflated = encoder.finish()?;
        let (stored, filter_mask) =
            if deflated.len() < plain.len() { (deflated, 0) } else { (plain, NOT_DEFLATED) };
        self.pending.clear();
        self.place(&stored, filter_mask)
    }

    fn place(&self, stored: &[u8], filter_mask: u32) -> io::Result<()> {
        let at = self.space.append(stored)?;
        self.chunks.lock().push(Chunk { at, bytes: stored.len() as u32, filter_mask });
        Ok(())
    }
}

/// First all first bytes of the elements, then all second ones, and so on.
fn shuffled(bytes: &[u8], element_bytes: usize) -> Vec<u8> {
    let mut sorted = Vec::with_capacity(bytes.len());
    for place in 0..element_bytes {
        sorted.extend(bytes.iter().skip(place).step_by(element_bytes));
    }
    sorted
}

/// The other way round, into `plain`.
fn unshuffle(shuffled: &[u8], element_bytes: usize, plain: &mut Vec<u8>) {
    plain.resize(shuffled.len(), 0);
    let elements = (shuffled.len() / element_bytes).max(1);
    for (place, bytes) in shuffled.chunks(elements).enumerate() {
        for (into, &byte) in plain.iter_mut().skip(place).step_by(element_bytes).zip(bytes) {
            *into = byte;
        }
    }
}
