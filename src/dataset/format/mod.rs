//! Images in files: how each format is read.
//!
//! A source is surveyed by its headers, then decoded block by block in bounded
//! memory: a thread reads and inflates, and the pixels of a block are put in
//! order on all processors. Whatever a file says, the end is images as announced
//! or a [`FormatError`].
//!
//! `benches/decode.rs` measures speed and memory, `tests/reference/decode.py` those
//! of NumPy and SciPy, and both print digests to compare.
//!
//! Knows nothing of where the files come from or which of their images are used.

mod arrays;
mod bounded_reader;
mod cifar;
mod error;
mod folder;
mod idx;
mod layout;
mod listing;
mod mat5;
mod members;
mod npy;
mod npz;
mod number;
mod picture;
mod read_ahead;
#[cfg(test)]
mod test_util;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use error::{FormatError, Names, Problem};

use super::checksum::Checksum;

/// The most rows or columns of an image that is read.
const MAX_SIDE: u64 = 4096;

/// Images of a block, unless they are large.
const BLOCK: usize = 1024;

/// Bytes of a block of large images.
const BLOCK_BYTES: usize = 1 << 22;

/// Files of one source of images, found and verified, and how they are coded.
#[derive(Clone, Debug)]
pub enum Source {
    /// IDX, as MNIST and its relatives come.
    Idx {
        /// uint8 images (n, rows, columns), plain or gzip.
        images: PathBuf,
        /// uint8 labels (n), plain or gzip.
        labels: PathBuf,
    },
    /// MATLAB version 5, as SVHN comes.
    Mat5 {
        /// The file.
        file: PathBuf,
        /// Name of the variable of images: uint8, H×W×C×N or, grey, H×W×N.
        images: String,
        /// Name of the variable of labels: N×1 or 1×N.
        labels: String,
    },
    /// CIFAR-10's binary version.
    Cifar {
        /// A `.tar.gz` or `.tar` archive; a single file of records if no members are named.
        archive: PathBuf,
        /// The archive's members, in the order in which their images count.
        members: Vec<String>,
    },
    /// PNG or JPEG files, one folder per class.
    Folder {
        /// Where the folders of the classes are.
        root: PathBuf,
        /// Their names, in the order of the classes; if empty, all there are, by name.
        classes: Vec<String>,
    },
    /// NumPy arrays, as `np.savez` and `np.savez_compressed` write them.
    Npz {
        /// The file.
        file: PathBuf,
        /// Name of the array of images: uint8, (N, H, W), (N, H, W, C) or (N, C, H, W).
        images: String,
        /// Name of the array of labels: integers, (N) or (N, 1).
        labels: String,
    },
}

/// Facts found in the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
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
pub struct Block {
    /// Place of the first among the source's images.
    pub first: usize,
    /// Pixels, row-major (n, C, H, W).
    pub images: Vec<u8>,
    /// One label per image.
    pub labels: Vec<i64>,
}

impl Source {
    /// Compares the members of an archive with their checksums, where one is
    /// given; every other source has no members.
    pub fn verify(&self, checksums: &[Option<Checksum>]) -> Result<(), FormatError> {
        match self {
            Self::Cifar { archive, members } if checksums.iter().any(Option::is_some) => {
                cifar::verify(archive, members, checksums)
            }
            _ => Ok(()),
        }
    }

    /// The files of a folder with the numbers of their classes, in order; every
    /// other source has none.
    pub fn labelled_files(&self) -> Result<Vec<(i64, PathBuf)>, FormatError> {
        let Self::Folder { root, classes } = self else { return Ok(Vec::new()) };
        let files = listing::list(root, classes)?;
        Ok(files.into_iter().map(|file| (file.label, file.path)).collect())
    }

    /// Facts from the headers, in bounded memory.
    ///
    /// Pixels are not decoded, so damage among them shows only in [`Self::decode`].
    /// A compressed archive has its headers everywhere and is inflated as a whole.
    pub fn survey(&self) -> Result<Facts, FormatError> {
        match self {
            Self::Idx { images, labels } => idx::survey(images, labels),
            Self::Mat5 { file, images, labels } => mat5::survey(file, [images, labels]),
            Self::Cifar { archive, members } => cifar::survey(archive, members),
            Self::Folder { root, classes } => folder::survey(root, classes),
            Self::Npz { file, images, labels } => npz::survey(file, [images, labels]),
        }
    }

    /// Hands the first `count` images to `take`, block by block, until it returns false.
    ///
    /// Blocks come in order, except that members of an archive come as they lie
    /// in it: [`Block::first`] says where a block belongs. If all images are
    /// taken, the files are read to their ends and must end where they should.
    pub fn decode(
        &self,
        count: usize,
        take: &mut dyn FnMut(Block) -> bool,
    ) -> Result<(), FormatError> {
        if let Self::Folder { root, classes } = self {
            return folder::decode(root, classes, count, take);
        }
        read_ahead::ahead(|send| self.send(count, send), |stored| Ok(take(stored.arrange())))
    }

    fn send(
        &self,
        count: usize,
        send: &mut dyn FnMut(arrays::Stored) -> bool,
    ) -> Result<(), FormatError> {
        match self {
            Self::Idx { images, labels } => idx::open(images, labels)?.send(count, send),
            Self::Mat5 { file, images, labels } => {
                mat5::open(file, [images, labels])?.send(count, send)
            }
            Self::Cifar { archive, members } => cifar::send(archive, members, count, send),
            Self::Folder { .. } => Ok(()),
            Self::Npz { file, images, labels } => npz::send(file, [images, labels], count, send),
        }
    }
}

impl Facts {
    /// Facts as a header claims them, if images can be like that.
    fn claimed(count: u64, channels: u64, height: u64, width: u64) -> Result<Self, Problem> {
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
    fn image(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Images of a block.
    fn per_block(self) -> usize {
        (BLOCK_BYTES / self.image()).clamp(1, BLOCK)
    }

    /// Whether there are `count` images.
    fn has(self, count: usize) -> Result<(), Problem> {
        let is_there = count <= self.count;
        if is_there { Ok(()) } else { Err(Problem::TooFew { found: self.count, asked: count }) }
    }
}

/// Lengths of axes as messages show them.
fn shape(lengths: &[u64]) -> String {
    lengths.iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}
