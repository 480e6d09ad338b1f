//! Pictures inside the page: images side by side in one PNG, as a `data:` URI.
//!
//! Knows nothing of where images come from.

use acai_artifact::{Array, ArtifactError, ElementType, Reader};
use acai_common::base64::base64;

/// Channels, rows and columns of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureShape {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// Images of one shape, their pixels 0 to 255, channels first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PagePictures {
    pub(super) shape: PictureShape,
    pub(super) all: Vec<Vec<u8>>,
}

impl PictureShape {
    /// The shape of images whose axes end in channels, rows and columns; none
    /// if they cannot be shown.
    fn of(axes: &[usize]) -> Option<Self> {
        let &[.., channels, height, width] = axes else { return None };
        let is_shown = [1, 3].contains(&channels) && height > 0 && width > 0;
        is_shown.then_some(Self { channels, height, width })
    }

    fn pixels(self) -> usize {
        self.channels * self.height * self.width
    }
}

impl PagePictures {
    /// Images of pixels in [−1, 1], as nets see them; none if they cannot be
    /// shown.
    pub(super) fn decoded(array: &Array<f32>) -> Option<Self> {
        let shape = PictureShape::of(&array.shape)?;
        let byte = |&value: &f32| (value * 127.5 + 127.5).round() as u8;
        let all = array.data.chunks_exact(shape.pixels());
        Some(Self { shape, all: all.map(|image| image.iter().map(byte).collect()).collect() })
    }

    /// The test images at `places`; none if they cannot be shown, or are not
    /// there.
    ///
    /// # Errors
    /// If the artifact is damaged.
    pub(super) fn tests(reader: &Reader, places: &[usize]) -> Result<Option<Self>, ArtifactError> {
        let path = "images/test";
        let axes = reader.shape(path)?;
        let there = axes.first().copied().unwrap_or(0);
        let Some(shape) = PictureShape::of(&axes).filter(|_| places.iter().all(|&at| at < there))
        else {
            return Ok(None);
        };
        let is_bytes = reader.element_type(path)? == ElementType::U8;
        let image = |&place: &usize| {
            let rows = place..place + 1;
            if is_bytes {
                return Ok(reader.read_rows::<u8>(path, rows)?.data);
            }
            let image = Self::decoded(&reader.read_rows::<f32>(path, rows)?);
            Ok(image.and_then(|mut images| images.all.pop()).unwrap_or_default())
        };
        let all: Result<Vec<_>, ArtifactError> = places.iter().map(image).collect();
        Ok(Some(Self { shape, all: all? }))
    }

    /// The same at half the size, each pixel the mean of four.
    pub(super) fn halved(&self) -> Self {
        let PictureShape { channels, height, width } = self.shape;
        let shape = PictureShape { channels, height: height / 2, width: width / 2 };
        let half = |image: &Vec<u8>| {
            let mut small = Vec::with_capacity(shape.pixels());
            for channel in image.chunks_exact(height * width) {
                for y in 0..shape.height {
                    for x in 0..shape.width {
                        let four = [(0, 0), (0, 1), (1, 0), (1, 1)];
                        let four =
                            four.map(|(v, u)| u16::from(channel[(2 * y + v) * width + 2 * x + u]));
                        small.push(((four.iter().sum::<u16>() + 2) / 4) as u8);
                    }
                }
            }
            small
        };
        Self { shape, all: self.all.iter().map(half).collect() }
    }

    /// All in one picture, `across` in a row, as a `data:` URI; nothing if there
    /// are none.
    pub(super) fn sheet(&self, across: usize) -> String {
        if self.all.is_empty() {
            return String::new();
        }
        let PictureShape { channels, height, width } = self.shape;
        let across = across.min(self.all.len()).max(1);
        let (columns, rows) = (across * width, self.all.len().div_ceil(across) * height);
        let mut pixels = vec![0; columns * rows * channels];
        for (place, image) in self.all.iter().enumerate() {
            let (top, left) = (place / across * height, place % across * width);
            for (at, &value) in image.iter().enumerate() {
                let (channel, y, x) = (at / (height * width), at / width % height, at % width);
                pixels[((top + y) * columns + left + x) * channels + channel] = value;
            }
        }
        format!(
            "data:image/png;base64,{}",
            base64(&acai_picture::encode(&pixels, columns, rows, channels))
        )
    }
}

#[cfg(test)]
mod tests {
    use acai_picture::{PictureDecoder, PictureHeader, PictureLimits};

    use super::*;

    #[test]
    fn every_image_is_in_its_place() {
        let shape = PictureShape { channels: 3, height: 2, width: 2 };
        let image = |value: u8| (0..3).flat_map(|c| vec![value + c; 4]).collect::<Vec<u8>>();
        let images = PagePictures { shape, all: [10, 20, 30].map(image).to_vec() };
        let (width, height, bytes) = decoded(&images.sheet(2));
        assert_eq!((width, height), (4, 4));
        let at = |x: usize, y: usize| &bytes[3 * (4 * y + x)..][..3];
        assert_eq!(at(1, 1), [10, 11, 12]);
        assert_eq!(at(2, 0), [20, 21, 22]);
        assert_eq!(at(0, 3), [30, 31, 32]);
        assert_eq!(at(3, 3), [0, 0, 0]);
    }

    #[test]
    fn halves_are_means_of_four() {
        let shape = PictureShape { channels: 1, height: 2, width: 5 };
        let images = PagePictures { shape, all: vec![vec![0, 1, 8, 8, 9, 2, 4, 8, 8, 9]] };
        let half = images.halved();
        assert_eq!(half.shape, PictureShape { channels: 1, height: 1, width: 2 });
        assert_eq!(half.all, [[2, 8]]);
    }

    #[test]
    fn pixels_beyond_the_range_stop_at_its_ends() {
        let array = Array { shape: vec![1, 1, 1, 4], data: vec![-1.5, -1.0, 0.0, 7.0] };
        assert_eq!(PagePictures::decoded(&array).unwrap().all, [[0, 0, 128, 255]]);
        let two = Array { shape: vec![1, 2, 1, 1], data: vec![0.0, 0.0] };
        assert_eq!(PagePictures::decoded(&two), None);
    }

    /// The picture in a `data:` URI, in colours.
    fn decoded(uri: &str) -> (usize, usize, Vec<u8>) {
        let text = uri.strip_prefix("data:image/png;base64,").unwrap();
        let digit = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let mut bytes = Vec::new();
        for four in text.trim_end_matches('=').as_bytes().chunks(4) {
            let all = four.iter().fold(0_u32, |all, &byte| all << 6 | u32::from(digit(byte)));
            let all = all << (6 * (4 - four.len()));
            bytes.extend_from_slice(&all.to_be_bytes()[1..four.len()]);
        }
        let limits = PictureLimits { side: 4096, memory: 1 << 28 };
        let image = PictureDecoder::new(&bytes, limits).unwrap();
        let PictureHeader { channels, height, width } = image.header();
        let pixels = image.pixels().unwrap();
        let pixels =
            if channels == 1 { pixels.iter().flat_map(|&p| [p; 3]).collect() } else { pixels };
        (width as usize, height as usize, pixels)
    }
}
