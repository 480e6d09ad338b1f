//! One PNG or JPEG file: its size and colours, and its pixels.
//!
//! What a file is is told by its bytes. Palettes and grey of fewer than 8 bits
//! are expanded as the formats define it; EXIF's orientation is not heeded; of an
//! animation the first picture is taken. The JPEG decoder computes in integers,
//! with vectors or without to the same bytes, and rounds unlike libjpeg.
//!
//! Knows nothing of folders and classes.

use std::{
    fmt,
    io::{self, Cursor},
};

use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{Facts, FormatError, MAX_SIDE, Problem, bounded_reader::BoundedReader};

/// The most memory a decoder may take beside the pixels.
const MEMORY: u64 = 1 << 28;

/// Colours and size of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    channels: usize,
    height: u32,
    width: u32,
}

impl Look {
    /// What `count` images like this are.
    pub(super) fn facts(self, count: usize) -> Result<Facts, Problem> {
        let [height, width] = [self.height, self.width].map(u64::from);
        Facts::claimed(count as u64, self.channels as u64, height, width)
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colours = if self.channels == 1 { "grey" } else { "RGB" };
        write!(f, "{colours}, {}×{} pixels", self.height, self.width)
    }
}

/// What the header of a file says.
pub(super) fn look(bytes: &[u8]) -> Result<Look, Problem> {
    look_of(&decoder(bytes)?)
}

/// Decodes an image like `wanted` into `image`, as (C, H, W); an error of `Ok` is another look.
pub(super) fn decode(
    bytes: &[u8],
    wanted: Look,
    image: &mut [u8],
) -> Result<Result<(), Look>, Problem> {
    let decoder = decoder(bytes)?;
    let found = look_of(&decoder)?;
    if found != wanted {
        return Ok(Err(found));
    }
    if bytes.starts_with(b"\xff\xd8") && !has_end(bytes) {
        return Err(Problem::Damaged { reason: "a JPEG without its end".to_owned() });
    }
    let mut pixels = vec![0; image.len()];
    decoder.read_image(&mut pixels).map_err(told)?;
    let plane = image.len() / wanted.channels;
    for (channel, plane) in image.chunks_exact_mut(plane).enumerate() {
        let stored = pixels[channel..].iter().step_by(wanted.channels);
        plane.iter_mut().zip(stored).for_each(|(pixel, &stored)| *pixel = stored);
    }
    Ok(Ok(()))
}

fn decoder(bytes: &[u8]) -> Result<impl ImageDecoder + '_, Problem> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        let start: Vec<_> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let start = if start.is_empty() { "nothing".to_owned() } else { start.join(" ") };
        let found = format!("it starts with {start}");
        return Err(Problem::Kind { wanted: "a PNG or JPEG file", found });
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE as u32);
    limits.max_image_height = Some(MAX_SIDE as u32);
    limits.max_alloc = Some(MEMORY);
    let mut reader = reader;
    reader.limits(limits);
    reader.into_decoder().map_err(told)
}

fn look_of(decoder: &impl ImageDecoder) -> Result<Look, Problem> {
    let (width, height) = decoder.dimensions();
    let channels = match decoder.color_type() {
        ColorType::L8 => 1,
        ColorType::Rgb8 => 3,
        other => {
            let wanted = "grey or RGB of 8 bits, without alpha";
            return Err(Problem::Type { found: format!("pixels of the type {other:?}"), wanted });
        }
    };
    Ok(Look { channels, height, width })
}

/// Whether a JPEG ends with its marker of the end; the decoder fills up what is missing.
fn has_end(bytes: &[u8]) -> bool {
    let is_filling = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n');
    let end = bytes.iter().rposition(|byte| !is_filling(byte)).map_or(0, |last| last + 1);
    bytes[..end].ends_with(b"\xff\xd9")
}

fn told(error: ImageError) -> Problem {
    match error {
        ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Problem::Ends { place: "its pixels" }
        }
        error => Problem::Damaged { reason: error.to_string() },
    }
}

/// Reads a file of an image, which has at most `LARGEST` bytes.
pub(super) fn read(mut bounded_reader: BoundedReader<'_>) -> Result<Vec<u8>, FormatError> {
    const LARGEST: usize = 1 << 26;
    let bytes = bounded_reader.some(LARGEST + 1)?;
    if bytes.len() > LARGEST {
        let reason = format!("more than {LARGEST} bytes for one image");
        return Err(bounded_reader.error(Problem::Damaged { reason }));
    }
    Ok(bytes)
}
