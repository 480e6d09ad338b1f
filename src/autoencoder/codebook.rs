//! A codebook: the nearest of its codes, and the moving averages that update it.
//!
//! Knows nothing of nets or losses.

use rayon::prelude::*;

use acai_kernel::{ConvShape, KernelSize, convolution};
use acai_random::RngStream;

/// Decay of the moving averages.
const DECAY: f64 = 0.999;

/// Added to every count, so that unused codes do not divide by zero.
const EPSILON: f64 = 1e-5;

/// Codes whose distances from every vector one task computes.
const CODES_PER_TASK: usize = 512;

/// Partial sums of a dot product: the order of summation is the same on every
/// machine.
const PARTIAL_SUMS: usize = 16;

/// A distance, and the index of the code at it.
type Neighbor = (f32, usize);

/// Farther than every code.
const NO_NEIGHBOR: Neighbor = (f32::INFINITY, 0);

/// Codes by rows, each of length `d`.
#[derive(Clone, Copy)]
pub(super) struct Codebook<'a> {
    codes: &'a [f32],
    d: usize,
}

/// The codes that replace a batch of vectors.
pub(super) struct NearestCodes {
    /// The index of each vector's code, example by example.
    pub(super) indices: Vec<usize>,
    /// The codes, (n·d × `padded_batch`); 0 where there is no example.
    pub(super) codes: Vec<f32>,
    d: usize,
    padded_batch: usize,
}

/// A codebook and its moving averages after a step.
pub(super) struct MovingAverages {
    /// The codes, by rows.
    pub(super) codebook: Vec<f32>,
    /// How often each was used.
    pub(super) counts: Vec<f32>,
    /// The sum of the vectors that each replaced, by rows.
    pub(super) sums: Vec<f32>,
}

impl<'a> Codebook<'a> {
    /// `count` codes from U(−l, l), l = √(3 / count), the codebook's
    /// initial values.
    pub(super) fn initial(count: usize, d: usize, seed: u64) -> Vec<f32> {
        let limit = (3.0 / count as f64).sqrt();
        let mut stream = RngStream::new(seed, "codebook.init", 0);
        (0..count * d).map(|_| ((2.0 * stream.uniform() - 1.0) * limit) as f32).collect()
    }

    pub(super) fn new(codes: &'a [f32], d: usize) -> Self {
        Self { codes, d }
    }

    /// The nearest codes of `vectors`, (n·d × `padded_batch`), by squared distance less
    /// the vector's own square; the first of equals.
    pub(super) fn nearest(
        self,
        vectors: &[f32],
        padded_batch: usize,
        count: usize,
    ) -> NearestCodes {
        let per_example = vectors.len() / (self.d * padded_batch);
        let columns = self.columns(vectors, padded_batch);
        let blocks = self.codes.par_chunks(CODES_PER_TASK * self.d);
        let blocks: Vec<Vec<Neighbor>> =
            blocks.map(|codes| Self { codes, ..self }.nearest_of(&columns, padded_batch)).collect();
        let index_of = |column: usize| {
            let nearer = |best: Neighbor, (block, neighbors): (usize, &Vec<Neighbor>)| {
                let (distance, index) = neighbors[column];
                if distance < best.0 { (distance, block * CODES_PER_TASK + index) } else { best }
            };
            blocks.iter().enumerate().fold(NO_NEIGHBOR, nearer).1
        };
        let of_example = |example| (0..per_example).map(move |v| v * padded_batch + example);
        let indices: Vec<usize> = (0..count).flat_map(of_example).map(index_of).collect();
        let codes = self.gather(&indices, vectors.len(), padded_batch, count);
        NearestCodes { indices, codes, d: self.d, padded_batch }
    }

    /// (n·d × `padded_batch`) as (d × `n·padded_batch`).
    fn columns(self, vectors: &[f32], padded_batch: usize) -> Vec<f32> {
        let row = |j| vectors[j * padded_batch..].chunks(padded_batch).step_by(self.d);
        (0..self.d).flat_map(row).flatten().copied().collect()
    }

    /// Of each column the nearest of few codes: |c|² − 2 c·v for all at once is
    /// a 1×1 convolution.
    fn nearest_of(self, columns: &[f32], padded_batch: usize) -> Vec<Neighbor> {
        let outputs = self.codes.len() / self.d;
        let width = columns.len() / (self.d * padded_batch);
        let shape = ConvShape { inputs: self.d, outputs, height: 1, width, padded_batch };
        let squares: Vec<f32> = self.codes.chunks(self.d).map(|c| dot(c, c)).collect();
        let weight: Vec<f32> = self.codes.iter().map(|c| -2.0 * c).collect();
        let distances = convolution(KernelSize::One, shape, columns, &weight, &squares, false);
        let mut best = vec![NO_NEIGHBOR; width * padded_batch];
        for (index, distances) in distances.chunks(width * padded_batch).enumerate() {
            for (best, &distance) in best.iter_mut().zip(distances) {
                if distance < best.0 {
                    *best = (distance, index);
                }
            }
        }
        best
    }

    /// The codes of these indices as a batch.
    fn gather(self, indices: &[usize], len: usize, padded_batch: usize, count: usize) -> Vec<f32> {
        let mut data = vec![0.0; len];
        for (example, indices) in indices.chunks(indices.len() / count).enumerate() {
            for (vector, &index) in indices.iter().enumerate() {
                let code = &self.codes[index * self.d..][..self.d];
                for (j, &c) in code.iter().enumerate() {
                    data[(vector * self.d + j) * padded_batch + example] = c;
                }
            }
        }
        data
    }
}

impl NearestCodes {
    /// Moving averages: N ← 0.999 N + 0.001 n, M ← 0.999 M + 0.001 Σ v; the
    /// codes become M / ((N + ε) / (Σ N + Kε) · Σ N).
    pub(super) fn update_averages(
        &self,
        vectors: &[f32],
        counts: &[f32],
        sums: &[f32],
    ) -> MovingAverages {
        let count = self.indices.len() * self.d * self.padded_batch / vectors.len();
        let rows = to_rows(vectors, self.padded_batch, count);
        let (mut n, mut total) = (vec![0.0_f64; counts.len()], vec![0.0_f64; sums.len()]);
        for (&index, row) in self.indices.iter().zip(rows.chunks(self.d)) {
            n[index] += 1.0;
            for (to, &v) in total[index * self.d..].iter_mut().zip(row) {
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
        MovingAverages { codebook: codes.collect(), counts, sums }
    }
}

/// The vectors one after the other, example by example.
fn to_rows(vectors: &[f32], padded_batch: usize, count: usize) -> Vec<f32> {
    let column = |example| vectors[example..].iter().step_by(padded_batch).copied();
    (0..count).flat_map(column).collect()
}

/// Σ aᵢbᵢ in 16 partial sums, which are then added in halves.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; PARTIAL_SUMS];
    let (a, b) = (a.chunks_exact(PARTIAL_SUMS), b.chunks_exact(PARTIAL_SUMS));
    for (i, (a, b)) in a.remainder().iter().zip(b.remainder()).enumerate() {
        sums[i] = a * b;
    }
    for (a, b) in a.zip(b) {
        for i in 0..PARTIAL_SUMS {
            sums[i] += a[i] * b[i];
        }
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = include_str!("../../tests/reference/codebook.txt");
    const PADDED_BATCH: usize = 16;

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
        let mut batch = vec![f32::NAN; 9 * PADDED_BATCH];
        for (example, row) in rows.chunks(9).enumerate() {
            for (e, &v) in row.iter().enumerate() {
                batch[e * PADDED_BATCH + example] = v;
            }
        }
        batch
    }

    #[test]
    fn the_codebook_is_updated_as_in_numpy() {
        for (name, start) in [("Mended", 1.0), ("Reference", 0.0)] {
            let codebook = values(1, 21, 0.5);
            let mut now =
                MovingAverages { sums: codebook.clone(), codebook, counts: vec![start; 7] };
            for step in 0..5 {
                let vectors = vectors(10 + step);
                let nearest = Codebook::new(&now.codebook, 3).nearest(&vectors, PADDED_BATCH, 3);
                now = nearest.update_averages(&vectors, &now.counts, &now.sums);
            }
            let actual = [("codebook", now.codebook), ("counts", now.counts), ("sums", now.sums)];
            for (what, actual) in actual {
                let head = format!("{name} {what} ");
                let line = PRINTED.lines().find_map(|line| line.strip_prefix(&head)).unwrap();
                let expected = line.split(' ').map(|number| number.parse::<f64>().unwrap());
                assert_eq!(expected.clone().count(), actual.len());
                for (actual, expected) in actual.iter().zip(expected) {
                    let off = (f64::from(*actual) - expected).abs();
                    assert!(off <= 1e-6 * expected.abs().max(1.0), "{head}{actual} for {expected}");
                }
            }
        }
    }

    #[test]
    fn unused_codes_stay_when_mended_and_are_scaled_up_when_not() {
        let codebook = Codebook::initial(1000, 3, 0);
        let vectors = vectors(10);
        let nearest = Codebook::new(&codebook, 3).nearest(&vectors, PADDED_BATCH, 3);
        let unused = (0..1000).find(|index| !nearest.indices.contains(index)).unwrap();
        let grown = |start: f32| {
            let next = nearest.update_averages(&vectors, &vec![start; 1000], &codebook);
            f64::from(next.codebook[unused * 3] / codebook[unused * 3])
        };
        assert!((grown(1.0) - 1.0).abs() < 1e-3, "{}", grown(1.0));
        // 0.999 · (0.009 + 0.01) / (1e-5 · 0.009)
        assert!((grown(0.0) / 210_900.0 - 1.0).abs() < 1e-3, "{}", grown(0.0));
    }

    #[test]
    fn the_nearest_is_the_first_of_equals() {
        let codes = [1.0, 0.0, -1.0, 0.0, 1.0, 0.0];
        let mut vectors = vec![0.0; 2 * PADDED_BATCH];
        (vectors[0], vectors[1]) = (0.9, -0.2);
        let nearest = Codebook::new(&codes, 2).nearest(&vectors, PADDED_BATCH, 2);
        assert_eq!(nearest.indices, [0, 1]);
        assert_eq!(nearest.codes[..2], [1.0, -1.0]);
    }

    #[test]
    fn a_codebook_starts_within_its_limit() {
        let codes = Codebook::initial(16_384, 2, 0);
        assert!(codes.iter().all(|c| c.abs() <= 0.013_532));
        assert!(codes.iter().any(|c| c.abs() > 0.013_5));
    }
}
