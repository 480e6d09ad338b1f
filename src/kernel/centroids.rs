//! The nearest centroid of each of several groups of centroids, for a tile of
//! points: one matrix product of the points with the centroids of all groups, whose
//! elements are compared in registers and never stored.
//!
//! |x − c|² = |x|² − 2(x·c − |c|²/2), so the bracket alone decides. It starts
//! at −|c|²/2, and the products are added in their order with fused
//! multiply-add: no blocking changes a bit.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{
    POINTS_PER_TILE,
    dispatch::{Kernel, run_at},
    simd::{Simd, unroll},
    simd_level::{SimdLevel, simd_level},
};

/// Centroids that are compared at a time, at most: as many as fit into registers.
const CENTROIDS_PER_BLOCK: usize = 6;

/// Groups of equally many centroids, in the order in which the kernel reads them:
/// for each block of centroids, value by value, the block's side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedCentroids {
    width: usize,
    groups: usize,
    /// How many centroids each block of a group has.
    blocks: Vec<usize>,
    /// (groups × centroids × width), reordered.
    values: Vec<f32>,
    /// −|c|²/2 of each centroid.
    bias: Vec<f32>,
}

impl PackedCentroids {
    /// `groups` of equally many centroids of `width` values, each by rows.
    ///
    /// # Panics
    /// If a group is longer or shorter than the first.
    #[must_use]
    pub fn new(groups: &[&[f32]], width: usize) -> Self {
        let each = groups.first().map_or(0, |group| group.len() / width);
        assert!(
            groups.iter().all(|group| group.len() == each * width),
            "groups of {each} centroids"
        );
        let blocks = blocks(each);
        let mut values = Vec::with_capacity(groups.len() * each * width);
        for group in groups {
            let mut rest = *group;
            for &len in &blocks {
                let block;
                (block, rest) = rest.split_at(len * width);
                let column = |j| block.iter().skip(j).step_by(width);
                values.extend((0..width).flat_map(column));
            }
        }
        let bias = groups.iter().flat_map(|group| group.chunks(width)).map(bias).collect();
        Self { width, groups: groups.len(), blocks, values, bias }
    }

    /// Writes to `labels`, group by group, which of the group's centroids is nearest
    /// to each of 64 points; the first of several that are equally near.
    ///
    /// `tile: (width, 64)`, `labels: (groups, 64)`.
    ///
    /// # Panics
    /// If a slice's length does not fit.
    pub fn nearest(&self, tile: &[f32], labels: &mut [u32]) {
        self.nearest_at(simd_level(), tile, labels);
    }

    pub(super) fn nearest_at(&self, level: SimdLevel, tile: &[f32], labels: &mut [u32]) {
        assert_eq!(tile.len(), self.width * POINTS_PER_TILE, "a tile of {POINTS_PER_TILE} points");
        assert_eq!(labels.len(), self.groups * POINTS_PER_TILE, "labels of {} groups", self.groups);
        let task =
            NearestTask { centroids: self, tile: tile.as_ptr(), labels: labels.as_mut_ptr() };
        // SAFETY: `tile` and `labels` have the lengths that were just checked,
        // `values` and `bias` those that `new` gave them.
        unsafe { run_at(level, &task) }
    }

    /// Centroids of one group.
    fn each(&self) -> usize {
        self.blocks.iter().sum()
    }
}

/// Splits `each` centroids into as few blocks as possible, of nearly the same size.
fn blocks(each: usize) -> Vec<usize> {
    let count = each.div_ceil(CENTROIDS_PER_BLOCK);
    (0..count).map(|i| each / count + usize::from(i < each % count)).collect()
}

fn bias(centroid: &[f32]) -> f32 {
    let square: f64 = centroid.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (-0.5 * square) as f32
}

struct NearestTask<'a> {
    centroids: &'a PackedCentroids,
    tile: *const f32,
    labels: *mut u32,
}

/// The best centroids so far of V vectors of points.
struct BestSoFar<S: Simd, const V: usize> {
    score: [S::V; V],
    /// Numbers of centroids, as bits.
    label: [S::V; V],
}

impl Kernel for NearestTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        for group in 0..self.centroids.groups {
            let mut at = 0;
            while at < POINTS_PER_TILE {
                // SAFETY: as promised by the caller; both steps divide the tile.
                unsafe {
                    if S::LANES == 16 {
                        self.vectors::<S, 4>(group, at);
                        at += 64;
                    } else {
                        self.vectors::<S, 2>(group, at);
                        at += 2 * S::LANES;
                    }
                }
            }
        }
    }
}

impl NearestTask<'_> {
    /// The nearest centroid of one group for V vectors of points.
    #[inline(always)]
    unsafe fn vectors<S: Simd, const V: usize>(&self, group: usize, at: usize) {
        // SAFETY: blocks follow each other through the group's centroids, and
        // `labels` holds a tile for each group.
        unsafe {
            let score = [S::splat(f32::NEG_INFINITY); V];
            let mut best = BestSoFar::<S, V> { score, label: [S::splat(0.0); V] };
            let (start, mut first) = (group * self.centroids.each(), 0);
            for &len in &self.centroids.blocks {
                match len {
                    6 => self.block::<S, V, 6>(start, first, at, &mut best),
                    5 => self.block::<S, V, 5>(start, first, at, &mut best),
                    4 => self.block::<S, V, 4>(start, first, at, &mut best),
                    3 => self.block::<S, V, 3>(start, first, at, &mut best),
                    2 => self.block::<S, V, 2>(start, first, at, &mut best),
                    _ => self.block::<S, V, 1>(start, first, at, &mut best),
                }
                first += len;
            }
            let labels = self.labels.add(group * POINTS_PER_TILE + at).cast::<f32>();
            unroll!(v < V, {
                S::store(labels.add(v * S::LANES), best.label[v]);
            });
        }
    }

    /// Compares C centroids with V vectors of points.
    #[inline(always)]
    unsafe fn block<S: Simd, const V: usize, const C: usize>(
        &self,
        start: usize,
        first: usize,
        at: usize,
        best: &mut BestSoFar<S, V>,
    ) {
        // SAFETY: all offsets stay inside the tile and the packed centroids.
        unsafe {
            let bias = self.centroids.bias.as_ptr().add(start + first);
            let values = self.centroids.values.as_ptr().add((start + first) * self.centroids.width);
            let mut acc = [[S::splat(0.0); V]; C];
            unroll!(c < C, {
                acc[c] = [S::splat(*bias.add(c)); V];
            });
            for j in 0..self.centroids.width {
                let mut x = [S::splat(0.0); V];
                unroll!(v < V, {
                    x[v] = S::load(self.tile.add(j * POINTS_PER_TILE + at + v * S::LANES));
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
                    best.label[v] = S::select_greater(score, best.score[v], label, best.label[v]);
                    best.score[v] = S::select_greater(score, best.score[v], score, best.score[v]);
                });
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    fn draw(n: usize, role: &str) -> Vec<f32> {
        RngStream::new(9, role, 0).normals(n, 1.0)
    }

    /// The labels that `groups` groups of `each` centroids get at one level, and the tile
    /// and the centroids.
    fn labels(
        level: SimdLevel,
        groups: usize,
        each: usize,
        width: usize,
    ) -> (Vec<u32>, [Vec<f32>; 2]) {
        let (tile, centroids) =
            (draw(width * POINTS_PER_TILE, "tile"), draw(groups * each * width, "centroids"));
        let rows: Vec<&[f32]> = centroids.chunks(each * width).collect();
        let mut labels = vec![7_777; groups * POINTS_PER_TILE];
        PackedCentroids::new(&rows, width).nearest_at(level, &tile, &mut labels);
        (labels, [tile, centroids])
    }

    /// For every way of splitting centroids into blocks.
    #[test]
    fn every_level_finds_the_nearest_centroid_of_each_group() {
        for (groups, each) in (1..=14).map(|each| (3, each)).chain([(1, 31), (5, 64)]) {
            let width = each % 5 + 1;
            let (first, [tile, centroids]) = labels(SimdLevel::available()[0], groups, each, width);
            for &level in &SimdLevel::available()[1..] {
                assert!(labels(level, groups, each, width).0 == first, "{level:?}, {each}");
            }
            for (at, &label) in first.iter().enumerate() {
                let distance = |centroid: &[f32]| -> f64 {
                    let point = tile.iter().skip(at % POINTS_PER_TILE).step_by(POINTS_PER_TILE);
                    point.zip(centroid).map(|(x, c)| f64::from(x - c) * f64::from(x - c)).sum()
                };
                let group = &centroids[at / POINTS_PER_TILE * each * width..][..each * width];
                let distances: Vec<f64> = group.chunks(width).map(distance).collect();
                let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
                assert!(distances[label as usize] <= least + 1e-5, "{each}, {at}: {distances:?}");
            }
        }
    }

    /// Score by score, as the head of this file says; on points that are random, on points
    /// of a coarse grid (where many scores tie) and with centroids that coincide.
    #[test]
    fn labels_are_those_of_the_plain_search() {
        let grid = |values: Vec<f32>| values.into_iter().map(f32::round).collect::<Vec<_>>();
        for (each, width) in [(1, 3), (7, 2), (10, 64), (13, 5), (64, 9)] {
            let tile = draw(width * POINTS_PER_TILE, "plain.tile");
            let centroids = draw(each * width, "plain.centroids");
            let coinciding = centroids[..width].repeat(each);
            let tied = (grid(tile.clone()), grid(centroids.clone()));
            for (tile, centroids) in [(tile.clone(), centroids), tied, (tile, coinciding)] {
                let want = plain_search(&tile, &centroids, width);
                for level in SimdLevel::available() {
                    let mut labels = vec![7_777; POINTS_PER_TILE];
                    let packed = PackedCentroids::new(&[&centroids], width);
                    packed.nearest_at(level, &tile, &mut labels);
                    assert!(labels == want, "{level:?}, {each} centroids of {width} values");
                }
            }
        }
    }

    fn plain_search(tile: &[f32], centroids: &[f32], width: usize) -> Vec<u32> {
        let nearest = |lane: usize| {
            let (mut best, mut label) = (f32::NEG_INFINITY, 0);
            for (number, centroid) in (0..).zip(centroids.chunks(width)) {
                let point = tile.iter().skip(lane).step_by(POINTS_PER_TILE);
                let add = |sum: f32, (x, c): (&f32, &f32)| x.mul_add(*c, sum);
                let score = point.zip(centroid).fold(bias(centroid), add);
                if score > best {
                    (best, label) = (score, number);
                }
            }
            label
        };
        (0..POINTS_PER_TILE).map(nearest).collect()
    }

    #[test]
    fn of_equal_centroids_the_first_is_taken() {
        let centroids =
            PackedCentroids::new(&[&[5.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0]], 1);
        let tile: Vec<f32> = [0.9, -0.9].repeat(POINTS_PER_TILE / 2);
        for level in SimdLevel::available() {
            let mut labels = vec![0; POINTS_PER_TILE];
            centroids.nearest_at(level, &tile, &mut labels);
            assert_eq!(labels, [1, 2].repeat(POINTS_PER_TILE / 2), "{level:?}");
        }
    }

    #[test]
    fn blocks_are_few_and_of_nearly_the_same_size() {
        assert_eq!([blocks(1), blocks(6), blocks(7)], [vec![1], vec![6], vec![4, 3]]);
        assert_eq!([blocks(10), blocks(13)], [vec![5, 5], vec![5, 4, 4]]);
    }
}
