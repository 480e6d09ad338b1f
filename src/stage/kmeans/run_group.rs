//! Runs that advance together: in each round the points are compared with the centres
//! of all of them at once, tile by tile, and a run that has ended leaves.
//!
//! The result of a run does not depend on the other runs.
//!
//! Knows nothing of where runs start or of which ends best.

use rayon::prelude::*;

use super::{
    lloyd::{Limits, LloydRun, Optimum},
    points::PreparedPoints,
};
use acai_kernel::{POINTS_PER_TILE, PackedCentroids};

/// Runs that advance together at most: enough to be worth a pass over the points, and
/// few enough for their centres to stay in a cache.
const RUNS: usize = 64;

/// Bytes that labels, sums and centres of all of them may take, roughly.
const BYTES: usize = 1 << 28;

/// Tiles of points whose labels are found, and then passed on, at a time.
const TILES: usize = 64;

/// Runs in progress, each with its number.
pub(super) struct RunGroup<'a> {
    points: &'a PreparedPoints,
    limits: Limits,
    room: usize,
    runs: Vec<(usize, LloydRun)>,
}

impl<'a> RunGroup<'a> {
    /// Without any yet; each will have `clusters` centres.
    pub(super) fn new(points: &'a PreparedPoints, clusters: usize, limits: Limits) -> Self {
        // Labels in four bytes; centres twice, and their sums, in sixteen.
        let each = 4 * points.len() + 16 * clusters * points.width;
        let room = (BYTES / each).clamp(1, RUNS);
        Self { points, limits, room, runs: Vec::new() }
    }

    /// Whether no other run finds room.
    pub(super) fn is_full(&self) -> bool {
        self.runs.len() >= self.room
    }

    /// Adds one from the centres `start`.
    pub(super) fn add(&mut self, number: usize, start: Vec<f32>) {
        self.runs.push((number, LloydRun::new(self.points, start)));
    }

    /// Takes all of them one step further; returns those that ended, with their numbers.
    pub(super) fn advance(&mut self) -> Vec<(usize, Optimum)> {
        self.assign();
        let (points, limits) = (self.points, self.limits);
        let stepped = std::mem::take(&mut self.runs).into_par_iter();
        let stepped = stepped.map(|(number, mut run)| {
            let is_ended = run.step(points, limits);
            (number, run, is_ended)
        });
        let mut ends = Vec::new();
        for (number, run, is_ended) in stepped.collect::<Vec<_>>() {
            if is_ended {
                ends.push((number, run.end(points)));
            } else {
                self.runs.push((number, run));
            }
        }
        ends
    }

    /// Gives every point its nearest centre of each run.
    fn assign(&mut self) {
        let Self { points, runs, .. } = self;
        let (tile, each) = (POINTS_PER_TILE * points.width, POINTS_PER_TILE * runs.len());
        let groups: Vec<&[f32]> = runs.iter().map(|(_, run)| run.centres()).collect();
        let centres = PackedCentroids::new(&groups, points.width);
        let mut labels = vec![0; TILES * each];
        for first in (0..points.len().div_ceil(POINTS_PER_TILE)).step_by(TILES) {
            let (tiles, rows) = points.piece(first, TILES);
            let found = labels.par_chunks_mut(each).zip(tiles.par_chunks(tile));
            found.for_each(|(labels, tile)| centres.nearest(tile, labels));
            runs.par_iter_mut().enumerate().for_each(|(i, (_, run))| {
                let labels = labels.chunks(each).map(|labels| &labels[i * POINTS_PER_TILE..]);
                for (t, (rows, labels)) in rows.chunks(tile).zip(labels).enumerate() {
                    run.assign(
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

    fn points() -> PreparedPoints {
        PreparedPoints::new(RngStream::new(8, "block.test", 0).normals(5_000 * 3, 1.0), 3)
    }

    /// Alone, and where others come and go.
    #[test]
    fn a_run_does_not_depend_on_the_others() {
        let points = points();
        let start = |i: usize| (0..4).flat_map(|c| points.row(i * 31 + c)).copied().collect();
        let ends = |numbers: &[usize], room: usize| {
            let mut run_group = RunGroup { room, ..RunGroup::new(&points, 4, LIMITS) };
            let (mut waiting, mut ends) = (numbers.iter(), Vec::new());
            while ends.len() < numbers.len() {
                while !run_group.is_full() {
                    let Some(&number) = waiting.next() else { break };
                    run_group.add(number, start(number));
                }
                ends.extend(run_group.advance());
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
        let room = |clusters| RunGroup::new(&points, clusters, LIMITS).room;
        assert_eq!([room(4), room(100_000), room(10_000_000)], [64, 55, 1]);
    }
}
