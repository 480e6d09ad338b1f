//! How the pixels of an image follow each other, and how they are put in order.
//!
//! Knows nothing of files.

use rayon::prelude::*;

use super::Facts;

/// The order in which the pixels of an image are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// By channels, then rows: (C, H, W), as we keep them.
    Planes,
    /// All channels of a pixel together: (H, W, C).
    Interleaved,
    /// By channels, then columns: (C, W, H), which is MATLAB's H×W×C.
    Columns,
}

impl Layout {
    /// Whole images, as (n, C, H, W).
    pub(super) fn arrange(self, facts: Facts, stored: Vec<u8>) -> Vec<u8> {
        let is_arranged = match self {
            Self::Planes => true,
            Self::Interleaved => facts.channels == 1,
            Self::Columns => facts.height == 1 || facts.width == 1,
        };
        if is_arranged {
            return stored;
        }
        let mut images = vec![0; stored.len()];
        let image = facts.image();
        let pairs = images.par_chunks_mut(image).zip(stored.par_chunks(image)).with_min_len(16);
        pairs.for_each(|(image, stored)| self.arrange_one(facts, image, stored));
        images
    }

    fn arrange_one(self, facts: Facts, image: &mut [u8], stored: &[u8]) {
        let plane = facts.height * facts.width;
        for (channel, pixels) in image.chunks_exact_mut(plane).enumerate() {
            match self {
                Self::Planes => {
                    pixels.copy_from_slice(&stored[channel * plane..(channel + 1) * plane]);
                }
                Self::Interleaved => {
                    let stored = stored[channel..].iter().step_by(facts.channels);
                    pixels.iter_mut().zip(stored).for_each(|(pixel, &stored)| *pixel = stored);
                }
                Self::Columns => {
                    transpose(pixels, &stored[channel * plane..(channel + 1) * plane], facts);
                }
            }
        }
    }
}

fn transpose(rows: &mut [u8], columns: &[u8], facts: Facts) {
    for (at, row) in rows.chunks_exact_mut(facts.width).enumerate() {
        let stored = columns[at..].iter().step_by(facts.height);
        row.iter_mut().zip(stored).for_each(|(pixel, &stored)| *pixel = stored);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of 2 channels, 2 rows and 3 columns; a pixel is image, channel, row, column.
    const FACTS: Facts = Facts { count: 2, channels: 2, height: 2, width: 3 };

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
        for (layout, stored) in [
            (Layout::Planes, pixels(|c, h, w| c * 6 + h * 3 + w)),
            (Layout::Interleaved, pixels(|c, h, w| (h * 3 + w) * 2 + c)),
            (Layout::Columns, pixels(|c, h, w| c * 6 + w * 2 + h)),
        ] {
            let images = layout.arrange(FACTS, stored);
            assert_eq!(images[..12], wanted, "{layout:?}");
            assert_eq!(images[12..], wanted.map(|pixel| pixel + 100), "{layout:?}");
        }
    }
}
