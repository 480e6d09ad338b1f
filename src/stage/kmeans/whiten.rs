//! Whitening: latents turned and scaled so that no direction stands out.
//!
//! As in the reference: centre by the training mean, take the thin singular value
//! decomposition U·S·Vᵀ of the training latents, and map x to x·V/(s + 10⁻⁵). The
//! decomposition comes from the eigenvectors of the d × d scatter matrix, in `f64`.
//!
//! Knows nothing of clusters.

use rayon::prelude::*;

use crate::principal::Principal;

/// Added to singular values, so that directions without spread stay small.
const FLOOR: f64 = 1e-5;

/// Latents mapped by one task.
const BATCH: usize = 16;

/// A whitening fitted to some latents.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whitening {
    /// Mean latent (d).
    pub(super) mean: Vec<f64>,
    /// Singular values of the centred latents, largest first: min(n, d) of them.
    pub(super) singular_values: Vec<f64>,
    /// The directions they belong to, by rows: (min(n, d) × d).
    pub(super) components: Vec<f64>,
}

impl Whitening {
    /// Fits it to latents of `width` values each.
    pub(super) fn fit(rows: &[f32], width: usize) -> Self {
        let Principal { mean, mut axes } = Principal::fit(rows, width);
        axes.truncate(rows.len() / width);
        Self {
            mean,
            singular_values: axes.iter().map(|axis| axis.value.max(0.0).sqrt()).collect(),
            components: axes.into_iter().flat_map(|axis| axis.direction).collect(),
        }
    }

    /// How many values a whitened latent has.
    pub(super) fn width(&self) -> usize {
        self.singular_values.len()
    }

    /// Latents, whitened: one of [`Whitening::width`] values for each.
    pub(super) fn apply(&self, rows: &[f32]) -> Vec<f32> {
        let (from, to) = (self.mean.len(), self.width());
        let columns = self.columns();
        let mut whitened = vec![0.0; rows.len() / from * to];
        let batches = whitened.par_chunks_mut(BATCH * to).zip(rows.par_chunks(BATCH * from));
        batches.for_each(|(whitened, rows)| self.apply_to_batch(&columns, rows, whitened));
        whitened
    }

    /// The components scaled by 1/(s + 10⁻⁵), by columns: (d × min(n, d)).
    fn columns(&self) -> Vec<f64> {
        let (from, to) = (self.mean.len(), self.width());
        let scaled = |j, k| self.components[k * from + j] / (self.singular_values[k] + FLOOR);
        (0..from).flat_map(|j| (0..to).map(move |k| scaled(j, k))).collect()
    }

    fn apply_to_batch(&self, columns: &[f64], rows: &[f32], whitened: &mut [f32]) {
        let (from, to) = (self.mean.len(), self.width());
        let mut sums = vec![0.0_f64; whitened.len()];
        for (j, column) in columns.chunks(to).enumerate() {
            for (sums, row) in sums.chunks_mut(to).zip(rows.chunks(from)) {
                let x = f64::from(row[j]) - self.mean[j];
                for (sum, component) in sums.iter_mut().zip(column) {
                    *sum += x * component;
                }
            }
        }
        for (value, sum) in whitened.iter_mut().zip(sums) {
            *value = sum as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::principal::{mean, scatter};
    use acai_random::RngStream;

    const WIDTH: usize = 6;

    /// Latents far from 0, stretched and correlated.
    fn latents(count: usize) -> Vec<f32> {
        let mut rows = RngStream::new(4, "whiten.test", 0).normals(count * WIDTH, 1.0);
        for row in rows.chunks_mut(WIDTH) {
            for j in 0..WIDTH {
                row[j] = 3.0 + row[j] * (j + 1) as f32 + 0.5 * row[(j + 1) % WIDTH];
            }
        }
        rows
    }

    #[test]
    fn whitened_latents_spread_alike_in_every_direction() {
        let rows = latents(500);
        let whitened = Whitening::fit(&rows, WIDTH).apply(&rows);
        for (i, row) in scatter(&whitened, &[0.0; WIDTH]).iter().enumerate() {
            for (j, &value) in row.iter().enumerate() {
                let want = f64::from(u8::from(i == j));
                assert!((value - want).abs() < 1e-5, "({i}, {j}): {value}");
            }
        }
        assert!(mean(&whitened, WIDTH).iter().all(|m| m.abs() < 1e-7));
    }

    #[test]
    fn a_direction_without_spread_stays_small() {
        let mut rows = latents(200);
        rows.chunks_mut(WIDTH).for_each(|row| row[2] = row[0] - row[1]);
        let whitening = Whitening::fit(&rows, WIDTH);
        assert!(whitening.singular_values[WIDTH - 1] < 1e-4);
        assert!(whitening.apply(&rows).iter().all(|x| x.abs() < 1.0));
    }

    #[test]
    fn fewer_latents_than_values_give_as_many_directions() {
        let rows = latents(3);
        let whitening = Whitening::fit(&rows, WIDTH);
        assert_eq!((whitening.width(), whitening.components.len()), (3, 3 * WIDTH));
        assert_eq!(whitening.apply(&rows).len(), 3 * 3);
    }

    /// Values of `numpy.linalg.svd`, see `tests/reference/kmeans.py`.
    #[test]
    fn singular_values_are_numpys() {
        let (rows, width) = super::super::tests::fixture();
        let got = Whitening::fit(&rows, width).singular_values;
        let want = super::super::tests::golden("singular_values");
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            assert!((got / want - 1.0).abs() < 1e-6, "{got} is not {want}");
        }
    }
}
