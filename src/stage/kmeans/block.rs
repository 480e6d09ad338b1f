//! Descents that advance together: in each round the points are compared with the centres
//! of all of them at once, tile by tile, and whoever has ended leaves.
//!
//! A descent comes out the same in whatever company.
//!
//! Knows nothing of where descents start or of which ends best.

use rayon::prelude::*;

use super::{
    lloyd::{Limits, LloydRun, Optimum},
    points::Points,
};
use acai_kernel::{POINTS_PER_TILE, PackedCentroids};

/// Descents that advance together at most: enough to be worth a pass over the points, and
/// few enough for their centres to stay in a cache.
const DESCENTS: usize = 64;

/// Bytes that labels, sums and centres of all of them may take, roughly.
const BYTES: usize = 1 << 28;

/// Tiles of points whose labels are found, and then passed on, at a time.
const TILES: usize = 64;

/// Some descents under way, with numbers to know them by.
pub(super) struct Block<'a> {
    points: &'a Points,
    limits: Limits,
    room: usize,
    descents: Vec<(usize, LloydRun)>,
}

impl<'a> Block<'a> {
    /// Without any yet; each will have `clusters` centres.
    pub(super) fn new(points: &'a Points, clusters: usize, limits: Limits) -> Self {
        // Labels in four bytes; centres twice, and their sums, in sixteen.
        let each = 4 * points.len() + 16 * clusters * points.width;
        let room = (BYTES / each).clamp(1, DESCENTS);
        Self { points, limits, room, descents: Vec::new() }
    }

    /// Whether no other descent finds room.
    pub(super) fn is_full(&self) -> bool {
        self.descents.len() >= self.room
    }

    /// Adds one from the centres `start`.
    pub(super) fn add(&mut self, number: usize, start: Vec<f32>) {
        self.descents.push((number, LloydRun::new(self.points, start)));
    }

    /// Takes all of them one step further; those that ended, with their numbers.
    pub(super) fn advance(&mut self) -> Vec<(usize, Optimum)> {
        self.assign();
        let (points, limits) = (self.points, self.limits);
        let stepped = std::mem::take(&mut self.descents).into_par_iter();
        let stepped = stepped.map(|(number, mut descent)| {
            let is_ended = descent.step(points, limits);
            (number, descent, is_ended)
        });
        let mut ends = Vec::new();
        for (number, descent, is_ended) in stepped.collect::<Vec<_>>() {
            if is_ended {
                ends.push((number, descent.end(points)));
            } else {
                self.descents.push((number, descent));
            }
        }
        ends
    }

    /// Gives every point its nearest centre of each descent.
    fn assign(&mut self) {
        let Self { points, descents, .. } = self;
        let (tile, each) = (POINTS_PER_TILE * points.width, POINTS_PER_TILE * descents.len());
        let groups: Vec<&[f32]> = descents.iter().map(|(_, descent)| descent.centres()).collect();
        let centres = PackedCentroids::new(&groups, points.width);
        let mut labels = vec![0; TILES * each];
        for first in (0..points.len().div_ceil(POINTS_PER_TILE)).step_by(TILES) {
            let (tiles, rows) = points.piece(first, TILES);
            let found = labels.par_chunks_mut(each).zip(tiles.par_chunks(tile));
            found.for_each(|(labels, tile)| centres.nearest(tile, labels));
            descents.par_iter_mut().enumerate().for_each(|(i, (_, descent))| {
                let labels = labels.chunks(each).map(|labels| &labels[i * POINTS_PER_TILE..]);
                for (t, (rows, labels)) in rows.chunks(tile).zip(labels).enumerate() {
                    descent.assign(
                        (first + t) * POINTS_PER_TILE,
                        rows,
                        &labels[..rows.len() / points.width],
                    );
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    const LIMITS: Limits = Limits { iterations: 100, shift: 1e-3 };

    fn points() -> Points {
        Points::new(RngStream::new(8, "block.test", 0).normals(5_000 * 3, 1.0), 3)
    }

    /// Alone, and where others come and go.
    #[test]
    fn a_descent_does_not_depend_on_its_company() {
        let points = points();
        let start = |i: usize| (0..4).flat_map(|c| points.row(i * 31 + c)).copied().collect();
        let ends = |numbers: &[usize], room: usize| {
            let mut block = Block { room, ..Block::new(&points, 4, LIMITS) };
            let (mut waiting, mut ends) = (numbers.iter(), Vec::new());
            while ends.len() < numbers.len() {
                while !block.is_full() {
                    let Some(&number) = waiting.next() else { break };
                    block.add(number, start(number));
                }
                ends.extend(block.advance());
            }
            ends.sort_by_key(|(number, _)| *number);
            ends
        };
        let numbers: Vec<usize> = (0..20).collect();
        let alone: Vec<_> = numbers.iter().flat_map(|&number| ends(&[number], 1)).collect();
        let iterations = |end: &(usize, Optimum)| end.1.iterations;
        assert_ne!(alone.iter().map(iterations).min(), alone.iter().map(iterations).max());
        for room in [2, 7, 64] {
            assert!(ends(&numbers, room) == alone, "{room} at a time");
        }
    }

    #[test]
    fn many_large_descents_make_small_blocks() {
        let points = points();
        let room = |clusters| Block::new(&points, clusters, LIMITS).room;
        assert_eq!([room(4), room(100_000), room(10_000_000)], [64, 55, 1]);
    }
}
