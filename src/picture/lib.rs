//! Pictures of 8-bit pixels in PNG and JPEG files, read and written.
//!
//! The first bytes of a file decide its format, not its name. Palettes and grey
//! of fewer than 8 bits are expanded as the formats define it. EXIF's orientation
//! and colour profiles are ignored; of an animation the first picture is read.
//!
//! Knows nothing of datasets and reports.

mod jpeg;
mod png;

use std::fmt;

use jpeg::JpegDecoder;
use png::PngDecoder;

pub use png::encode;

/// What a picture may need before it is refused.
#[derive(Clone, Copy, Debug)]
pub struct PictureLimits {
    /// The most rows or columns.
    pub side: u32,
    /// The most bytes a decoder may allocate beside the pixels.
    pub memory: usize,
}

/// Colours and size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureHeader {
    /// 1 for grey; 3 for red, green and blue.
    pub channels: usize,
    /// Rows in pixels.
    pub height: u32,
    /// Columns in pixels.
    pub width: u32,
}

/// A picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The first bytes are those of another format.
    #[error("is neither PNG nor JPEG")]
    Unknown,
    /// Pixels with alpha or of 16 bits.
    #[error("has pixels of the type {0}")]
    PixelType(String),
    /// More rows or columns than the limit.
    #[error("has {height}×{width} pixels, more than {limit} on a side")]
    TooLarge {
        /// Rows in pixels.
        height: u32,
        /// Columns in pixels.
        width: u32,
        /// The limit.
        limit: u32,
    },
    /// No more bytes where some must be.
    #[error("ends within its pixels")]
    Ends,
    /// What the decoder says.
    #[error("{0}")]
    Damaged(String),
}

/// A file whose header is read and whose pixels are not yet.
pub struct PictureDecoder<'a> {
    header: PictureHeader,
    codec: Codec<'a>,
}

enum Codec<'a> {
    Jpeg(JpegDecoder<'a>),
    Png(Box<PngDecoder<'a>>),
}

impl<'a> PictureDecoder<'a> {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// If it is no PNG or JPEG file within `limits`, of grey or RGB pixels of 8
    /// bits without alpha.
    pub fn new(bytes: &'a [u8], limits: PictureLimits) -> Result<Self, PictureError> {
        if bytes.starts_with(png::SIGNATURE) {
            let (header, decoder) = PngDecoder::new(bytes, limits)?;
            return Ok(Self { header, codec: Codec::Png(Box::new(decoder)) });
        }
        if bytes.starts_with(jpeg::SIGNATURE) {
            let (header, decoder) = JpegDecoder::new(bytes, limits)?;
            return Ok(Self { header, codec: Codec::Jpeg(decoder) });
        }
        Err(PictureError::Unknown)
    }

    /// Colours and size.
    #[must_use]
    pub fn header(&self) -> PictureHeader {
        self.header
    }

    /// The pixels, row by row, their colours next to each other.
    ///
    /// # Errors
    /// If the file is damaged or cut short.
    pub fn pixels(self) -> Result<Vec<u8>, PictureError> {
        let mut pixels = vec![0; self.header.bytes()];
        match self.codec {
            Codec::Jpeg(decoder) => decoder.read(&mut pixels)?,
            Codec::Png(decoder) => decoder.read(&mut pixels)?,
        }
        Ok(pixels)
    }
}

impl PictureHeader {
    /// How many bytes the pixels have.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.channels * self.height as usize * self.width as usize
    }

    /// Refuses more rows or columns than `limits` allow.
    fn check(height: u32, width: u32, limits: PictureLimits) -> Result<(), PictureError> {
        let limit = limits.side;
        let is_too_large = height > limit || width > limit;
        if is_too_large { Err(PictureError::TooLarge { height, width, limit }) } else { Ok(()) }
    }
}

impl fmt::Display for PictureHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colours = if self.channels == 1 { "grey" } else { "RGB" };
        write!(f, "{colours}, {}×{} pixels", self.height, self.width)
    }
}
