//! One run of Lloyd's algorithm: from some centres to a local optimum of k-means.
//!
//! Stopping and empty clusters are treated as scikit-learn treats them: it stops when no
//! point changes its cluster or the centres' squared shifts add up to no more than a
//! tolerance; an empty cluster takes the point farthest from its centre.
//!
//! Knows nothing of other runs, of how the nearest centres are found or of how the
//! points were prepared.

use super::points::PreparedPoints;
use acai_kernel::{ClusterSums, UNASSIGNED};

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// Iterations at most.
    pub(super) iterations: usize,
    /// Sum of squared shifts of all centres that counts as none.
    pub(super) shift: f64,
}

/// Where a run ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Optimum {
    /// Centres (k × width), by rows, in the coordinates of the prepared points.
    pub(super) centres: Vec<f32>,
    /// The nearest centre of each point.
    pub(super) labels: Vec<u32>,
    /// Sum of the points' squared distances from their nearest centres, as it follows from
    /// the sums of the clusters; [`inertia`] adds it up.
    pub(super) inertia: f64,
    /// Iterations it took.
    pub(super) iterations: usize,
}

/// A run in progress. The caller assigns the points their nearest centres
/// ([`LloydRun::assign`]) before each step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LloydRun {
    centres: Vec<f32>,
    labels: Vec<u32>,
    sums: ClusterSums,
    iterations: usize,
    is_changed: bool,
    is_settled: bool,
}

impl LloydRun {
    /// From the centres `start`.
    pub(super) fn new(points: &PreparedPoints, start: Vec<f32>) -> Self {
        Self {
            labels: vec![UNASSIGNED; points.len()],
            sums: ClusterSums::new(start.len() / points.width, points.width),
            centres: start,
            iterations: 0,
            is_changed: false,
            is_settled: false,
        }
    }

    /// Where it stands: centres (k × width), by rows.
    pub(super) fn centres(&self) -> &[f32] {
        &self.centres
    }

    /// Gives some points, from point `first` on, their nearest centres; `rows` are theirs.
    pub(super) fn assign(&mut self, first: usize, rows: &[f32], nearest: &[u32]) {
        let labels = &mut self.labels[first..first + nearest.len()];
        if labels != nearest {
            self.is_changed = true;
            self.sums.reassign(rows, labels, nearest);
            labels.copy_from_slice(nearest);
        }
    }

    /// Moves the centres into the means of the points that are nearest to them; whether
    /// that was the end, and the labels belong to the centres.
    pub(super) fn step(&mut self, points: &PreparedPoints, limits: Limits) -> bool {
        if self.is_settled {
            return true;
        }
        self.iterations += 1;
        let means = self.means(points);
        let shift = shift(&self.centres, &means);
        self.is_settled =
            !self.is_changed || shift <= limits.shift || self.iterations == limits.iterations;
        self.is_changed = false;
        self.centres = means;
        shift == 0.0
    }

    /// What came out of it.
    pub(super) fn end(self, points: &PreparedPoints) -> Optimum {
        let Self { centres, labels, sums, iterations, .. } = self;
        Optimum { inertia: points.square - explained(&sums, &centres), centres, labels, iterations }
    }

    /// The means of the clusters; a cluster that stays empty keeps its centre.
    fn means(&self, points: &PreparedPoints) -> Vec<f32> {
        if self.sums.counts().contains(&0) {
            let filled = filled(self.sums.clone(), points, &self.labels, &self.centres);
            return means(&filled, &self.centres);
        }
        means(&self.sums, &self.centres)
    }
}

/// The sum of the points' squared distances from the centres of their labels.
pub(super) fn inertia(points: &PreparedPoints, labels: &[u32], centres: &[f32]) -> f64 {
    distances(points, labels, centres).iter().sum()
}

/// (a − b)²
pub(super) fn square(a: f32, b: f32) -> f64 {
    let difference = f64::from(a) - f64::from(b);
    difference * difference
}

/// The sum of squared shifts.
fn shift(from: &[f32], to: &[f32]) -> f64 {
    from.iter().zip(to).map(|(a, b)| square(*a, *b)).sum()
}

/// Each point's squared distance from its centre.
fn distances(points: &PreparedPoints, labels: &[u32], centres: &[f32]) -> Vec<f64> {
    let centre = |label: u32| &centres[label as usize * points.width..];
    let distance = |(row, &label): (&[f32], &u32)| shift(row, &centre(label)[..points.width]);
    points.rows().zip(labels).map(distance).collect()
}

/// By how much clusters of these sums lower the points' squares: Σ |x|² − |x − c|², which
/// is 2·c·Σx − n·|c|² for each cluster. Does not depend on the order of the clusters.
fn explained(sums: &ClusterSums, centres: &[f32]) -> f64 {
    let clusters = sums.rows().zip(sums.counts());
    let centres = centres.chunks(centres.len() / sums.counts().len());
    let mut shares: Vec<f64> = clusters
        .zip(centres)
        .map(|((sum, &count), centre)| {
            let share = |(sum, &c): (&f64, &f32)| {
                let c = f64::from(c);
                c * (2.0 * sum - count as f64 * c)
            };
            sum.iter().zip(centre).map(share).sum()
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares.iter().sum()
}

fn means(sums: &ClusterSums, centres: &[f32]) -> Vec<f32> {
    let mut means = centres.to_vec();
    let clusters = sums.rows().zip(sums.counts());
    for (mean, (sum, &count)) in means.chunks_mut(centres.len() / sums.counts().len()).zip(clusters)
    {
        if count > 0 {
            mean.iter_mut().zip(sum).for_each(|(mean, sum)| *mean = (sum / count as f64) as f32);
        }
    }
    means
}

/// Gives each empty cluster one of the points farthest from their centres.
fn filled(
    mut sums: ClusterSums,
    points: &PreparedPoints,
    labels: &[u32],
    centres: &[f32],
) -> ClusterSums {
    let distances = distances(points, labels, centres);
    let mut farthest: Vec<usize> = (0..points.len()).collect();
    farthest.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]));
    let counts = sums.counts().iter().enumerate();
    let empty: Vec<u32> = counts.filter(|(_, count)| **count == 0).map(|(c, _)| c as u32).collect();
    for (cluster, &point) in empty.into_iter().zip(&farthest) {
        if distances[point] == 0.0 {
            break;
        }
        sums.reassign(points.row(point), &labels[point..=point], &[cluster]);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::{
        super::{run_group::RunGroup, tests::*},
        *,
    };

    fn descend(points: &PreparedPoints, start: Vec<f32>, limits: Limits) -> Optimum {
        let mut run_group = RunGroup::new(points, start.len() / points.width, limits);
        run_group.add(0, start);
        loop {
            if let Some((_, optimum)) = run_group.advance().pop() {
                return optimum;
            }
        }
    }

    fn descend_from(start: &[f32]) -> Optimum {
        let (rows, width) = fixture();
        let points = PreparedPoints::new(rows, width);
        let shift = 1e-4 * points.mean_variance();
        let frame = start.iter().zip(points.mean.iter().cycle());
        let start = frame.map(|(x, mean)| x - mean).collect();
        let optimum = descend(&points, start, Limits { iterations: 1_000, shift });
        let inertia = inertia(&points, &optimum.labels, &optimum.centres);
        assert!((optimum.inertia / inertia - 1.0).abs() < 1e-12, "{inertia}, {optimum:?}");
        optimum
    }

    /// Runs of scikit-learn from the same centres, see `tests/reference/kmeans.py`.
    #[test]
    fn a_run_ends_where_scikit_learns_does() {
        let (rows, width) = fixture();
        for name in ["first", "spread"] {
            let golden = golden(name);
            let start = golden[2..].iter().flat_map(|&i| {
                let at = i as usize * width;
                rows[at..at + width].to_vec()
            });
            let optimum = descend_from(&start.collect::<Vec<_>>());
            assert!((optimum.inertia / golden[0] - 1.0).abs() < 1e-5, "{optimum:?}");
            assert_eq!(optimum.iterations, golden[1] as usize);
        }
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_point_as_in_scikit_learn() {
        let (rows, width) = fixture();
        let golden = golden("coinciding");
        let optimum = descend_from(&rows[..width].repeat(golden[2] as usize));
        assert!((optimum.inertia / golden[0] - 1.0).abs() < 1e-5, "{optimum:?}");
        assert_eq!(optimum.iterations, golden[1] as usize);
    }

    #[test]
    fn more_clusters_than_different_points_leave_some_empty() {
        let points = PreparedPoints::new([1.0, 1.0, 5.0, 5.0].repeat(3), 2);
        let start = points.rows().take(3).flatten().copied().collect();
        let optimum = descend(&points, start, Limits { iterations: 9, shift: 0.0 });
        assert!(optimum.inertia.abs() < 1e-12);
        assert!(optimum.centres.iter().all(|x| x.is_finite()));
    }

    /// By the definition: nearest centres and means in `f64`, anew in every iteration.
    #[test]
    fn a_run_takes_the_steps_of_the_definition() {
        let rows = acai_random::RngStream::new(3, "lloyd.test", 0).normals(300 * 5, 1.0);
        let points = PreparedPoints::new(rows, 5);
        let start: Vec<f32> = points.rows().take(7).flatten().copied().collect();
        for iterations in [1, 2, 5, 12] {
            let optimum = descend(&points, start.clone(), Limits { iterations, shift: 0.0 });
            let mut centres = start.clone();
            for _ in 0..iterations {
                let labels = nearest(&points, &centres);
                for (c, centre) in centres.chunks_mut(5).enumerate() {
                    let members = points.rows().zip(&labels).filter(|(_, label)| **label == c);
                    let members: Vec<&[f32]> = members.map(|(row, _)| row).collect();
                    for (j, mean) in centre.iter_mut().enumerate() {
                        let sum: f64 = members.iter().map(|row| f64::from(row[j])).sum();
                        *mean = (sum / members.len() as f64) as f32;
                    }
                }
            }
            assert_eq!((optimum.centres, optimum.iterations), (centres, iterations));
        }
    }

    fn nearest(points: &PreparedPoints, centres: &[f32]) -> Vec<usize> {
        let nearest = |row: &[f32]| {
            let distances = centres.chunks(5).map(|centre| shift(row, centre)).enumerate();
            distances.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0
        };
        points.rows().map(nearest).collect()
    }
}
