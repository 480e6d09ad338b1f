//! How the pixels of an image follow each other, and how they are put in order.
//!
//! Knows nothing of files.

use rayon::prelude::*;

use super::Survey;

/// The order in which the pixels of an image are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PixelOrder {
    /// By channels, then rows: (C, H, W), as we keep them.
    Planes,
    /// All channels of a pixel together: (H, W, C).
    Interleaved,
    /// By channels, then columns: (C, W, H), which is MATLAB's H×W×C.
    Columns,
}

impl PixelOrder {
    /// Whole images, as (n, C, H, W).
    pub(crate) fn arrange(self, survey: Survey, stored: Vec<u8>) -> Vec<u8> {
        let is_arranged = match self {
            Self::Planes => true,
            Self::Interleaved => survey.channels == 1,
            Self::Columns => survey.height == 1 || survey.width == 1,
        };
        if is_arranged {
            return stored;
        }
        let mut images = vec![0; stored.len()];
        let image = survey.image();
        let pairs = images.par_chunks_mut(image).zip(stored.par_chunks(image)).with_min_len(16);
        pairs.for_each(|(image, stored)| self.arrange_one(survey, image, stored));
        images
    }

    fn arrange_one(self, survey: Survey, image: &mut [u8], stored: &[u8]) {
        let plane = survey.height * survey.width;
        for (channel, pixels) in image.chunks_exact_mut(plane).enumerate() {
            match self {
                Self::Planes => {
                    pixels.copy_from_slice(&stored[channel * plane..(channel + 1) * plane]);
                }
                Self::Interleaved => {
                    let stored = stored[channel..].iter().step_by(survey.channels);
                    pixels.iter_mut().zip(stored).for_each(|(pixel, &stored)| *pixel = stored);
                }
                Self::Columns => {
                    transpose(pixels, &stored[channel * plane..(channel + 1) * plane], survey);
                }
            }
        }
    }
}

fn transpose(rows: &mut [u8], columns: &[u8], survey: Survey) {
    for (at, row) in rows.chunks_exact_mut(survey.width).enumerate() {
        let stored = columns[at..].iter().step_by(survey.height);
        row.iter_mut().zip(stored).for_each(|(pixel, &stored)| *pixel = stored);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of 2 channels, 2 rows and 3 columns; a pixel is image, channel, row, column.
    const FACTS: Survey = Survey { count: 2, channels: 2, height: 2, width: 3 };

    fn pixels(order: impl Fn(usize, usize, usize) -> usize) -> Vec<u8> {
        let mut stored = vec![0; 24];
        for (n, c, h, w) in (0..24).map(|i| (i / 12, i / 6 % 2, i / 3 % 2, i % 3)) {
            stored[n * 12 + order(c, h, w)] = (n * 100 + c * 30 + h * 10 + w) as u8;
        }
        stored
    }

    #[test]
    fn every_layout_becomes_planes() {
        let wanted = [0, 1, 2, 10, 11, 12, 30, 31, 32, 40, 41, 42];
        for (pixel_order, stored) in [
            (PixelOrder::Planes, pixels(|c, h, w| c * 6 + h * 3 + w)),
            (PixelOrder::Interleaved, pixels(|c, h, w| (h * 3 + w) * 2 + c)),
            (PixelOrder::Columns, pixels(|c, h, w| c * 6 + w * 2 + h)),
        ] {
            let images = pixel_order.arrange(FACTS, stored);
            assert_eq!(images[..12], wanted, "{pixel_order:?}");
            assert_eq!(images[12..], wanted.map(|pixel| pixel + 100), "{pixel_order:?}");
        }
    }
}
