//! How near points are to each other, as t-SNE has it (van der Maaten and Hinton,
//! 2008): p(j|i) ∝ exp(−βᵢ |xᵢ − xⱼ|²), with βᵢ such that the entropy of p(·|i) is
//! that of as many equal neighbours as the perplexity says; pᵢⱼ = (p(j|i) + p(i|j)) / 2n.
//!
//! Knows nothing of how points are laid out.

use rayon::prelude::*;

/// Sums that run side by side; their number is part of the result.
const LANES: usize = 8;

/// Halvings after which β is good enough in any case.
const HALVINGS: usize = 100;

/// An entropy so near to the wanted one, in nats, is good enough, as in scikit-learn.
const NEAR: f64 = 1e-5;

/// No pᵢⱼ of two points is less, so that logarithms are finite.
const LEAST: f64 = f64::EPSILON;

/// pᵢⱼ: (n × n), by rows, symmetric; 0 where i = j.
pub(super) fn affinities(rows: &[f32], width: usize, perplexity: f64) -> Vec<f64> {
    let n = rows.len() / width;
    let wanted = libm::log(perplexity);
    let mut conditional = vec![0.0; n * n];
    conditional.par_chunks_mut(n).enumerate().for_each(|(i, row)| {
        let own = &rows[i * width..(i + 1) * width];
        let distances: Vec<f64> = rows.chunks(width).map(|other| square(own, other)).collect();
        neighbours(&distances, i, wanted, row);
    });
    let mut joint = vec![0.0; n * n];
    joint.par_chunks_mut(n).enumerate().for_each(|(i, row)| {
        for (j, p) in row.iter_mut().enumerate().filter(|&(j, _)| j != i) {
            let both = conditional[i * n + j] + conditional[j * n + i];
            *p = (both / (2.0 * n as f64)).max(LEAST);
        }
    });
    joint
}

/// |a − b|².
fn square(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            let apart = f64::from(a) - f64::from(b);
            *sum += apart * apart;
        }
    }
    sums.iter().sum()
}

/// Writes p(·|i) of the point `own`, whose squared distances these are; β is found by
/// halving from 1 on.
fn neighbours(distances: &[f64], own: usize, wanted: f64, row: &mut [f64]) {
    let (mut low, mut high, mut beta) = (0.0, f64::INFINITY, 1.0);
    let others = distances.iter().enumerate().filter(|&(j, _)| j != own);
    let nearest = others.map(|(_, &distance)| distance).fold(f64::INFINITY, f64::min);
    for _ in 0..HALVINGS {
        let entropy = weigh(distances, own, nearest, beta, row);
        if (entropy - wanted).abs() <= NEAR {
            break;
        }
        if entropy > wanted {
            low = beta;
            beta = if high.is_finite() { 0.5 * (beta + high) } else { 2.0 * beta };
        } else {
            high = beta;
            beta = 0.5 * (beta + low);
        }
    }
}

/// Writes exp(−β · distance) as shares of their sum, and says their entropy in nats.
fn weigh(distances: &[f64], own: usize, nearest: f64, beta: f64, row: &mut [f64]) -> f64 {
    let (mut sum, mut far) = (0.0, 0.0);
    for (j, (weight, distance)) in row.iter_mut().zip(distances).enumerate() {
        // Distances count from the nearest on: no sum of weights is then less than 1.
        let beyond = distance - nearest;
        *weight = if j == own { 0.0 } else { libm::exp(-beta * beyond) };
        sum += *weight;
        far += *weight * beyond;
    }
    for weight in &mut *row {
        *weight /= sum;
    }
    libm::log(sum) + beta * far / sum
}

#[cfg(test)]
mod tests {
    use super::{
        super::golden::{golden, near, points},
        *,
    };

    #[test]
    fn affinities_are_scikit_learns() {
        let p = affinities(&points(), 4, 30.0);
        for i in [0, 60] {
            near(
                p[i * 120..(i + 1) * 120].iter().copied(),
                &golden(&format!("affinities_{i} ")),
                1e-9,
            );
        }
        let squares = p.iter().map(|p| p * p).sum::<f64>();
        near([squares * 1e3], &golden("squares"), 1e-6);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn coinciding_and_lonely_points_have_finite_neighbours() {
        let mut rows = vec![1.0; 40];
        rows.extend([1e6, -1e6]);
        for perplexity in [1.0, 5.0, 19.0] {
            let p = affinities(&rows, 2, perplexity);
            assert!(p.iter().all(|p| p.is_finite()));
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_perplexity_is_a_number_of_neighbours() {
        let distances = [0.0, 1.0, 1.0, 1.0, 400.0, 500.0];
        let mut row = [0.0; 6];
        neighbours(&distances, 0, libm::log(3.0), &mut row);
        assert!(row[1..4].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-4), "{row:?}");
    }
}
