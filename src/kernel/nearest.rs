//! The nearest centre of several groups of centres, for a tile of points: one
//! matrix product of the points with the centres of all groups, whose elements
//! are compared as they leave the registers and never stored.
//!
//! Knows nothing of what a group is or of where its centres come from.
//!
//! |x − c|² = |x|² − 2(x·c − |c|²/2), so the bracket alone decides. It starts
//! at −|c|²/2, and the products are added in their order with fused
//! multiply-add: no blocking changes a bit.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(
    clippy::inline_always,
    reason = "kernels melt into the function that enables instructions"
)]

use super::{
    TILE,
    dispatch::{Kernel, run_at},
    level::{Level, level},
    simd::{Simd, unroll},
};

/// Centres that a register tile takes at most.
const WIDEST: usize = 6;

/// Groups of equally many centres, in the order in which register tiles want
/// them: for each block of centres, value by value, the block's side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Centres {
    width: usize,
    groups: usize,
    /// How many centres each block of a group has.
    blocks: Vec<usize>,
    /// (groups × centres × width), reordered.
    values: Vec<f32>,
    /// −|c|²/2 of each centre.
    bias: Vec<f32>,
}

impl Centres {
    /// `groups` of equally many centres of `width` values, each by rows.
    ///
    /// # Panics
    /// If a group is longer or shorter than the first.
    #[must_use]
    pub fn new(groups: &[&[f32]], width: usize) -> Self {
        let each = groups.first().map_or(0, |group| group.len() / width);
        assert!(groups.iter().all(|group| group.len() == each * width), "groups of {each} centres");
        let blocks = blocks(each);
        let mut values = Vec::with_capacity(groups.len() * each * width);
        for group in groups {
            let mut rest = *group;
            for &wide in &blocks {
                let block;
                (block, rest) = rest.split_at(wide * width);
                let column = |j| block.iter().skip(j).step_by(width);
                values.extend((0..width).flat_map(column));
            }
        }
        let bias = groups.iter().flat_map(|group| group.chunks(width)).map(bias).collect();
        Self { width, groups: groups.len(), blocks, values, bias }
    }

    /// Writes to `labels`, group by group, which of its centres is nearest to
    /// each of 64 points, the first of equals.
    ///
    /// `tile: (width, 64)`, `labels: (groups, 64)`.
    ///
    /// # Panics
    /// If a slice's length does not fit.
    pub fn nearest(&self, tile: &[f32], labels: &mut [u32]) {
        self.nearest_at(level(), tile, labels);
    }

    pub(super) fn nearest_at(&self, level: Level, tile: &[f32], labels: &mut [u32]) {
        assert_eq!(tile.len(), self.width * TILE, "a tile of {TILE} points");
        assert_eq!(labels.len(), self.groups * TILE, "labels of {} groups", self.groups);
        let search = Search { centres: self, tile: tile.as_ptr(), labels: labels.as_mut_ptr() };
        // SAFETY: `tile` and `labels` have the lengths that were just checked,
        // `values` and `bias` those that `new` gave them.
        unsafe { run_at(level, &search) }
    }

    /// Centres of one group.
    fn each(&self) -> usize {
        self.blocks.iter().sum()
    }
}

/// Parts `each` centres into as few blocks as can be, of nearly the same size.
fn blocks(each: usize) -> Vec<usize> {
    let count = each.div_ceil(WIDEST);
    (0..count).map(|i| each / count + usize::from(i < each % count)).collect()
}

fn bias(centre: &[f32]) -> f32 {
    let square: f64 = centre.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (-0.5 * square) as f32
}

struct Search<'a> {
    centres: &'a Centres,
    tile: *const f32,
    labels: *mut u32,
}

/// The best centres so far of V vectors of points.
struct Best<S: Simd, const V: usize> {
    score: [S::V; V],
    /// Numbers of centres, as bits.
    label: [S::V; V],
}

impl Kernel for Search<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        for group in 0..self.centres.groups {
            let mut at = 0;
            while at < TILE {
                // SAFETY: as promised by the caller; both steps divide the tile.
                unsafe {
                    if S::LANES == 16 {
                        self.part::<S, 4>(group, at);
                        at += 64;
                    } else {
                        self.part::<S, 2>(group, at);
                        at += 2 * S::LANES;
                    }
                }
            }
        }
    }
}

impl Search<'_> {
    /// The nearest centre of one group for V vectors of points.
    #[inline(always)]
    unsafe fn part<S: Simd, const V: usize>(&self, group: usize, at: usize) {
        // SAFETY: blocks follow each other through the group's centres, and
        // `labels` holds a tile for each group.
        unsafe {
            let score = [S::splat(f32::NEG_INFINITY); V];
            let mut best = Best::<S, V> { score, label: [S::splat(0.0); V] };
            let (start, mut first) = (group * self.centres.each(), 0);
            for &wide in &self.centres.blocks {
                match wide {
                    6 => self.block::<S, V, 6>(start, first, at, &mut best),
                    5 => self.block::<S, V, 5>(start, first, at, &mut best),
                    4 => self.block::<S, V, 4>(start, first, at, &mut best),
                    3 => self.block::<S, V, 3>(start, first, at, &mut best),
                    2 => self.block::<S, V, 2>(start, first, at, &mut best),
                    _ => self.block::<S, V, 1>(start, first, at, &mut best),
                }
                first += wide;
            }
            let labels = self.labels.add(group * TILE + at).cast::<f32>();
            unroll!(v < V, {
                S::store(labels.add(v * S::LANES), best.label[v]);
            });
        }
    }

    /// Compares C centres with V vectors of points.
    #[inline(always)]
    unsafe fn block<S: Simd, const V: usize, const C: usize>(
        &self,
        start: usize,
        first: usize,
        at: usize,
        best: &mut Best<S, V>,
    ) {
        // SAFETY: all offsets stay inside the tile and the packed centres.
        unsafe {
            let bias = self.centres.bias.as_ptr().add(start + first);
            let values = self.centres.values.as_ptr().add((start + first) * self.centres.width);
            let mut acc = [[S::splat(0.0); V]; C];
            unroll!(c < C, {
                acc[c] = [S::splat(*bias.add(c)); V];
            });
            for j in 0..self.centres.width {
                let mut x = [S::splat(0.0); V];
                unroll!(v < V, {
                    x[v] = S::load(self.tile.add(j * TILE + at + v * S::LANES));
                });
                unroll!(c < C, {
                    let value = S::splat(*values.add(j * C + c));
                    unroll!(v < V, {
                        acc[c][v] = S::fma(x[v], value, acc[c][v]);
                    });
                });
            }
            unroll!(c < C, {
                let label = S::splat(f32::from_bits((first + c) as u32));
                unroll!(v < V, {
                    let score = acc[c][v];
                    best.label[v] = S::where_above(score, best.score[v], label, best.label[v]);
                    best.score[v] = S::where_above(score, best.score[v], score, best.score[v]);
                });
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::Stream;

    fn draw(n: usize, role: &str) -> Vec<f32> {
        Stream::new(9, role, 0).normals(n, 1.0)
    }

    /// The labels that `groups` groups of `each` centres get at one level, and the tile
    /// and the centres.
    fn labels(level: Level, groups: usize, each: usize, width: usize) -> (Vec<u32>, [Vec<f32>; 2]) {
        let (tile, centres) = (draw(width * TILE, "tile"), draw(groups * each * width, "centres"));
        let rows: Vec<&[f32]> = centres.chunks(each * width).collect();
        let mut labels = vec![7_777; groups * TILE];
        Centres::new(&rows, width).nearest_at(level, &tile, &mut labels);
        (labels, [tile, centres])
    }

    /// For every way of parting centres into blocks.
    #[test]
    fn every_level_finds_the_nearest_centre_of_each_group() {
        for (groups, each) in (1..=14).map(|each| (3, each)).chain([(1, 31), (5, 64)]) {
            let width = each % 5 + 1;
            let (first, [tile, centres]) = labels(Level::available()[0], groups, each, width);
            for &level in &Level::available()[1..] {
                assert!(labels(level, groups, each, width).0 == first, "{level:?}, {each}");
            }
            for (at, &label) in first.iter().enumerate() {
                let distance = |centre: &[f32]| -> f64 {
                    let point = tile.iter().skip(at % TILE).step_by(TILE);
                    point.zip(centre).map(|(x, c)| f64::from(x - c) * f64::from(x - c)).sum()
                };
                let group = &centres[at / TILE * each * width..][..each * width];
                let distances: Vec<f64> = group.chunks(width).map(distance).collect();
                let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
                assert!(distances[label as usize] <= least + 1e-5, "{each}, {at}: {distances:?}");
            }
        }
    }

    #[test]
    fn of_equal_centres_the_first_is_taken() {
        let centres = Centres::new(&[&[5.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0]], 1);
        let tile: Vec<f32> = [0.9, -0.9].repeat(TILE / 2);
        for level in Level::available() {
            let mut labels = vec![0; TILE];
            centres.nearest_at(level, &tile, &mut labels);
            assert_eq!(labels, [1, 2].repeat(TILE / 2), "{level:?}");
        }
    }

    #[test]
    fn blocks_are_few_and_alike() {
        assert_eq!([blocks(1), blocks(6), blocks(7)], [vec![1], vec![6], vec![4, 3]]);
        assert_eq!([blocks(10), blocks(13)], [vec![5, 5], vec![5, 4, 4]]);
    }
}
