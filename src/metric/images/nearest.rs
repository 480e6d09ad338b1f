//! The nearest real image of each of some points, exactly, by brute force over
//! images that come in pieces.
//!
//! Most real images are ruled out unseen: the mean over a block of pixels cannot
//! differ by more than the pixels do, so the squared difference of block means,
//! times the block's pixels, is at most the squared difference of the images.
//! Of the others the sum is given up as soon as it is beyond the best. Neither
//! changes the least sum, so the result does not depend on order, pieces or threads.
//!
//! Knows nothing of where images come from.

use rayon::prelude::*;

/// Rows and columns of a block whose mean is compared first.
const BLOCK: usize = 4;

/// Elements added up side by side.
const PARTIAL_SUMS: usize = 8;

/// A sum may be given up after this many elements.
const PIECE: usize = 128;

/// A bound is trusted but for the rounding of its sum.
const SLACK: f64 = 1.0 - 1e-9;

/// Points on the way to their nearest real images.
#[derive(Clone, Debug)]
pub struct NearestImages<'a> {
    /// Rows and columns of an image.
    side: usize,
    /// Elements of an image.
    pixels: usize,
    points: &'a [f32],
    /// Of each point the least sum of squared differences so far.
    least: Vec<f64>,
}

impl<'a> NearestImages<'a> {
    /// Of `points`: images of `channels` × `side` × `side`, one after the other.
    ///
    /// # Panics
    /// If `side` is no multiple of 16, or `points` does not hold whole images.
    #[must_use]
    pub fn new(points: &'a [f32], channels: usize, side: usize) -> Self {
        let pixels = channels * side * side;
        assert_eq!((points.len() % pixels, side % 16), (0, 0), "whole images of {side}×{side}");
        Self { side, pixels, points, least: vec![f64::INFINITY; points.len() / pixels] }
    }

    /// Looks among more real images.
    ///
    /// # Panics
    /// If `real` does not hold whole images.
    pub fn look_among(&mut self, real: &[f32]) {
        let Self { side, pixels, points, ref mut least } = *self;
        assert_eq!(real.len() % pixels, 0, "whole images");
        let real: Vec<f64> = real.iter().copied().map(f64::from).collect();
        let blocks = real.par_chunks_exact(pixels).flat_map_iter(|image| blocks(image, side));
        let blocks: Vec<f64> = blocks.collect();
        least.par_iter_mut().zip(points.par_chunks_exact(pixels)).for_each(|(least, point)| {
            let point: Vec<f64> = point.iter().copied().map(f64::from).collect();
            let coarse = self::blocks(&point, side);
            let real = real.chunks_exact(pixels).zip(blocks.chunks_exact(coarse.len()));
            for (image, blocks) in real {
                let is_out = squared_below(&coarse, blocks, *least / SLACK).is_none();
                let nearer = if is_out { None } else { squared_below(&point, image, *least) };
                *least = nearer.unwrap_or(*least);
            }
        });
    }

    /// Of each point the mean squared difference per element from the nearest of
    /// all images it was looked for among; NaN if it has none, because it is not
    /// finite.
    #[must_use]
    pub fn distances(&self) -> Vec<f64> {
        let one =
            |&least: &f64| if least.is_finite() { least / self.pixels as f64 } else { f64::NAN };
        self.least.iter().map(one).collect()
    }
}

/// The mean of each block, times √ of its pixels: squared differences of these
/// add up to at most those of the images.
fn blocks(image: &[f64], side: usize) -> Vec<f64> {
    let across = side / BLOCK;
    let mut sums = vec![0.0; image.len() / (BLOCK * BLOCK)];
    for (at, row) in image.chunks_exact(side).enumerate() {
        let sums = &mut sums[at / BLOCK * across..][..across];
        for (sum, part) in sums.iter_mut().zip(row.chunks_exact(BLOCK)) {
            *sum += part.iter().sum::<f64>();
        }
    }
    for sum in &mut sums {
        *sum /= BLOCK as f64;
    }
    sums
}

/// The sum of squared differences, if it is less than `bound`.
fn squared_below(a: &[f64], b: &[f64], bound: f64) -> Option<f64> {
    let mut sums = [0.0; PARTIAL_SUMS];
    for (a, b) in a.chunks(PIECE).zip(b.chunks(PIECE)) {
        for (a, b) in a.chunks_exact(PARTIAL_SUMS).zip(b.chunks_exact(PARTIAL_SUMS)) {
            for lane in 0..PARTIAL_SUMS {
                let difference = a[lane] - b[lane];
                sums[lane] += difference * difference;
            }
        }
        // No partial sum is more than the whole one; NaN is below nothing.
        let is_below = sums.iter().sum::<f64>() < bound;
        if !is_below {
            return None;
        }
    }
    Some(sums.iter().sum())
}
