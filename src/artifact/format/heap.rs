//! Global heaps, in which texts lie.
//!
//! Knows nothing of what the texts are for.

/// No collection is smaller, in bytes.
const SMALLEST: usize = 4_096;

/// A collection that has so many bytes or texts takes in no more.
const FULL_BYTES: usize = 65_536;
const FULL_TEXTS: u16 = 4_096;

/// Bytes of the head of a collection and of each text in it.
const HEAD: usize = 16;

/// The texts of a file.
#[derive(Debug, Default)]
pub(super) struct Heap {
    collections: Vec<Collection>,
}

/// Texts that lie in one piece.
#[derive(Debug, Default)]
struct Collection {
    texts: Vec<u8>,
    number: u16,
}

/// A text in a heap.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextRef {
    collection: usize,
    index: u16,
    bytes: u32,
}

/// The heap in the file.
pub(super) struct Placed {
    addresses: Vec<u64>,
}

impl Heap {
    pub(super) fn add(&mut self, text: &str) -> TextRef {
        let is_full = |last: &Collection| {
            last.number == FULL_TEXTS || last.texts.len() + text.len() > FULL_BYTES
        };
        if self.collections.last().is_none_or(is_full) {
            self.collections.push(Collection::default());
        }
        let collection = self.collections.len() - 1;
        let last = &mut self.collections[collection];
        last.number += 1;
        // Its index, one reference, four bytes without meaning.
        last.texts.extend(last.number.to_le_bytes());
        last.texts.extend([1, 0, 0, 0, 0, 0]);
        last.texts.extend((text.len() as u64).to_le_bytes());
        last.texts.extend(text.as_bytes());
        last.texts.resize(last.texts.len().next_multiple_of(8), 0);
        TextRef { collection, index: last.number, bytes: text.len() as u32 }
    }

    /// Appends the collections to `out`, which lies at `base` in the file.
    pub(super) fn place(&self, base: u64, out: &mut Vec<u8>) -> Placed {
        let place = |collection: &Collection| {
            let at = base + out.len() as u64;
            collection.append(out);
            at
        };
        Placed { addresses: self.collections.iter().map(place).collect() }
    }
}

impl Collection {
    fn append(&self, out: &mut Vec<u8>) {
        // What is left over is an object of its own, with a head.
        let bytes = (HEAD + self.texts.len() + HEAD).max(SMALLEST);
        let end = out.len() + bytes;
        out.extend(b"GCOL\x01\0\0\0");
        out.extend((bytes as u64).to_le_bytes());
        out.extend(&self.texts);
        let left = (end - out.len()) as u64;
        out.extend([0; 8]);
        out.extend(left.to_le_bytes());
        out.resize(end, 0);
    }
}

impl Placed {
    /// How an attribute refers to the text. An empty one is nowhere.
    pub(super) fn reference(&self, text: TextRef) -> [u8; super::message::TEXT_BYTES] {
        let mut reference = [0; super::message::TEXT_BYTES];
        if text.bytes > 0 {
            reference[..4].copy_from_slice(&text.bytes.to_le_bytes());
            reference[4..12].copy_from_slice(&self.addresses[text.collection].to_le_bytes());
            reference[12..14].copy_from_slice(&text.index.to_le_bytes());
        }
        reference
    }
}
