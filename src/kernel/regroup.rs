//! Sums of the points of each cluster, kept right while points change theirs.
//!
//! Knows nothing of why they change.
//!
//! Only points that move are added and taken away. Where the values are
//! multiples of one power of two and no sum needs more than 53 bits, every
//! addition is exact: then the sums depend on which points a cluster has, and
//! not on the way there.
#![expect(unsafe_code, reason = "runs safe loops with the instructions of a level")]
#![expect(
    clippy::inline_always,
    reason = "kernels melt into the function that enables instructions"
)]

use std::cell::RefCell;

use super::{
    TILE,
    dispatch::{Kernel, run_at},
    level::{Level, level},
    simd::Simd,
};

/// The label of a point that is in no cluster.
pub const UNASSIGNED: u32 = u32::MAX;

/// Sums of the points of some clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// Values of a point.
    width: usize,
    /// (clusters × width), by rows.
    values: Vec<f64>,
    /// Points of each cluster.
    counts: Vec<usize>,
}

impl Sums {
    /// Those of empty clusters, of points of `width` values.
    #[must_use]
    pub fn new(clusters: usize, width: usize) -> Self {
        Self { width, values: vec![0.0; clusters * width], counts: vec![0; clusters] }
    }

    /// How many points each cluster has.
    #[must_use]
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The sum of each cluster's points.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks(self.width)
    }

    /// Moves each point of `rows` (by rows) from one cluster to another, where
    /// they differ; from [`UNASSIGNED`] it only arrives.
    ///
    /// # Panics
    /// If there are not as many labels as points, or not as many clusters.
    pub fn regroup(&mut self, rows: &[f32], from: &[u32], to: &[u32]) {
        self.regroup_at(level(), rows, from, to);
    }

    pub(super) fn regroup_at(&mut self, level: Level, rows: &[f32], from: &[u32], to: &[u32]) {
        assert_eq!(rows.len(), from.len() * self.width, "a row for each label");
        assert_eq!(from.len(), to.len(), "two labels for each point");
        let regroup = Regroup { sums: RefCell::new(self), rows, from, to };
        // SAFETY: there are no pointers in it.
        unsafe { run_at(level, &regroup) }
    }

    #[inline(always)]
    fn arrive(&mut self, row: &[f32], cluster: usize) {
        self.counts[cluster] += 1;
        let sums = &mut self.values[cluster * self.width..][..self.width];
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }

    #[inline(always)]
    fn shift(&mut self, row: &[f32], from: usize, to: usize) {
        self.counts[from] -= 1;
        self.counts[to] += 1;
        let at = |cluster: usize| cluster * self.width..(cluster + 1) * self.width;
        let [from, to] =
            self.values.get_disjoint_mut([at(from), at(to)]).expect("labels of two clusters");
        for ((from, to), &value) in from.iter_mut().zip(to).zip(row) {
            let value = f64::from(value);
            *from -= value;
            *to += value;
        }
    }
}

struct Regroup<'a> {
    sums: RefCell<&'a mut Sums>,
    rows: &'a [f32],
    from: &'a [u32],
    to: &'a [u32],
}

impl Kernel for Regroup<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        let mut sums = self.sums.borrow_mut();
        let width = sums.width;
        let tiles = self.from.chunks(TILE).zip(self.to.chunks(TILE));
        for ((from, to), rows) in tiles.zip(self.rows.chunks(TILE * width)) {
            let (moved, count) = moved(from, to);
            for &i in &moved[..count] {
                let row = &rows[i * width..][..width];
                match from[i] {
                    UNASSIGNED => sums.arrive(row, to[i] as usize),
                    from => sums.shift(row, from as usize, to[i] as usize),
                }
            }
        }
    }
}

/// Where labels differ, and how often. Without a branch, which nobody could foresee.
#[inline(always)]
fn moved(from: &[u32], to: &[u32]) -> ([usize; TILE], usize) {
    let (mut moved, mut count) = ([0; TILE], 0);
    for (i, (from, to)) in from.iter().zip(to).enumerate() {
        moved[count] = i;
        count += usize::from(from != to);
    }
    (moved, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::Stream;

    const WIDTH: usize = 19;

    /// Points on a grid, and random labels of them.
    fn rows(count: usize) -> Vec<f32> {
        let draws = Stream::new(2, "regroup", 0).normals(count * WIDTH, 100.0);
        draws.iter().map(|x| x.round() / 8.0).collect()
    }

    fn labels(count: usize, step: u64) -> Vec<u32> {
        let mut stream = Stream::new(2, "regroup.labels", step);
        (0..count).map(|_| stream.below(5) as u32).collect()
    }

    /// After many moves the sums are, bit for bit, those of points that never moved.
    #[test]
    fn sums_do_not_know_how_points_came() {
        let rows = rows(300);
        let last = labels(300, 9);
        let mut anew = Sums::new(5, WIDTH);
        anew.regroup(&rows, &[UNASSIGNED; 300], &last);
        for level in Level::available() {
            let mut moved = Sums::new(5, WIDTH);
            let mut from = vec![UNASSIGNED; 300];
            for step in 0..10 {
                let to = labels(300, step);
                moved.regroup_at(level, &rows, &from, &to);
                from = to;
            }
            assert!(moved == anew, "{level:?}");
        }
        for (c, (sum, &count)) in anew.rows().zip(anew.counts()).enumerate() {
            let members = rows.chunks(WIDTH).zip(&last).filter(|(_, label)| **label == c as u32);
            let members: Vec<&[f32]> = members.map(|(row, _)| row).collect();
            assert_eq!(count, members.len());
            for (j, &sum) in sum.iter().enumerate() {
                let want: f64 = members.iter().map(|row| f64::from(row[j])).sum();
                assert_eq!(sum.to_bits(), want.to_bits());
            }
        }
    }
}
