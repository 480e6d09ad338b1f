//! What the points of a map in the plane do to one of them, in t-SNE: sums over all
//! pairs, which is where its time goes.
//!
//! The sums run in eight lanes, each in the order of the points, without fused
//! multiply-add; the lanes are added up in their order. It is plain Rust, compiled for
//! each level, so that all give the same bits.
#![expect(unsafe_code, reason = "runs safe loops with the instructions of a level")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use std::cell::Cell;

use super::{
    dispatch::{Kernel, run_at},
    simd::Simd,
    simd_level::{SimdLevel, simd_level},
};

/// Sums that run side by side; their number is part of the result.
const LANES: usize = 8;

/// What all points do to the point i; wᵢⱼ = 1/(1 + |yᵢ − yⱼ|²).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MapForces {
    /// Σ pᵢⱼ wᵢⱼ (yᵢ − yⱼ).
    pub attraction: [f64; 2],
    /// Σ wᵢⱼ² (yᵢ − yⱼ).
    pub repulsion: [f64; 2],
    /// Σ wᵢⱼ, its own 1 included.
    pub weight: f64,
}

/// What the points at `at`, by columns, do to the point at `own`, whose affinities to
/// them are `affinities`.
///
/// # Panics
/// If there are not as many of each.
#[must_use]
pub fn map_forces(own: [f64; 2], affinities: &[f64], at: [&[f64]; 2]) -> MapForces {
    map_forces_at(simd_level(), own, affinities, at)
}

fn map_forces_at(
    level: SimdLevel,
    own: [f64; 2],
    affinities: &[f64],
    at: [&[f64]; 2],
) -> MapForces {
    for column in at {
        assert_eq!(column.len(), affinities.len(), "an affinity for each point");
    }
    let task = MapForcesTask { own, affinities, at, forces: Cell::default() };
    // SAFETY: there are no pointers in it.
    unsafe { run_at(level, &task) };
    task.forces.get()
}

struct MapForcesTask<'a> {
    own: [f64; 2],
    affinities: &'a [f64],
    at: [&'a [f64]; 2],
    forces: Cell<MapForces>,
}

/// The sums of [`MapForces`], side by side.
#[derive(Default)]
struct Sums {
    attraction: [[f64; LANES]; 2],
    repulsion: [[f64; LANES]; 2],
    weight: [f64; LANES],
}

impl Kernel for MapForcesTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        let columns = [self.affinities, self.at[0], self.at[1]];
        let [(p, p_rest), (xs, xs_rest), (ys, ys_rest)] =
            columns.map(|column| column.as_chunks::<LANES>());
        let mut sums = Sums::default();
        for ((p, xs), ys) in p.iter().zip(xs).zip(ys) {
            for lane in 0..LANES {
                sums.add(lane, self.own, p[lane], xs[lane], ys[lane]);
            }
        }
        for (lane, ((&p, &x), &y)) in p_rest.iter().zip(xs_rest).zip(ys_rest).enumerate() {
            sums.add(lane, self.own, p, x, y);
        }
        self.forces.set(sums.total());
    }
}

impl Sums {
    /// Adds what the other at (x, y), whose affinity is p, does to the point at `own`.
    #[inline(always)]
    fn add(&mut self, lane: usize, own: [f64; 2], p: f64, x: f64, y: f64) {
        let (dx, dy) = (own[0] - x, own[1] - y);
        let w = 1.0 / (1.0 + dx * dx + dy * dy);
        let (near, far) = (p * w, w * w);
        self.attraction[0][lane] += near * dx;
        self.attraction[1][lane] += near * dy;
        self.repulsion[0][lane] += far * dx;
        self.repulsion[1][lane] += far * dy;
        self.weight[lane] += w;
    }

    #[inline(always)]
    fn total(&self) -> MapForces {
        let sum = |lanes: &[f64; LANES]| lanes.iter().sum();
        MapForces {
            attraction: [sum(&self.attraction[0]), sum(&self.attraction[1])],
            repulsion: [sum(&self.repulsion[0]), sum(&self.repulsion[1])],
            weight: sum(&self.weight),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    fn draw(n: usize, role: &str) -> Vec<f64> {
        RngStream::new(7, role, 0).normals(n, 1.0).into_iter().map(f64::from).collect()
    }

    /// Whole groups of lanes, and some that are left over.
    #[test]
    fn every_level_adds_up_in_the_same_order() {
        for n in [1, 7, 8, 61] {
            let (p, x, y) = (draw(n, "p"), draw(n, "x"), draw(n, "y"));
            let mut lanes = [[0.0_f64; LANES]; 5];
            for j in 0..n {
                let (dx, dy) = (0.5 - x[j], -0.25 - y[j]);
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let terms = [p[j] * w * dx, p[j] * w * dy, w * w * dx, w * w * dy, w];
                for (lanes, term) in lanes.iter_mut().zip(terms) {
                    lanes[j % LANES] += term;
                }
            }
            let [ax, ay, rx, ry, weight] = lanes.map(|lanes| lanes.iter().sum::<f64>());
            let want = MapForces { attraction: [ax, ay], repulsion: [rx, ry], weight };
            for level in SimdLevel::available() {
                let found = map_forces_at(level, [0.5, -0.25], &p, [&x, &y]);
                assert!(found == want, "{level:?}, {n} points: {found:?} is not {want:?}");
            }
        }
    }
}
