//! PNG files: read, and written as the same bytes on every machine, and few of them.

use std::io::{Cursor, ErrorKind};

use png::{BitDepth, ColorType, Compression, DecodingError, Filter, Limits, Transformations};

use super::{PictureError, PictureHeader, PictureLimits};

/// The first bytes of every PNG file.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Pictures of digits and lines are smallest without a filter, photographs with
/// one per line; whichever is smaller is kept.
const FILTERS: [Filter; 2] = [Filter::NoFilter, Filter::Adaptive];

/// A file whose header is read.
pub(super) struct PngDecoder<'a>(png::Reader<Cursor<&'a [u8]>>);

impl<'a> PngDecoder<'a> {
    pub(super) fn new(
        bytes: &'a [u8],
        limits: PictureLimits,
    ) -> Result<(PictureHeader, Self), PictureError> {
        let limit = Limits { bytes: limits.memory };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limit);
        let info = decoder.read_header_info().map_err(failed)?;
        let (height, width) = (info.height, info.width);
        PictureHeader::check(height, width, limits)?;
        decoder.set_transformations(Transformations::EXPAND);
        let reader = decoder.read_info().map_err(failed)?;
        let channels = match reader.output_color_type() {
            (ColorType::Grayscale, BitDepth::Eight) => 1,
            (ColorType::Rgb, BitDepth::Eight) => 3,
            (colours, depth) => return Err(PictureError::PixelType(type_name(colours, depth))),
        };
        Ok((PictureHeader { channels, height, width }, Self(reader)))
    }

    pub(super) fn read(mut self, pixels: &mut [u8]) -> Result<(), PictureError> {
        self.0.next_frame(pixels).map(drop).map_err(failed)
    }
}

/// `La8` for grey with alpha of 8 bits.
fn type_name(colours: ColorType, depth: BitDepth) -> String {
    let colours = match colours {
        ColorType::Grayscale => "L",
        ColorType::GrayscaleAlpha => "La",
        ColorType::Rgb => "Rgb",
        ColorType::Rgba => "Rgba",
        ColorType::Indexed => "Indexed",
    };
    format!("{colours}{}", depth as u8)
}

fn failed(error: DecodingError) -> PictureError {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            PictureError::Ends
        }
        error => PictureError::Damaged(format!("a PNG with an error: {error}")),
    }
}

/// A PNG of 8-bit pixels, row by row, their colours next to each other: 1 of
/// them is grey, 3 are red, green and blue.
///
/// # Panics
/// If there are no pixels, or not `width · height · colours` of them, or if
/// `colours` is neither 1 nor 3.
#[must_use]
pub fn encode(pixels: &[u8], width: usize, height: usize, colours: usize) -> Vec<u8> {
    let kind = match colours {
        1 => ColorType::Grayscale,
        3 => ColorType::Rgb,
        _ => panic!("a picture has 1 or 3 colours, not {colours}"),
    };
    assert_eq!(pixels.len(), width * height * colours, "there are as many pixels as the sides say");
    let sides = (width as u32, height as u32);
    let encoded = FILTERS.map(|filter| filtered(pixels, sides, kind, filter));
    let smallest = encoded.into_iter().flatten().min_by_key(Vec::len);
    smallest.expect("there are pixels, and memory takes all that is written")
}

fn filtered(
    pixels: &[u8],
    (width, height): (u32, u32),
    kind: ColorType,
    filter: Filter,
) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(kind);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    encoder.set_filter(filter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::PictureDecoder, *};

    const LIMITS: PictureLimits = PictureLimits { side: 100, memory: 1 << 20 };

    /// A slope in three colours with a bend, so that filters matter.
    fn slope(width: usize, height: usize) -> Vec<u8> {
        let pixel = |at: usize| [at, at / 2, at * at / width].map(|value| value as u8);
        (0..width * height).flat_map(pixel).collect()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let pixels = slope(7, 5);
        let bytes = encode(&pixels, 7, 5, 3);
        let decoder = PictureDecoder::new(&bytes, LIMITS).unwrap();
        assert_eq!(decoder.header(), PictureHeader { channels: 3, height: 5, width: 7 });
        assert_eq!(decoder.pixels().unwrap(), pixels);
        let bytes = encode(&[0, 100, 200, 255], 4, 1, 1);
        let grey = PictureDecoder::new(&bytes, LIMITS).unwrap();
        assert_eq!(grey.header(), PictureHeader { channels: 1, height: 1, width: 4 });
        assert_eq!(grey.pixels().unwrap(), [0, 100, 200, 255]);
    }

    #[test]
    fn bytes_are_pinned() {
        let bytes = encode(&slope(40, 30), 40, 30, 3);
        let add = |sum: u32, &byte: &u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
        assert_eq!((bytes.len(), bytes.iter().fold(0, add)), (871, 2_284_828_968));
    }

    #[test]
    fn sides_and_memory_are_limited() {
        let bytes = encode(&slope(40, 30), 40, 30, 3);
        let refused = |limits| PictureDecoder::new(&bytes, limits).err().unwrap().to_string();
        let narrow = PictureLimits { side: 39, ..LIMITS };
        assert_eq!(refused(narrow), "has 30×40 pixels, more than 39 on a side");
        let little = PictureLimits { memory: 10, ..LIMITS };
        assert_eq!(refused(little), "a PNG with an error: limits are exceeded");
    }

    #[test]
    fn alpha_and_16_bits_are_refused() {
        for (colours, depth, pixel, name) in [
            (ColorType::Rgba, BitDepth::Eight, &[1; 4][..], "Rgba8"),
            (ColorType::GrayscaleAlpha, BitDepth::Eight, &[1; 2], "La8"),
            (ColorType::Grayscale, BitDepth::Sixteen, &[1; 2], "L16"),
            (ColorType::Rgb, BitDepth::Sixteen, &[1; 6], "Rgb16"),
        ] {
            let mut bytes = Vec::new();
            let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
            encoder.set_color(colours);
            encoder.set_depth(depth);
            encoder.write_header().unwrap().write_image_data(pixel).unwrap();
            let error = PictureDecoder::new(&bytes, LIMITS).err().unwrap();
            assert_eq!(error.to_string(), format!("has pixels of the type {name}"));
        }
    }
}
