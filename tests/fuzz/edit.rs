//! Edits of files that matter to decoders, and compressed data taken apart and
//! put together again.

use std::io::{Read, Write};

use flate2::{
    Compression,
    read::{MultiGzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};
use proptest::{collection::vec, prelude::*};

/// Integers at which arithmetic goes wrong.
const NUMBERS: [u64; 16] = [
    0,
    1,
    2,
    3,
    4,
    7,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// A change at a place; places beyond the end count from the front again.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Another byte.
    Byte(u16, u8),
    /// One bit.
    Flip(u16, u8),
    /// One of `NUMBERS`, in 1, 2, 4 or 8 bytes, little or big-endian.
    Number(u16, u8, u8, bool),
    /// More bytes.
    Insert(u16, u8, u8),
    /// Fewer bytes.
    Delete(u16, u8),
    /// The end.
    Cut(u16),
    /// A piece of the file itself.
    Splice(u16, u16, u8),
}

/// A file to be.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// Which file it is made of.
    pub(super) seed: u8,
    /// Whether what is compressed is edited.
    pub(super) is_inside: bool,
    /// Which part of it is edited.
    pub(super) part: u8,
    edits: Vec<Edit>,
    /// Instead of a file, one time in sixteen.
    noise: Vec<u8>,
    is_noise: u8,
}

/// Any mutant.
pub(super) fn mutants() -> impl Strategy<Value = Mutant> {
    let noise = (vec(any::<u8>(), 0..64), any::<u8>());
    (any::<(u8, bool, u8)>(), vec(edits(), 0..6), noise).prop_map(
        |((seed, is_inside, part), edits, (noise, is_noise))| Mutant {
            seed,
            is_inside,
            part,
            edits,
            noise,
            is_noise,
        },
    )
}

/// Any edit.
fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<(u16, u8)>().prop_map(|(at, new)| Edit::Byte(at, new)),
        any::<(u16, u8)>().prop_map(|(at, bit)| Edit::Flip(at, bit)),
        any::<(u16, u8, u8, bool)>()
            .prop_map(|(at, which, size, is_big)| Edit::Number(at, which, size, is_big)),
        any::<(u16, u8, u8)>().prop_map(|(at, count, new)| Edit::Insert(at, count, new)),
        any::<(u16, u8)>().prop_map(|(at, count)| Edit::Delete(at, count)),
        any::<u16>().prop_map(Edit::Cut),
        any::<(u16, u16, u8)>().prop_map(|(at, from, count)| Edit::Splice(at, from, count)),
    ]
}

impl Mutant {
    /// One of `all`.
    pub(super) fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[usize::from(self.seed) % all.len()]
    }

    /// `bytes`, edited.
    pub(super) fn edit(&self, bytes: &[u8]) -> Vec<u8> {
        if self.is_noise < 16 {
            return self.noise.clone();
        }
        self.edits.iter().fold(bytes.to_vec(), |mut bytes, edit| {
            edit.apply(&mut bytes);
            bytes
        })
    }

    /// `parts`, one of them edited.
    pub(super) fn edit_one(&self, parts: &mut [Vec<u8>]) {
        let count = parts.len().max(1);
        if let Some(part) = parts.get_mut(usize::from(self.part) % count) {
            *part = self.edit(part);
        }
    }
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: u16, length: usize| usize::from(at) % (length + 1);
        let length = bytes.len();
        match *self {
            Self::Byte(at, new) => over(bytes, place(at, length), &[new]),
            Self::Flip(at, bit) => {
                if let Some(byte) = bytes.get_mut(place(at, length)) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::Number(at, which, size, is_big) => {
                let number = NUMBERS[usize::from(which) % NUMBERS.len()];
                let size = 1 << (size % 4);
                let (big, little) = (number.to_be_bytes(), number.to_le_bytes());
                let new = if is_big { &big[8 - size..] } else { &little[..size] };
                over(bytes, place(at, length), new);
            }
            Self::Insert(at, count, new) => {
                let at = place(at, length);
                bytes.splice(at..at, std::iter::repeat_n(new, usize::from(count)));
            }
            Self::Delete(at, count) => {
                let at = place(at, length);
                bytes.drain(at..(at + usize::from(count)).min(length));
            }
            Self::Cut(at) => bytes.truncate(place(at, length)),
            Self::Splice(at, from, count) => {
                let from = place(from, length);
                let piece = bytes[from..(from + usize::from(count)).min(length)].to_vec();
                over(bytes, place(at, length), &piece);
            }
        }
    }
}

/// Writes `new` over what is at `at`, as far as there is something.
pub(super) fn over(bytes: &mut [u8], at: usize, new: &[u8]) {
    bytes[at..].iter_mut().zip(new).for_each(|(byte, &new)| *byte = new);
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

pub(super) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

pub(super) fn inflate(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    ZlibDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}
