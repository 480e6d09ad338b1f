//! The lines benchmark: 32×32 images of one line from the centre, known by its angle.
//!
//! The line is 15 pixels long and 2 pixels thick along its minor axis; the
//! background is −1, the ink +1. The rules of the raster are those of the
//! generator in `brain-research/acai`, down to its habits: the tip is attenuated only where it points left or up, and a line at exactly
//! 45° counts as steep. Everything is computed in `f64`; the image jumps a
//! little where the major axis flips.
//!
//! Knows nothing of training.

use std::f64::consts::TAU;

use rayon::prelude::*;

use acai_random::RngStream;

/// Rows and columns of an image.
pub const SIDE: usize = 32;

/// Pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// How many classes [`label`] tells apart.
pub const CLASSES: u8 = 10;

/// The seed of the stored splits. They are the same for every pipeline,
/// whatever its own seeds.
const DATASET_SEED: u64 = 0;

/// Pixels from the centre to the tip.
const LENGTH: f64 = 15.0;

/// Pixels across, measured along the minor axis.
const THICKNESS: f64 = 2.0;

/// One split: `angles.len()` images with their angles and classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Images one after the other, each of [`PIXELS`] values in [−1, 1], by rows.
    pub images: Vec<f32>,
    /// Angles in radians, counter-clockwise from pointing right, in [0, 2π).
    pub angles: Vec<f64>,
    /// Classes, from 0 to 9.
    pub labels: Vec<u8>,
}

/// The first `count` images of the split `name` (`train`, `test`).
///
/// A longer split starts with the shorter one, and no split depends on another.
#[must_use]
pub fn split(name: &str, count: usize) -> Split {
    let mut stream = RngStream::new(DATASET_SEED, &format!("lines.{name}"), 0);
    sample(&mut stream, count)
}

/// `count` lines at angles drawn from `stream`, one draw each.
#[must_use]
pub fn sample(stream: &mut RngStream, count: usize) -> Split {
    let angles: Vec<f64> = (0..count).map(|_| TAU * stream.uniform()).collect();
    let mut images = vec![0.0; count * PIXELS];
    images.par_chunks_mut(PIXELS).zip(&angles).for_each(|(image, &angle)| {
        for (pixel, value) in image.iter_mut().zip(draw(angle)) {
            *pixel = value as f32;
        }
    });
    let labels = angles.iter().map(|&angle| label(angle)).collect();
    Split { images, angles, labels }
}

/// The class of a line at `angle` radians in [0, 2π): ⌊10·angle / (2π − 10⁻⁶)⌋.
///
/// Angles within 10⁻⁶ of 2π, which the reference would put in an eleventh
/// class, belong to the last.
#[must_use]
pub fn label(angle: f64) -> u8 {
    let class = (f64::from(CLASSES) * angle / (TAU - 1e-6)).floor();
    (class as u8).min(CLASSES - 1)
}

/// The image of a line at `angle` radians: [`SIDE`] rows of [`SIDE`] pixels in [−1, 1].
#[must_use]
pub fn draw(angle: f64) -> [f64; PIXELS] {
    let stroke = Stroke::at(angle);
    let mut image = [-1.0; PIXELS];
    for major in stroke.first..stroke.end {
        let weight = stroke.weight(major);
        let near = stroke.edge(major);
        let far = near + THICKNESS;
        for minor in near.floor() as usize..far.ceil() as usize {
            let covered = far.min(minor as f64 + 1.0) - near.max(minor as f64);
            let pixel = &mut image[stroke.index(major, minor)];
            *pixel = (*pixel + 2.0 * weight * covered).clamp(-1.0, 1.0);
        }
    }
    image
}

/// A line's geometry along its major axis, the one on which it is longer.
struct Stroke {
    /// Whether the major axis runs along the columns, from left to right.
    is_flat: bool,
    /// Where the line starts on the major axis.
    start: f64,
    /// The lower edge on the minor axis at `start`.
    lower: f64,
    /// Rise of the minor coordinate per step on the major axis.
    slope: f64,
    /// First cell on the major axis.
    first: usize,
    /// One past the last cell.
    end: usize,
}

impl Stroke {
    fn at(angle: f64) -> Self {
        let centre = SIDE as f64 / 2.0;
        let column = centre + LENGTH * libm::cos(angle);
        let row = centre - LENGTH * libm::sin(angle);
        let is_flat = (row - centre).abs() < (column - centre).abs();
        let tip = if is_flat { (column, row) } else { (row, column) };
        let (from, to) =
            if tip.0 < centre { (tip, (centre, centre)) } else { ((centre, centre), tip) };
        Self {
            is_flat,
            start: from.0,
            lower: from.1 - THICKNESS / 2.0,
            slope: (to.1 - from.1) / (to.0 - from.0),
            first: from.0.trunc() as usize,
            end: to.0.ceil() as usize,
        }
    }

    /// How much of the cell `major` the line runs through; the far end always counts as whole.
    fn weight(&self, major: usize) -> f64 {
        let next = self.start.ceil();
        if (major as f64) < next { next - self.start } else { 1.0 }
    }

    /// The lower edge on the minor axis at the cell `major`.
    fn edge(&self, major: usize) -> f64 {
        self.lower + (major as f64 - self.start - 0.5) * self.slope
    }

    fn index(&self, major: usize, minor: usize) -> usize {
        if self.is_flat { minor * SIDE + major } else { major * SIDE + minor }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

    use super::*;

    /// (sum, sum of squares, pixels with ink, pixels full of ink, rows, columns)
    type Figures = (f64, f64, usize, usize, (usize, usize), (usize, usize));

    /// Ink below 1e-9 is what rounding leaves at multiples of π/2.
    fn has_ink(value: f64) -> bool {
        value > -1.0 + 1e-9
    }

    fn figures(angle: f64) -> Figures {
        let image = draw(angle);
        let inked: Vec<usize> = (0..PIXELS).filter(|&p| has_ink(image[p])).collect();
        let span = |of: fn(usize) -> usize| {
            let all = inked.iter().map(|&p| of(p));
            (all.clone().min().unwrap(), all.max().unwrap())
        };
        (
            image.iter().sum(),
            image.iter().map(|v| v * v).sum(),
            inked.len(),
            image.iter().filter(|&&v| v > 1.0 - 1e-9).count(),
            span(|p| p / SIDE),
            span(|p| p % SIDE),
        )
    }

    #[test]
    #[expect(clippy::unreadable_literal, reason = "figures as the reference prints them")]
    fn images_have_the_references_figures() {
        #[rustfmt::skip]
        let golden: [(f64, Figures); 9] = [
            (0.0,            (-964.000000, 1024.000000, 30, 30, (15, 16), (16, 30))),
            (FRAC_PI_2,      (-964.000000, 1024.000000, 30, 30, (1, 15), (15, 16))),
            (PI,             (-964.000000, 1024.000000, 30, 30, (15, 16), (1, 15))),
            (FRAC_PI_4,      (-980.000000, 1002.000000, 33, 11, (5, 17), (16, 26))),
            (1.0,            (-973.511741, 1006.286100, 39, 12, (3, 15), (15, 25))),
            (5.0 * PI / 7.0, (-977.090111, 1008.130726, 36, 11, (4, 15), (5, 15))),
            (2.5,            (-975.931383, 1007.381058, 39, 12, (4, 15), (3, 15))),
            (4.0,            (-976.000000, 1007.348449, 36, 12, (16, 27), (5, 17))),
            (6.0,            (-964.000000, 1004.670274, 45, 15, (14, 20), (16, 30))),
        ];
        for (angle, want) in golden {
            let got = figures(angle);
            assert!((got.0 - want.0).abs() < 1e-6, "sum at {angle}: {}", got.0);
            assert!((got.1 - want.1).abs() < 1e-6, "squares at {angle}: {}", got.1);
            assert_eq!(
                (got.2, got.3, got.4, got.5),
                (want.2, want.3, want.4, want.5),
                "at {angle}"
            );
        }
    }

    #[test]
    fn rows_at_one_radian_are_the_references() {
        let image = draw(1.0);
        #[rustfmt::skip]
        let golden = [
            (3, 23, [-0.5873, 0.2441, -0.1686]),
            (4, 23, [0.9477, 1.0, -0.9477]),
            (15, 15, [-0.9263, 1.0, 0.9263]),
        ];
        for (row, column, want) in golden {
            let at = row * SIDE + column;
            for (got, want) in image[at..at + 3].iter().zip(want) {
                assert!((got - want).abs() < 5e-5, "row {row}: {got} is not {want}");
            }
        }
    }

    #[test]
    fn every_line_has_its_share_of_ink() {
        let (mut least, mut most, mut total) = (f64::INFINITY, 0.0_f64, 0.0);
        for j in 0..10_000 {
            let image = draw(TAU * f64::from(j) / 10_000.0);
            let ink: f64 = image.iter().map(|v| (v + 1.0) / 2.0).sum();
            let norm = image.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!((31.62..=32.0 + 1e-9).contains(&norm), "norm {norm}");
            (least, most, total) = (least.min(ink), most.max(ink), total + ink);
        }
        assert!((least - 21.2).abs() < 0.05 && (most - 30.0).abs() < 1e-6, "{least} to {most}");
        assert!((total / 10_000.0 - 27.41).abs() < 0.005, "{}", total / 10_000.0);
    }

    #[test]
    fn classes_are_ten_equal_slices() {
        let turn = |share: f64| label(share * TAU);
        assert_eq!([turn(0.0), turn(0.05), turn(0.15), turn(0.95)], [0, 0, 1, 9]);
        assert_eq!(label(TAU.next_down()), 9, "the sliver of the eleventh class");
    }

    #[test]
    fn a_longer_split_starts_with_the_shorter() {
        let (short, long) = (split("test", 3), split("test", 5));
        assert_eq!(short.images[..], long.images[..3 * PIXELS]);
        assert_eq!(short.angles[..], long.angles[..3]);
        assert_ne!(short.angles[0].to_bits(), split("train", 1).angles[0].to_bits());
        assert_eq!(short.labels, short.angles.iter().map(|&a| label(a)).collect::<Vec<_>>());
    }

    #[test]
    fn stored_lines_never_change() {
        let split = split("train", 64);
        let bytes: Vec<u8> = split.images.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(
            blake3::hash(&bytes).to_hex().as_str(),
            "fdc941c4a55e3f9f0aaa960d313ccf09be07db72648d2c283fbb517ddbab5d85",
            "other lines need a new version of the Dataset stage"
        );
    }
}
