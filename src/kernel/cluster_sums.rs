//! Sums of the points of each cluster, updated as points change their cluster.
//!
//! Only points that move are added and subtracted. Where the values are
//! multiples of one power of two and no sum needs more than 53 bits, every
//! addition is exact: then the sums depend on which points a cluster has, and
//! not on the moves before.
#![expect(unsafe_code, reason = "runs safe loops with the instructions of a level")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use std::cell::RefCell;

use super::{
    POINTS_PER_TILE,
    dispatch::{Kernel, run_at},
    simd::Simd,
    simd_level::{SimdLevel, simd_level},
};

/// The label of a point that is in no cluster.
pub const UNASSIGNED: u32 = u32::MAX;

/// Sums of the points of some clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterSums {
    /// Values of a point.
    width: usize,
    /// (clusters × width), by rows.
    values: Vec<f64>,
    /// Points of each cluster.
    counts: Vec<usize>,
}

impl ClusterSums {
    /// Of empty clusters, for points of `width` values.
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

    /// Moves each point of `rows` (by rows) whose labels differ from cluster `from`
    /// to cluster `to`; one that was [`UNASSIGNED`] is only added.
    ///
    /// # Panics
    /// If there are not as many labels as points, or not as many clusters.
    pub fn reassign(&mut self, rows: &[f32], from: &[u32], to: &[u32]) {
        self.reassign_at(simd_level(), rows, from, to);
    }

    pub(super) fn reassign_at(&mut self, level: SimdLevel, rows: &[f32], from: &[u32], to: &[u32]) {
        assert_eq!(rows.len(), from.len() * self.width, "a row for each label");
        assert_eq!(from.len(), to.len(), "two labels for each point");
        let task = ReassignTask { sums: RefCell::new(self), rows, from, to };
        // SAFETY: there are no pointers in it.
        unsafe { run_at(level, &task) }
    }

    #[inline(always)]
    fn add_point(&mut self, row: &[f32], cluster: usize) {
        self.counts[cluster] += 1;
        let sums = &mut self.values[cluster * self.width..][..self.width];
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }

    #[inline(always)]
    fn move_point(&mut self, row: &[f32], from: usize, to: usize) {
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

struct ReassignTask<'a> {
    sums: RefCell<&'a mut ClusterSums>,
    rows: &'a [f32],
    from: &'a [u32],
    to: &'a [u32],
}

impl Kernel for ReassignTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        let mut sums = self.sums.borrow_mut();
        let width = sums.width;
        let tiles = self.from.chunks(POINTS_PER_TILE).zip(self.to.chunks(POINTS_PER_TILE));
        for ((from, to), rows) in tiles.zip(self.rows.chunks(POINTS_PER_TILE * width)) {
            let (changed, count) = changed(from, to);
            for &i in &changed[..count] {
                let row = &rows[i * width..][..width];
                match from[i] {
                    UNASSIGNED => sums.add_point(row, to[i] as usize),
                    from => sums.move_point(row, from as usize, to[i] as usize),
                }
            }
        }
    }
}

/// Where labels differ, and how often. Without a branch, which would be mispredicted.
#[inline(always)]
fn changed(from: &[u32], to: &[u32]) -> ([usize; POINTS_PER_TILE], usize) {
    let (mut changed, mut count) = ([0; POINTS_PER_TILE], 0);
    for (i, (from, to)) in from.iter().zip(to).enumerate() {
        changed[count] = i;
        count += usize::from(from != to);
    }
    (changed, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    const WIDTH: usize = 19;

    /// Points on a grid, and random labels of them.
    fn rows(count: usize) -> Vec<f32> {
        let draws = RngStream::new(2, "cluster_sums", 0).normals(count * WIDTH, 100.0);
        draws.iter().map(|x| x.round() / 8.0).collect()
    }

    fn labels(count: usize, step: u64) -> Vec<u32> {
        let mut stream = RngStream::new(2, "cluster_sums.labels", step);
        (0..count).map(|_| stream.below(5) as u32).collect()
    }

    /// After many moves the sums are, bit for bit, those of points that never moved.
    #[test]
    fn sums_do_not_depend_on_earlier_moves() {
        let rows = rows(300);
        let last = labels(300, 9);
        let mut anew = ClusterSums::new(5, WIDTH);
        anew.reassign(&rows, &[UNASSIGNED; 300], &last);
        for level in SimdLevel::available() {
            let mut moved = ClusterSums::new(5, WIDTH);
            let mut from = vec![UNASSIGNED; 300];
            for step in 0..10 {
                let to = labels(300, step);
                moved.reassign_at(level, &rows, &from, &to);
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
