//! t-SNE (van der Maaten and Hinton, 2008), exactly: every point with every other.
//!
//! Points yᵢ are moved so that qᵢⱼ = wᵢⱼ / Σ w, wᵢⱼ = 1/(1 + |yᵢ − yⱼ|²), come near
//! to the affinities pᵢⱼ. What falls is KL(P‖Q) = Σ pᵢⱼ ln(pᵢⱼ / qᵢⱼ), along
//!
//! ∂/∂yᵢ = 4 Σⱼ (pᵢⱼ − qᵢⱼ) wᵢⱼ (yᵢ − yⱼ)
//!
//! Its descent is scikit-learn's: a step of `max(n/48, 50)`, momentum ½ then 0.8, a gain
//! per coordinate, and affinities exaggerated twelvefold over the first quarter. There
//! is nothing random in it: it starts from the first two principal axes.
//!
//! Knows nothing of what the points are.

use rayon::prelude::*;

use super::affinities::affinities;
use acai_common::events::Interrupted;
use acai_kernel::{MapForces, map_forces};

/// How many times larger affinities are at first.
const EXAGGERATION: f64 = 12.0;

/// Spread of the start along its first axis.
const START: f64 = 1e-4;

/// The smallest gain.
const LEAST_GAIN: f64 = 0.01;

/// Rows handled by one task at least.
const ROWS: usize = 16;

/// How points are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tsne {
    /// How many neighbours count.
    pub(super) perplexity: f64,
    /// Steps of the descent.
    pub(super) steps: usize,
}

/// Points laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TsneMap {
    /// (n × 2), by rows.
    pub(super) positions: Vec<f32>,
    /// KL(P‖Q) in nats.
    pub(super) divergence: f64,
}

/// The points on their way, by columns.
struct MapPoints {
    at: [Vec<f64>; 2],
    moves: [Vec<f64>; 2],
    gains: [Vec<f64>; 2],
}

impl Tsne {
    /// Lays out points of `width` values each, from where they lie at the `start`
    /// (n × 2); `told` is called after every step.
    pub(super) fn lay_out(
        self,
        rows: &[f32],
        width: usize,
        start: &[f32],
        told: &mut dyn FnMut(usize) -> Result<(), Interrupted>,
    ) -> Result<TsneMap, Interrupted> {
        let p = affinities(rows, width, self.perplexity);
        let mut points = MapPoints::new(start);
        let rate = (points.len() as f64 / EXAGGERATION / 4.0).max(50.0);
        for step in 0..self.steps {
            let is_early = step < self.steps / 4;
            let (exaggeration, momentum) = if is_early { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
            let gradient = points.gradient(&p, exaggeration);
            points.step(&gradient, rate, momentum);
            told(step + 1)?;
        }
        Ok(TsneMap { positions: points.positions(), divergence: points.divergence(&p) })
    }
}

impl MapPoints {
    fn new(start: &[f32]) -> Self {
        let n = start.len() / 2;
        let column = |axis: usize| start.chunks(2).map(move |row| f64::from(row[axis]));
        let mean = column(0).sum::<f64>() / n as f64;
        let variance = column(0).map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
        // Points that all lie in one place stay there.
        let scale = if variance > 0.0 { START / variance.sqrt() } else { 0.0 };
        let both = |value: f64| [vec![value; n], vec![value; n]];
        Self {
            at: [0, 1].map(|axis| column(axis).map(|x| x * scale).collect()),
            moves: both(0.0),
            gains: both(1.0),
        }
    }

    fn len(&self) -> usize {
        self.at[0].len()
    }

    fn gradient(&self, p: &[f64], exaggeration: f64) -> [Vec<f64>; 2] {
        let pulls = self.pulls(p);
        let total = total(&pulls);
        let along = |axis: usize| {
            let force = |pull: &MapForces| {
                4.0 * (exaggeration * pull.attraction[axis] - pull.repulsion[axis] / total)
            };
            pulls.iter().map(force).collect()
        };
        [along(0), along(1)]
    }

    /// One for each point.
    fn pulls(&self, p: &[f64]) -> Vec<MapForces> {
        let rows = p.par_chunks(self.len()).with_min_len(ROWS).enumerate();
        let [x, y] = &self.at;
        rows.map(|(i, p)| map_forces([x[i], y[i]], p, [x, y])).collect()
    }

    fn step(&mut self, gradient: &[Vec<f64>; 2], rate: f64, momentum: f64) {
        for (axis, gradient) in gradient.iter().enumerate() {
            let moved = self.at[axis].iter_mut().zip(&mut self.moves[axis]);
            let with_gains = moved.zip(&mut self.gains[axis]);
            for (((at, last), gain), slope) in with_gains.zip(gradient) {
                let is_on_its_way = *last * slope < 0.0;
                *gain = if is_on_its_way { *gain + 0.2 } else { *gain * 0.8 }.max(LEAST_GAIN);
                *last = momentum * *last - rate * *gain * slope;
                *at += *last;
            }
        }
    }

    fn positions(&self) -> Vec<f32> {
        self.at[0].iter().zip(&self.at[1]).flat_map(|(&x, &y)| [x as f32, y as f32]).collect()
    }

    /// KL(P‖Q).
    fn divergence(&self, p: &[f64]) -> f64 {
        let total = total(&self.pulls(p));
        let of_row = |(i, p): (usize, &[f64])| -> f64 {
            let apart = |axis: usize, j: usize| self.at[axis][i] - self.at[axis][j];
            let square = |j: usize| apart(0, j) * apart(0, j) + apart(1, j) * apart(1, j);
            let others = p.iter().enumerate().filter(|&(j, _)| j != i);
            others.map(|(j, &p)| p * libm::log(p * total * (1.0 + square(j)))).sum()
        };
        let rows = p.par_chunks(self.len()).with_min_len(ROWS).enumerate().map(of_row);
        rows.collect::<Vec<f64>>().iter().sum()
    }
}

/// Σ w over all pairs.
fn total(pulls: &[MapForces]) -> f64 {
    pulls.iter().map(|pull| pull.weight).sum::<f64>() - pulls.len() as f64
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            golden::{golden, near, points},
            pca::Pca,
        },
        *,
    };

    fn lay_out(tsne: Tsne) -> TsneMap {
        let start = Pca::fit(&points(), 4).positions(&points());
        tsne.lay_out(&points(), 4, &start, &mut |_| Ok(())).unwrap()
    }

    /// How many of the neighbours in a map were neighbours before (Venna and Kaski,
    /// 2001): 1 − 2/(n k (2n − 3k − 1)) Σ (rank − k) over those that were not.
    fn trustworthiness(rows: &[f32], width: usize, map: &[f32], k: usize) -> f64 {
        let n = rows.len() / width;
        let order = |rows: &[f32], width: usize, i: usize| -> Vec<usize> {
            let row = |i: usize| &rows[i * width..(i + 1) * width];
            let square = |j: usize| row(i).iter().zip(row(j)).map(|(a, b)| (a - b).powi(2)).sum();
            let distances: Vec<f32> = (0..n).map(square).collect();
            let mut order: Vec<usize> = (0..n).filter(|&j| j != i).collect();
            order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
            order
        };
        let mut penalty = 0;
        for i in 0..n {
            let before = order(rows, width, i);
            for j in &order(map, 2, i)[..k] {
                let rank = before.iter().position(|other| other == j).unwrap() + 1;
                penalty += rank.saturating_sub(k);
            }
        }
        1.0 - 2.0 * penalty as f64 / (n * k * (2 * n - 3 * k - 1)) as f64
    }

    #[test]
    fn maps_are_as_good_as_scikit_learns() {
        let found = lay_out(Tsne { perplexity: 30.0, steps: 1_000 });
        let wanted = golden("divergence")[0];
        assert!((found.divergence / wanted - 1.0).abs() < 1e-3, "{} {wanted}", found.divergence);
        let trust = trustworthiness(&points(), 4, &found.positions, 5);
        let wanted = golden("trustworthiness")[0];
        assert!((trust - wanted).abs() < 0.005, "{trust} {wanted}");
    }

    #[test]
    fn early_steps_are_scikit_learns() {
        let p = affinities(&points(), 4, 30.0);
        let start = Pca::fit(&points(), 4).positions(&points());
        let mut points = MapPoints::new(&start);
        for _ in 0..3 {
            let gradient = points.gradient(&p, EXAGGERATION);
            points.step(&gradient, 50.0, 0.5);
        }
        let found = points.positions().into_iter().map(|x| f64::from(x) * 1e3);
        near(found, &golden("after_three"), 1e-4);
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| lay_out(Tsne { perplexity: 5.0, steps: 100 }))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn points_that_coincide_stay_where_they_are() {
        let layout = Tsne { perplexity: 2.0, steps: 20 };
        let layout = layout.lay_out(&[1.0; 20], 2, &[0.0; 20], &mut |_| Ok(())).unwrap();
        assert_eq!(layout.positions, [0.0; 20]);
        assert!(layout.divergence.abs() < 1e-9, "{}", layout.divergence);
    }

    #[test]
    fn an_interruption_ends_the_descent() {
        let tsne = Tsne { perplexity: 2.0, steps: 20 };
        let mut steps = 0;
        let told = &mut |step| {
            steps = step;
            if step < 3 { Ok(()) } else { Err(Interrupted) }
        };
        assert!(tsne.lay_out(&points(), 4, &[0.0; 240], told).is_err());
        assert_eq!(steps, 3);
    }
}
