//! The two figures of the lines benchmark: how far decoded images are from real
//! lines (mean distance), and how evenly they turn along a path (smoothness).
//!
//! Each image is compared with real lines at 10,000 angles by cosine distance on
//! raw [−1, 1] pixels; the nearest line's angle is the image's. Everything is
//! computed in `f64`, and angles are kept as numbers of steps, so nothing depends
//! on the rounding of π.
//!
//! Knows nothing of how a line is drawn (the caller draws) or of what decoded the images.

use std::f64::consts::TAU;

use rayon::prelude::*;

use super::defined::Defined;

mod path;

/// How many reference lines there are, at equal steps over the whole turn.
pub const ANGLES: usize = path::WHOLE as usize;

/// Two lines whose cosine distances differ by less are equally near, and the first
/// of them is taken. Mirror images seen from a vertical line tie exactly but for
/// rounding, which is a hundred times smaller; a single step of the angle is
/// usually worth ten million times more.
const TIE: f64 = 1e-13;

/// Images compared at a time, side by side.
const IMAGES_AT_ONCE: usize = 8;

/// The reference lines, as what sets them apart from an empty image.
#[derive(Clone, Debug)]
pub struct LineReference {
    /// Pixels of one image.
    pixels: usize,
    lines: Vec<ReferenceLine>,
}

/// One reference line D.
#[derive(Clone, Debug)]
struct ReferenceLine {
    /// Each pixel that is not −1, and by how much it is more.
    bright: Vec<(u32, f64)>,
    /// 1 / |D|
    scale: f64,
}

/// The nearest reference line of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
struct NearestLine {
    /// Cosine distance, in [0, 2].
    distance: f64,
    /// Its angle in steps of 2π / [`ANGLES`]; none for an image that has no
    /// direction, because it is all 0 or not finite.
    step: Option<u32>,
}

impl NearestLine {
    fn distance(&self) -> f64 {
        if self.step.is_some() { self.distance } else { f64::NAN }
    }
}

/// The figures of some paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinesScore {
    /// Cosine distance to the nearest line: pairs × points.
    pub distance: Vec<f64>,
    /// That line's angle in radians, in [0, 2π): pairs × points; NaN where the
    /// distance is.
    pub angle: Vec<f64>,
    /// Smoothness of each path: the largest turn between neighbours as a share of
    /// the whole, less the share it has on an even path. 0 is ideal; NaN where both
    /// ends have one angle after unwrapping.
    pub smoothness: Vec<f64>,
    /// How many times the shortest arc between its ends each path turns; 1 is
    /// ideal. Unlike smoothness it notices the long way round. NaN where there is
    /// no arc.
    pub detour: Vec<f64>,
    /// Mean of all distances.
    pub mean_distance: f64,
    /// Mean smoothness by the reference's rule: undefined paths count as 0; NaN only if
    /// all are undefined.
    pub mean_smoothness: f64,
    /// Mean smoothness of the defined paths alone; NaN if there are none.
    pub mean_defined_smoothness: f64,
    /// Mean detour of the paths that have one; NaN if there are none.
    pub mean_detour: f64,
    /// How many paths have no smoothness.
    pub undefined_pairs: usize,
}

impl LineReference {
    /// Reference lines as `draw` draws them: angle in radians to pixels in [−1, 1].
    #[must_use]
    pub fn new<const PIXELS: usize>(draw: impl Fn(f64) -> [f64; PIXELS] + Sync) -> Self {
        let lines =
            (0..ANGLES).into_par_iter().map(|step| ReferenceLine::new(&draw(angle(step as u32))));
        Self { pixels: PIXELS, lines: lines.collect() }
    }

    /// Scores `pairs` paths of `points` decoded images each, one after the other.
    ///
    /// # Panics
    /// If `decoded` does not hold pairs × points images.
    #[must_use]
    pub fn score<T>(&self, decoded: &[T], pairs: usize, points: usize) -> LinesScore
    where
        T: Copy + Into<f64> + Sync,
    {
        assert_eq!(decoded.len(), pairs * points * self.pixels, "pairs × points images");
        let nearest: Vec<NearestLine> = decoded
            .par_chunks(IMAGES_AT_ONCE * self.pixels)
            .flat_map_iter(|some| self.nearest(some))
            .collect();
        summarize(&nearest, pairs, points)
    }

    /// The nearest lines of at most [`IMAGES_AT_ONCE`] images.
    fn nearest<T: Copy + Into<f64>>(&self, images: &[T]) -> Vec<NearestLine> {
        let images: Vec<&[T]> = images.chunks(self.pixels).collect();
        let columns: Vec<[f64; IMAGES_AT_ONCE]> = (0..self.pixels)
            .map(|pixel| std::array::from_fn(|i| images.get(i).map_or(0.0, |q| q[pixel].into())))
            .collect();
        let norm = sums(&columns, |q| q * q).map(f64::sqrt);
        let blank = sums(&columns, |q| -q);
        let mut best = [NearestLine { distance: f64::INFINITY, step: None }; IMAGES_AT_ONCE];
        for (step, line) in self.lines.iter().enumerate() {
            let product = line.product(&columns, blank);
            for i in 0..IMAGES_AT_ONCE {
                let distance = 1.0 - product[i] * line.scale / norm[i];
                // The first that is a number beats the initial infinity.
                if distance < best[i].distance - TIE {
                    best[i] = NearestLine { distance, step: Some(step as u32) };
                }
            }
        }
        best[..images.len()].to_vec()
    }
}

impl ReferenceLine {
    fn new(image: &[f64]) -> Self {
        let bright = image.iter().enumerate().map(|(pixel, &value)| (pixel as u32, value + 1.0));
        Self {
            bright: bright.filter(|&(_, bright)| bright > 0.0).collect(),
            scale: 1.0 / image.iter().map(|value| value * value).sum::<f64>().sqrt(),
        }
    }

    /// ⟨q, D⟩ of each image, given its product with an empty image.
    fn product(
        &self,
        columns: &[[f64; IMAGES_AT_ONCE]],
        blank: [f64; IMAGES_AT_ONCE],
    ) -> [f64; IMAGES_AT_ONCE] {
        let mut product = blank;
        for &(pixel, bright) in &self.bright {
            let q = &columns[pixel as usize];
            for i in 0..IMAGES_AT_ONCE {
                product[i] += q[i] * bright;
            }
        }
        product
    }
}

/// The angle of a step, in radians.
fn angle(step: u32) -> f64 {
    TAU / ANGLES as f64 * f64::from(step)
}

/// The sum of `term` over all pixels of each image.
fn sums(columns: &[[f64; IMAGES_AT_ONCE]], term: impl Fn(f64) -> f64) -> [f64; IMAGES_AT_ONCE] {
    let mut sums = [0.0; IMAGES_AT_ONCE];
    for q in columns {
        for (sum, &q) in sums.iter_mut().zip(q) {
            *sum += term(q);
        }
    }
    sums
}

fn summarize(nearest: &[NearestLine], pairs: usize, points: usize) -> LinesScore {
    let steps: Vec<Option<u32>> = nearest.iter().map(|found| found.step).collect();
    let turns: Vec<path::Turn> =
        (0..pairs).map(|i| path::turn(&steps[i * points..(i + 1) * points])).collect();
    let distance: Vec<f64> = nearest.iter().map(NearestLine::distance).collect();
    let smoothness: Vec<f64> = turns.iter().map(path::Turn::smoothness).collect();
    let detour: Vec<f64> = turns.iter().map(path::Turn::detour).collect();
    let defined = Defined::of(&smoothness);
    // Never 0 / 0: the sign of that NaN is the machine's.
    let mean_smoothness = if defined.count == 0 { f64::NAN } else { defined.sum / pairs as f64 };
    LinesScore {
        mean_distance: distance.iter().sum::<f64>() / distance.len() as f64,
        mean_smoothness,
        mean_defined_smoothness: defined.mean(),
        mean_detour: Defined::of(&detour).mean(),
        undefined_pairs: pairs - defined.count,
        angle: steps.into_iter().map(|step| step.map_or(f64::NAN, angle)).collect(),
        detour,
        distance,
        smoothness,
    }
}

#[cfg(test)]
mod tests;
