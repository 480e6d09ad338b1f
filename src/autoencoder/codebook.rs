//! A codebook: the nearest of its codes, and the moving averages it follows.
//!
//! Knows nothing of nets or losses.

use rayon::prelude::*;

use acai_kernel::{ConvShape, KernelSize, convolution};
use acai_random::RngStream;

/// Decay of the moving averages.
const DECAY: f64 = 0.999;

/// What is added to every count, so that unused codes divide by no zero.
const EPSILON: f64 = 1e-5;

/// Codes whose distances from every vector one task computes.
const BLOCK: usize = 512;

/// Virtual lanes of a sum: its order is fixed, whatever the machine.
const LANES: usize = 16;

/// A distance, and the number of the code at it.
type Place = (f32, usize);

/// Nearer than nothing.
const FARTHEST: Place = (f32::INFINITY, 0);

/// Codes by rows, each of length `d`.
#[derive(Clone, Copy)]
pub(super) struct Codebook<'a> {
    codes: &'a [f32],
    d: usize,
}

/// What replaces a batch of vectors.
pub(super) struct Nearest {
    /// The number of the code of each vector, example by example.
    places: Vec<usize>,
    /// The codes in place of the vectors, (n·d × lanes); 0 where there is no example.
    pub(super) data: Vec<f32>,
    d: usize,
    lanes: usize,
}

/// A codebook and its moving averages after a step.
pub(super) struct Averages {
    /// The codes, by rows.
    pub(super) codebook: Vec<f32>,
    /// How often each was used of late.
    pub(super) counts: Vec<f32>,
    /// The sum of what it replaced of late, by rows.
    pub(super) sums: Vec<f32>,
}

impl<'a> Codebook<'a> {
    /// `count` codes from U(−l, l), l = √(3 / count), as a codebook starts.
    pub(super) fn drawn(count: usize, d: usize, seed: u64) -> Vec<f32> {
        let limit = (3.0 / count as f64).sqrt();
        let mut stream = RngStream::new(seed, "codebook.init", 0);
        (0..count * d).map(|_| ((2.0 * stream.uniform() - 1.0) * limit) as f32).collect()
    }

    pub(super) fn new(codes: &'a [f32], d: usize) -> Self {
        Self { codes, d }
    }

    /// The nearest codes of `vectors`, (n·d × lanes), by squared distance less
    /// the vector's own square; the first of equals.
    pub(super) fn nearest(self, vectors: &[f32], lanes: usize, count: usize) -> Nearest {
        let per_example = vectors.len() / (self.d * lanes);
        let columns = self.columns(vectors, lanes);
        let blocks = self.codes.par_chunks(BLOCK * self.d);
        let blocks: Vec<Vec<Place>> =
            blocks.map(|codes| Self { codes, ..self }.nearest_of(&columns, lanes)).collect();
        let place_of = |column: usize| {
            let nearer = |best: Place, (block, places): (usize, &Vec<Place>)| {
                let (distance, place) = places[column];
                if distance < best.0 { (distance, block * BLOCK + place) } else { best }
            };
            blocks.iter().enumerate().fold(FARTHEST, nearer).1
        };
        let of_example = |example| (0..per_example).map(move |v| v * lanes + example);
        let places: Vec<usize> = (0..count).flat_map(of_example).map(place_of).collect();
        let data = self.chosen(&places, vectors.len(), lanes, count);
        Nearest { places, data, d: self.d, lanes }
    }

    /// (n·d × lanes) as (d × n·lanes).
    fn columns(self, vectors: &[f32], lanes: usize) -> Vec<f32> {
        let row = |j| vectors[j * lanes..].chunks(lanes).step_by(self.d);
        (0..self.d).flat_map(row).flatten().copied().collect()
    }

    /// Of each column the nearest of few codes: |c|² − 2 c·v for all at once is
    /// a 1×1 convolution.
    fn nearest_of(self, columns: &[f32], lanes: usize) -> Vec<Place> {
        let outputs = self.codes.len() / self.d;
        let width = columns.len() / (self.d * lanes);
        let geometry = ConvShape { inputs: self.d, outputs, height: 1, width, padded_batch: lanes };
        let squares: Vec<f32> = self.codes.chunks(self.d).map(|c| product(c, c)).collect();
        let weight: Vec<f32> = self.codes.iter().map(|c| -2.0 * c).collect();
        let distances = convolution(KernelSize::One, geometry, columns, &weight, &squares, false);
        let mut best = vec![FARTHEST; width * lanes];
        for (place, distances) in distances.chunks(width * lanes).enumerate() {
            for (best, &distance) in best.iter_mut().zip(distances) {
                if distance < best.0 {
                    *best = (distance, place);
                }
            }
        }
        best
    }

    /// The codes at `places` as a batch.
    fn chosen(self, places: &[usize], len: usize, lanes: usize, count: usize) -> Vec<f32> {
        let mut data = vec![0.0; len];
        for (example, places) in places.chunks(places.len() / count).enumerate() {
            for (vector, &place) in places.iter().enumerate() {
                let code = &self.codes[place * self.d..][..self.d];
                for (j, &c) in code.iter().enumerate() {
                    data[(vector * self.d + j) * lanes + example] = c;
                }
            }
        }
        data
    }
}

impl Nearest {
    /// Moving averages: N ← 0.999 N + 0.001 n, M ← 0.999 M + 0.001 Σ v; the
    /// codes become M / ((N + ε) / (Σ N + Kε) · Σ N).
    pub(super) fn follow(&self, vectors: &[f32], counts: &[f32], sums: &[f32]) -> Averages {
        let count = self.places.len() * self.d * self.lanes / vectors.len();
        let rows = to_rows(vectors, self.lanes, count);
        let (mut n, mut total) = (vec![0.0_f64; counts.len()], vec![0.0_f64; sums.len()]);
        for (&place, row) in self.places.iter().zip(rows.chunks(self.d)) {
            n[place] += 1.0;
            for (to, &v) in total[place * self.d..].iter_mut().zip(row) {
                *to += f64::from(v);
            }
        }
        let average = |old: f32, new: f64| (DECAY * f64::from(old) + (1.0 - DECAY) * new) as f32;
        let counts: Vec<f32> = counts.iter().zip(n).map(|(&old, n)| average(old, n)).collect();
        let sums: Vec<f32> = sums.iter().zip(total).map(|(&old, v)| average(old, v)).collect();
        let all: f64 = counts.iter().map(|&n| f64::from(n)).sum();
        let whole = all + counts.len() as f64 * EPSILON;
        let codes = sums.chunks(self.d).zip(&counts).flat_map(|(sums, &n)| {
            let share = (f64::from(n) + EPSILON) / whole * all;
            sums.iter().map(move |&v| (f64::from(v) / share) as f32)
        });
        Averages { codebook: codes.collect(), counts, sums }
    }
}

/// The vectors one after the other, example by example.
fn to_rows(vectors: &[f32], lanes: usize, count: usize) -> Vec<f32> {
    let column = |example| vectors[example..].iter().step_by(lanes).copied();
    (0..count).flat_map(column).collect()
}

/// Σ aᵢbᵢ in 16 lanes, then halves onto halves.
fn product(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (i, (a, b)) in a.remainder().iter().zip(b.remainder()).enumerate() {
        lanes[i] = a * b;
    }
    for (a, b) in a.zip(b) {
        for i in 0..LANES {
            lanes[i] += a[i] * b[i];
        }
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = include_str!("../../tests/reference/codebook.txt");
    const LANES_HERE: usize = 16;

    /// The formula of the program.
    fn values(number: usize, count: usize, scale: f64) -> Vec<f32> {
        let value = |i: usize| {
            let v = (12.9898 * (i + 1) as f64 + 78.233 * (number + 1) as f64).sin() * 437.5453;
            ((2.0 * (v - v.floor()) - 1.0) * scale) as f32
        };
        (0..count).map(value).collect()
    }

    /// Three examples of three vectors each, as a batch.
    fn vectors(number: usize) -> Vec<f32> {
        let rows = values(number, 27, 1.0);
        let mut batch = vec![f32::NAN; 9 * LANES_HERE];
        for (example, row) in rows.chunks(9).enumerate() {
            for (e, &v) in row.iter().enumerate() {
                batch[e * LANES_HERE + example] = v;
            }
        }
        batch
    }

    #[test]
    fn the_codebook_follows_its_averages_as_in_numpy() {
        for (name, start) in [("Mended", 1.0), ("Reference", 0.0)] {
            let codebook = values(1, 21, 0.5);
            let mut now = Averages { sums: codebook.clone(), codebook, counts: vec![start; 7] };
            for step in 0..5 {
                let vectors = vectors(10 + step);
                let nearest = Codebook::new(&now.codebook, 3).nearest(&vectors, LANES_HERE, 3);
                now = nearest.follow(&vectors, &now.counts, &now.sums);
            }
            let found = [("codebook", now.codebook), ("counts", now.counts), ("sums", now.sums)];
            for (what, found) in found {
                let head = format!("{name} {what} ");
                let line = PRINTED.lines().find_map(|line| line.strip_prefix(&head)).unwrap();
                let wanted = line.split(' ').map(|number| number.parse::<f64>().unwrap());
                assert_eq!(wanted.clone().count(), found.len());
                for (found, wanted) in found.iter().zip(wanted) {
                    let off = (f64::from(*found) - wanted).abs();
                    assert!(off <= 1e-6 * wanted.abs().max(1.0), "{head}{found} for {wanted}");
                }
            }
        }
    }

    #[test]
    fn unused_codes_stay_when_mended_and_fly_off_when_not() {
        let codebook = Codebook::drawn(1000, 3, 0);
        let vectors = vectors(10);
        let nearest = Codebook::new(&codebook, 3).nearest(&vectors, LANES_HERE, 3);
        let unused = (0..1000).find(|place| !nearest.places.contains(place)).unwrap();
        let grown = |start: f32| {
            let next = nearest.follow(&vectors, &vec![start; 1000], &codebook);
            f64::from(next.codebook[unused * 3] / codebook[unused * 3])
        };
        assert!((grown(1.0) - 1.0).abs() < 1e-3, "{}", grown(1.0));
        // 0.999 · (0.009 + 0.01) / (1e-5 · 0.009)
        assert!((grown(0.0) / 210_900.0 - 1.0).abs() < 1e-3, "{}", grown(0.0));
    }

    #[test]
    fn the_nearest_is_the_first_of_equals() {
        let codes = [1.0, 0.0, -1.0, 0.0, 1.0, 0.0];
        let mut vectors = vec![0.0; 2 * LANES_HERE];
        (vectors[0], vectors[1]) = (0.9, -0.2);
        let nearest = Codebook::new(&codes, 2).nearest(&vectors, LANES_HERE, 2);
        assert_eq!(nearest.places, [0, 1]);
        assert_eq!(nearest.data[..2], [1.0, -1.0]);
    }

    #[test]
    fn a_codebook_starts_within_its_limit() {
        let codes = Codebook::drawn(16_384, 2, 0);
        assert!(codes.iter().all(|c| c.abs() <= 0.013_532));
        assert!(codes.iter().any(|c| c.abs() > 0.013_5));
    }
}
