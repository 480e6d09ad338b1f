//! What the formats share: bounded readers, arrays, pictures, errors.
//!
//! Files are surveyed by their headers, then decoded block by block in bounded
//! memory: a thread reads and inflates, and the pixels of a block are put in
//! order on all processors. Whatever a file says, the end is images as announced
//! or a [`FormatError`].
//!
//! `benches/decode.rs` measures speed and memory, `tests/reference/decode.py` those
//! of NumPy and SciPy, and both print digests to compare.
//!
//! Knows nothing of particular formats.

pub(crate) mod archive_members;
pub(crate) mod arrays;
pub(crate) mod bounded_reader;
mod error;
pub(crate) mod labelled_files;
pub(crate) mod npy;
pub(crate) mod number;
pub(crate) mod picture;
pub(crate) mod pixel_order;
pub(crate) mod read_ahead;
#[cfg(test)]
pub(crate) mod test_util;

pub use error::{FormatError, Names, Problem};

/// The most rows or columns of an image that is read.
const MAX_SIDE: u64 = 4096;

/// Images of a block, unless they are large.
const BLOCK: usize = 1024;

/// Bytes of a block of large images.
const BLOCK_BYTES: usize = 1 << 22;

/// What the headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// How many images there are.
    pub count: usize,
    /// 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
}

/// Some decoded images in a row, and their labels as written in the file.
#[derive(Debug)]
pub struct ImageBlock {
    /// Index of the first among all images of the files.
    pub first: usize,
    /// Pixels, row-major (n, C, H, W).
    pub images: Vec<u8>,
    /// One label per image.
    pub labels: Vec<i64>,
}

/// Takes decoded images block by block, and returns false to end it.
pub type TakeBlock<'a> = &'a mut dyn FnMut(ImageBlock) -> bool;

impl Survey {
    /// What a header says, if images can be like that.
    pub(crate) fn from_header(
        count: u64,
        channels: u64,
        height: u64,
        width: u64,
    ) -> Result<Self, Problem> {
        let found = || format!("{count} images of {channels}×{height}×{width}");
        let wanted = "at least one image, with 1 or 3 channels and no axis of length 0";
        let is_image = count > 0 && [1, 3].contains(&channels) && height > 0 && width > 0;
        if !is_image {
            return Err(Problem::Shape { found: found(), wanted });
        }
        if height > MAX_SIDE || width > MAX_SIDE {
            return Err(Problem::TooLarge { height, width, limit: MAX_SIDE });
        }
        let bytes = count.checked_mul(channels * height * width);
        if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
            let wanted = "fewer bytes than a file can have";
            return Err(Problem::Shape { found: found(), wanted });
        }
        let [count, channels, height, width] =
            [count, channels, height, width].map(|length| length as usize);
        Ok(Self { count, channels, height, width })
    }

    /// Bytes of an image.
    pub(crate) fn image(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Images of a block.
    pub(crate) fn per_block(self) -> usize {
        (BLOCK_BYTES / self.image()).clamp(1, BLOCK)
    }

    /// Whether there are `count` images.
    pub(crate) fn has(self, count: usize) -> Result<(), Problem> {
        let is_there = count <= self.count;
        if is_there { Ok(()) } else { Err(Problem::TooFew { found: self.count, asked: count }) }
    }
}

/// Lengths of axes as messages show them.
pub(crate) fn shape(lengths: &[u64]) -> String {
    lengths.iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}
