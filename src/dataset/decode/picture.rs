//! One file of a picture as one image: its shape, and its pixels by channels.
//!
//! Knows nothing of folders and classes.

use acai_picture::{PictureDecoder, PictureError, PictureHeader, PictureLimits};

use super::{FormatError, MAX_SIDE, Problem, Survey, bounded_reader::BoundedReader};

/// What a picture may need before it is refused.
const LIMITS: PictureLimits = PictureLimits { side: MAX_SIDE as u32, memory: 1 << 28 };

/// The most bytes of a file.
pub(super) const LARGEST: usize = 1 << 26;

/// What the header of a file says.
pub(crate) fn header(bytes: &[u8]) -> Result<PictureHeader, Problem> {
    Ok(decoder(bytes)?.header())
}

/// What `count` images like `header` says are.
pub(crate) fn survey(header: PictureHeader, count: usize) -> Result<Survey, Problem> {
    let [height, width] = [header.height, header.width].map(u64::from);
    Survey::from_header(count as u64, header.channels as u64, height, width)
}

/// Decodes an image like `wanted` into `image`, as (C, H, W); an error of `Ok` is
/// the header of an image that is not like it.
pub(crate) fn decode(
    bytes: &[u8],
    wanted: PictureHeader,
    image: &mut [u8],
) -> Result<Result<(), PictureHeader>, Problem> {
    let decoder = decoder(bytes)?;
    let found = decoder.header();
    if found != wanted {
        return Ok(Err(found));
    }
    let pixels = decoder.pixels().map_err(|error| problem(error, bytes))?;
    let plane = image.len() / wanted.channels;
    for (channel, plane) in image.chunks_exact_mut(plane).enumerate() {
        let stored = pixels[channel..].iter().step_by(wanted.channels);
        plane.iter_mut().zip(stored).for_each(|(pixel, &stored)| *pixel = stored);
    }
    Ok(Ok(()))
}

fn decoder(bytes: &[u8]) -> Result<PictureDecoder<'_>, Problem> {
    PictureDecoder::new(bytes, LIMITS).map_err(|error| problem(error, bytes))
}

fn problem(error: PictureError, bytes: &[u8]) -> Problem {
    match error {
        PictureError::Unknown => {
            let start: Vec<_> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            let start = if start.is_empty() { "nothing".to_owned() } else { start.join(" ") };
            let found = format!("it starts with {start}");
            Problem::Kind { wanted: "a PNG or JPEG file", found }
        }
        PictureError::PixelType(name) => {
            let found = format!("pixels of the type {name}");
            Problem::Type { found, wanted: "grey or RGB of 8 bits, without alpha" }
        }
        PictureError::TooLarge { height, width, .. } => {
            let [height, width] = [height, width].map(u64::from);
            Problem::TooLarge { height, width, limit: MAX_SIDE }
        }
        PictureError::Ends => Problem::Ends { part: "its pixels" },
        PictureError::Damaged(reason) => Problem::Damaged { reason },
    }
}

/// Reads a file of an image, which has at most [`LARGEST`] bytes.
pub(crate) fn read(mut bounded_reader: BoundedReader<'_>) -> Result<Vec<u8>, FormatError> {
    let bytes = bounded_reader.some(LARGEST + 1)?;
    if bytes.len() > LARGEST {
        return Err(bounded_reader.error(too_long()));
    }
    Ok(bytes)
}

/// What is wrong with a file of more bytes.
pub(super) fn too_long() -> Problem {
    Problem::Damaged { reason: format!("more than {LARGEST} bytes for one image") }
}
