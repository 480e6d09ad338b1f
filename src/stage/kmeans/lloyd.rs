//! Lloyd's descent: from some centres to a local optimum of k-means.
//!
//! Stopping and empty clusters are treated as scikit-learn treats them: it stops when no
//! point changes its cluster or the centres' squared shifts add up to no more than a
//! tolerance; an empty cluster takes the point farthest from its centre.
//!
//! Knows nothing of restarts or of how the points were prepared.

use super::points::Points;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// Iterations at most.
    pub(super) iterations: usize,
    /// Sum of squared shifts of all centres that counts as none.
    pub(super) shift: f64,
}

/// Where a descent ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Optimum {
    /// Centres (k × width), by rows, in the points' own frame.
    pub(super) centres: Vec<f32>,
    /// Sum of the points' squared distances from their nearest centres.
    pub(super) inertia: f64,
    /// Iterations it took.
    pub(super) iterations: usize,
}

/// Descends from the centres `start`.
pub(super) fn descend(points: &Points, start: Vec<f32>, limits: Limits) -> Optimum {
    let mut centres = start;
    let mut labels = vec![u32::MAX; points.len()];
    let mut iterations = 0;
    let mut is_settled = false;
    while iterations < limits.iterations && !is_settled {
        iterations += 1;
        let is_changed = points.assign(&centres, &mut labels);
        let moved = means(points, &labels, &centres);
        is_settled = !is_changed || shift(&centres, &moved) <= limits.shift;
        centres = moved;
    }
    points.assign(&centres, &mut labels);
    let inertia = distances(points, &labels, &centres).iter().sum();
    Optimum { centres, inertia, iterations }
}

/// The sum of squared shifts.
fn shift(from: &[f32], to: &[f32]) -> f64 {
    from.iter().zip(to).map(|(a, b)| square(*a, *b)).sum()
}

/// (a − b)²
pub(super) fn square(a: f32, b: f32) -> f64 {
    let difference = f64::from(a) - f64::from(b);
    difference * difference
}

/// Each point's squared distance from its centre.
fn distances(points: &Points, labels: &[u32], centres: &[f32]) -> Vec<f64> {
    let centre = |label: u32| &centres[label as usize * points.width..];
    let distance = |(row, &label): (&[f32], &u32)| shift(row, &centre(label)[..points.width]);
    points.rows().zip(labels).map(distance).collect()
}

/// The means of the clusters; a cluster that stays empty keeps its centre.
fn means(points: &Points, labels: &[u32], centres: &[f32]) -> Vec<f32> {
    let mut clusters = Clusters::new(points, labels, centres.len() / points.width);
    if clusters.counts.contains(&0) {
        clusters.fill_empty(points, labels, centres);
    }
    let mut means = centres.to_vec();
    let sums = clusters.sums.chunks(points.width).zip(&clusters.counts);
    for (mean, (sum, &count)) in means.chunks_mut(points.width).zip(sums) {
        if count > 0 {
            mean.iter_mut().zip(sum).for_each(|(mean, sum)| *mean = (sum / count as f64) as f32);
        }
    }
    means
}

/// What is summed of each cluster.
struct Clusters {
    width: usize,
    /// (k × width), by rows.
    sums: Vec<f64>,
    counts: Vec<usize>,
}

impl Clusters {
    fn new(points: &Points, labels: &[u32], k: usize) -> Self {
        let width = points.width;
        let mut clusters = Self { width, sums: vec![0.0; k * width], counts: vec![0; k] };
        for (row, &label) in points.rows().zip(labels) {
            clusters.counts[label as usize] += 1;
            clusters.add(label as usize, 1.0, row);
        }
        clusters
    }

    fn add(&mut self, cluster: usize, sign: f64, row: &[f32]) {
        let sums = &mut self.sums[cluster * self.width..(cluster + 1) * self.width];
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += sign * f64::from(value);
        }
    }

    /// Gives each empty cluster one of the points farthest from their centres.
    fn fill_empty(&mut self, points: &Points, labels: &[u32], centres: &[f32]) {
        let distances = distances(points, labels, centres);
        let mut farthest: Vec<usize> = (0..points.len()).collect();
        farthest.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]));
        let empty = (0..self.counts.len()).filter(|&c| self.counts[c] == 0).collect::<Vec<_>>();
        for (cluster, &point) in empty.into_iter().zip(&farthest) {
            if distances[point] == 0.0 {
                return;
            }
            let from = labels[point] as usize;
            self.add(from, -1.0, points.row(point));
            self.counts[from] -= 1;
            self.add(cluster, 1.0, points.row(point));
            self.counts[cluster] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};

    fn descend_from(start: &[f32]) -> Optimum {
        let (rows, width) = fixture();
        let points = Points::new(rows, width);
        let shift = 1e-4 * points.mean_variance();
        let frame = start.iter().zip(points.mean.iter().cycle());
        let start = frame.map(|(x, mean)| x - mean).collect();
        descend(&points, start, Limits { iterations: 1_000, shift })
    }

    /// Descents of scikit-learn from the same centres, see `tests/reference/kmeans.py`.
    #[test]
    fn a_descent_ends_where_scikit_learns_does() {
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
        let points = Points::new([1.0, 1.0, 5.0, 5.0].repeat(3), 2);
        let start = points.rows().take(3).flatten().copied().collect();
        let optimum = descend(&points, start, Limits { iterations: 9, shift: 0.0 });
        assert!(optimum.inertia.abs() < 1e-12);
        assert!(optimum.centres.iter().all(|x| x.is_finite()));
    }
}
