//! Pixels as PNG bytes: the same bytes on every machine, and few of them.
//!
//! Knows nothing of where pixels come from.

use image::{
    ExtendedColorType, ImageEncoder, ImageError,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

/// Pictures of digits and lines are smallest without a filter, photographs with
/// one per line; whichever is smaller is kept.
const FILTERS: [FilterType; 2] = [FilterType::NoFilter, FilterType::Adaptive];

/// A PNG of 8-bit pixels, row by row, their colours next to each other: 1 of
/// them is grey, 3 are red, green and blue.
///
/// # Panics
/// If there are no pixels, or not `width · height · colours` of them, or if
/// `colours` is neither 1 nor 3.
#[must_use]
pub fn encode(pixels: &[u8], width: usize, height: usize, colours: usize) -> Vec<u8> {
    let kind = match colours {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        _ => panic!("a picture has 1 or 3 colours, not {colours}"),
    };
    let sides = (width as u32, height as u32);
    let encoded = FILTERS.map(|filter| filtered(pixels, sides, kind, filter));
    let smallest = encoded.into_iter().flatten().min_by_key(Vec::len);
    smallest.expect("there are pixels, as many as the sides say")
}

fn filtered(
    pixels: &[u8],
    (width, height): (u32, u32),
    kind: ExtendedColorType,
    filter: FilterType,
) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, filter);
    encoder.write_image(pixels, width, height, kind)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slope in three colours with a bend, so that filters matter.
    fn slope(width: usize, height: usize) -> Vec<u8> {
        let pixel = |at: usize| [at, at / 2, at * at / width].map(|value| value as u8);
        (0..width * height).flat_map(pixel).collect()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let pixels = slope(7, 5);
        let decoded = image::load_from_memory(&encode(&pixels, 7, 5, 3)).unwrap();
        assert_eq!(decoded.color(), image::ColorType::Rgb8);
        assert_eq!((decoded.width(), decoded.height()), (7, 5));
        assert_eq!(decoded.into_bytes(), pixels);
        let grey = image::load_from_memory(&encode(&[0, 100, 200, 255], 4, 1, 1)).unwrap();
        assert_eq!(grey.color(), image::ColorType::L8);
        assert_eq!(grey.into_bytes(), [0, 100, 200, 255]);
    }

    #[test]
    fn bytes_are_pinned() {
        let bytes = encode(&slope(40, 30), 40, 30, 3);
        let add = |sum: u32, &byte: &u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
        assert_eq!((bytes.len(), bytes.iter().fold(0, add)), (871, 2_284_828_968));
    }
}
