//! JPEG files.
//!
//! The decoder computes in integers, with vector instructions or without to the
//! same bytes, and rounds unlike libjpeg.

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::errors::DecodeErrors;

use super::{PictureError, PictureHeader, PictureLimits};

/// The first bytes of every JPEG file.
pub(super) const SIGNATURE: &[u8] = b"\xff\xd8\xff";

/// A file whose header is read.
pub(super) struct JpegDecoder<'a> {
    bytes: &'a [u8],
    /// The colours that the pixels are converted to.
    colours: ColorSpace,
    limits: PictureLimits,
}

impl<'a> JpegDecoder<'a> {
    pub(super) fn new(
        bytes: &'a [u8],
        limits: PictureLimits,
    ) -> Result<(PictureHeader, Self), PictureError> {
        let options = options(usize::MAX);
        let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(|error| damaged(&error))?;
        let (Some((width, height)), Some(stored)) =
            (decoder.dimensions(), decoder.input_colorspace())
        else {
            return Err(PictureError::Damaged("a JPEG without a size".to_owned()));
        };
        let (width, height) = (width as u32, height as u32);
        PictureHeader::check(height, width, limits)?;
        let (channels, colours) = match stored {
            ColorSpace::Luma => (1, ColorSpace::Luma),
            ColorSpace::LumaA => return Err(PictureError::PixelType("La8".to_owned())),
            ColorSpace::RGBA => return Err(PictureError::PixelType("Rgba8".to_owned())),
            _ => (3, ColorSpace::RGB),
        };
        Ok((PictureHeader { channels, height, width }, Self { bytes, colours, limits }))
    }

    pub(super) fn read(self, pixels: &mut [u8]) -> Result<(), PictureError> {
        if !has_end(self.bytes) {
            return Err(PictureError::Damaged("a JPEG without its end".to_owned()));
        }
        let options = options(self.limits.side as usize).jpeg_set_out_colorspace(self.colours);
        let mut decoder =
            zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(self.bytes), options);
        decoder.decode_into(pixels).map_err(|error| damaged(&error))
    }
}

fn options(side: usize) -> DecoderOptions {
    DecoderOptions::default().set_strict_mode(false).set_max_width(side).set_max_height(side)
}

fn damaged(error: &DecodeErrors) -> PictureError {
    PictureError::Damaged(format!("a JPEG with an error: {error}"))
}

/// Whether a file ends with its end marker; the decoder fills up what is missing.
fn has_end(bytes: &[u8]) -> bool {
    let is_filling = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n');
    let end = bytes.iter().rposition(|byte| !is_filling(byte)).map_or(0, |last| last + 1);
    bytes[..end].ends_with(b"\xff\xd9")
}
