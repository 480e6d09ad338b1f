//! k-means with many restarts, as a linfa algorithm: parameters are checked before they
//! can fit, and what is fitted predicts.
//!
//! It is our own because linfa's takes an absolute shift as tolerance and keeps the old
//! centre as one more point of its cluster, and `linfa_clustering::KMeans` cannot be made
//! from centres found elsewhere.
//!
//! Knows nothing of artifacts or of whitening.

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use super::{
    lloyd::{self, Limits, Optimum},
    points::PreparedPoints,
    run_group::RunGroup,
};
use acai_random::RngStream;

/// Iterations of each run at most; the reference's.
const ITERATIONS: usize = 1_000;

/// A run ends when its centres' squared shifts add up to no more than this share
/// of the points' mean variance; scikit-learn's default.
const TOLERANCE: f64 = 1e-4;

/// How to cluster, unchecked. [`ParamGuard::check`] turns it into what can fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Params(Checked);

/// Parameters that make sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    clusters: usize,
    restarts: usize,
    seed: u64,
}

/// The clusters found.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// Centres (k × values).
    pub centroids: Array2<f32>,
    /// Sum of the points' squared distances from their nearest centres.
    pub inertia: f64,
    /// Iterations of the run that ended best.
    pub iterations: usize,
}

/// How far a fit has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FitProgress {
    /// Restarts done.
    pub(super) done: usize,
    /// The best inertia so far; infinite before the first is done.
    pub(super) inertia: f64,
}

/// Points that cannot be clustered like this.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// No clusters.
    #[error("no clusters were asked for; `k` must be at least 1")]
    NoClusters,
    /// No starts.
    #[error("no starts were asked for; `restarts` must be at least 1")]
    NoRestarts,
    /// Points of no values.
    #[error("the points have no values to tell them apart")]
    NoValues,
    /// Fewer points than clusters.
    #[error("{points} points cannot make {clusters} clusters; lower `k` or encode more images")]
    TooFewPoints {
        /// How many points there are.
        points: usize,
        /// How many clusters were asked for.
        clusters: usize,
    },
    /// linfa's own.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

impl Params {
    /// `clusters` clusters, the best of `restarts` starts from random points.
    #[must_use]
    pub fn new(clusters: usize, restarts: usize, seed: u64) -> Self {
        Self(Checked { clusters, restarts, seed })
    }
}

impl ParamGuard for Params {
    type Checked = Checked;
    type Error = FitError;

    fn check_ref(&self) -> Result<&Checked, FitError> {
        match self.0 {
            Checked { clusters: 0, .. } => Err(FitError::NoClusters),
            Checked { restarts: 0, .. } => Err(FitError::NoRestarts),
            ref checked => Ok(checked),
        }
    }

    fn check(self) -> Result<Checked, FitError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<T> Fit<Array2<f32>, T, FitError> for Checked {
    type Object = Clustering;

    fn fit(&self, dataset: &DatasetBase<Array2<f32>, T>) -> Result<Clustering, FitError> {
        self.best(&self.points(dataset.records.view())?, &mut |_| Ok(()))
    }
}

impl PredictInplace<Array2<f32>, Array1<usize>> for Clustering {
    fn predict_inplace(&self, points: &Array2<f32>, clusters: &mut Array1<usize>) {
        let rows: Vec<_> = points.rows().into_iter().collect();
        let nearest = rows.par_iter().map(|row| self.nearest(*row)).collect::<Vec<_>>();
        clusters.assign(&Array1::from(nearest));
    }

    fn default_target(&self, points: &Array2<f32>) -> Array1<usize> {
        Array1::zeros(points.nrows())
    }
}

impl Clustering {
    /// The cluster whose centre is nearest; the first of equals.
    fn nearest(&self, point: ArrayView1<'_, f32>) -> usize {
        let mut best = (0, f64::INFINITY);
        for (cluster, centre) in self.centroids.rows().into_iter().enumerate() {
            let squares = point.iter().zip(centre).map(|(&a, &b)| lloyd::square(a, b));
            let distance = squares.sum();
            if distance < best.1 {
                best = (cluster, distance);
            }
        }
        best.0
    }
}

impl Checked {
    /// Checks that there is at least one point for each cluster.
    pub(super) fn check_count(&self, points: usize) -> Result<(), FitError> {
        let clusters = self.clusters;
        if points < clusters {
            return Err(FitError::TooFewPoints { points, clusters });
        }
        Ok(())
    }

    /// The points, ready to be clustered.
    pub(super) fn points(&self, records: ArrayView2<'_, f32>) -> Result<PreparedPoints, FitError> {
        self.check_count(records.nrows())?;
        match records.ncols() {
            0 => Err(FitError::NoValues),
            width => Ok(PreparedPoints::new(records.iter().copied().collect(), width)),
        }
    }

    /// The clustering with the least inertia; of equals, the one that started first.
    ///
    /// # Errors
    /// What `watch`, called after every step of the restarts under way, returns.
    pub(super) fn best<E>(
        &self,
        points: &PreparedPoints,
        watch: &mut dyn FnMut(FitProgress) -> Result<(), E>,
    ) -> Result<Clustering, E> {
        let limits = Limits { iterations: ITERATIONS, shift: TOLERANCE * points.mean_variance() };
        let mut run_group = RunGroup::new(points, self.clusters, limits);
        let (mut waiting, mut done) = (0..self.restarts, 0);
        let mut best: Option<(usize, Optimum)> = None;
        while done < self.restarts {
            while !run_group.is_full()
                && let Some(restart) = waiting.next()
            {
                run_group.add(restart, self.start(points, restart));
            }
            for end in run_group.advance() {
                done += 1;
                if best.as_ref().is_none_or(|best| rank(&end) < rank(best)) {
                    best = Some(end);
                }
            }
            let inertia = best.as_ref().map_or(f64::INFINITY, |(_, best)| best.inertia);
            watch(FitProgress { done, inertia })?;
        }
        let (_, best) = best.expect("there is at least one restart");
        Ok(clustering(best, points))
    }

    /// The centres that restart `restart` begins with: different points, drawn evenly.
    fn start(&self, points: &PreparedPoints, restart: usize) -> Vec<f32> {
        let mut stream = RngStream::new(self.seed, "kmeans.init", restart as u64);
        let mut order: Vec<usize> = (0..points.len()).collect();
        for i in 0..self.clusters {
            order.swap(i, i + stream.below(points.len() - i));
        }
        order[..self.clusters].iter().flat_map(|&i| points.row(i)).copied().collect()
    }
}

/// Best first; of equals, the one that started first.
fn rank((restart, optimum): &(usize, Optimum)) -> (f64, usize) {
    (optimum.inertia, *restart)
}

/// The optimum, back in the frame that the points came in.
fn clustering(optimum: Optimum, points: &PreparedPoints) -> Clustering {
    let inertia = lloyd::inertia(points, &optimum.labels, &optimum.centres);
    let clusters = optimum.centres.len() / points.width;
    let mean = ArrayView1::from(&points.mean[..]);
    let centres = Array2::from_shape_vec((clusters, points.width), optimum.centres)
        .expect("centres are as wide as the points");
    Clustering { centroids: centres + mean, inertia, iterations: optimum.iterations }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;

    use super::*;

    /// 300 points in three blobs, far apart.
    fn blobs() -> Array2<f32> {
        let mut rows = RngStream::new(6, "model.test", 0).normals(300 * 3, 0.1);
        for (i, row) in rows.chunks_mut(3).enumerate() {
            row[i % 3] += 5.0;
        }
        Array2::from_shape_vec((300, 3), rows).unwrap()
    }

    fn fitted(restarts: usize, seed: u64) -> Clustering {
        Params::new(3, restarts, seed).fit(&DatasetBase::from(blobs())).unwrap()
    }

    #[test]
    fn blobs_are_recovered() {
        let clusters = fitted(20, 0).predict(&blobs());
        for i in 0..300 {
            assert_eq!(clusters[i] == clusters[0], i % 3 == 0, "point {i}");
            assert_eq!(clusters[i] == clusters[1], i % 3 == 1, "point {i}");
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_the_bits() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fitted(20, 1))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn more_restarts_never_end_worse() {
        let inertia = |restarts| fitted(restarts, 3).inertia;
        assert!(inertia(30) <= inertia(5) && inertia(5) <= inertia(1));
    }

    /// The inertia is that of scikit-learn 1.9.1:
    /// `i, j = np.ogrid[:300, :3]; x = i * (j + 3) * 37 % 101 / 101 + 5 * (i % 3 == j)`,
    /// `KMeans(3, n_init=20, random_state=0).fit(x.astype(np.float32)).inertia_`.
    #[test]
    fn scikit_learn_finds_the_same_blobs() {
        let points = Array2::from_shape_fn((300, 3), |(i, j)| {
            let noise = (i * (j + 3) * 37 % 101) as f32 / 101.0;
            if i % 3 == j { noise + 5.0 } else { noise }
        });
        let ours = Params::new(3, 20, 0).fit(&DatasetBase::from(points)).unwrap().inertia;
        assert!((ours / 75.107_423_820 - 1.0).abs() < 1e-6, "{ours}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        let fault = |clusters, restarts, points: Array2<f32>| {
            let params = Params::new(clusters, restarts, 0);
            params.fit(&DatasetBase::from(points)).unwrap_err().to_string()
        };
        assert!(fault(0, 1, blobs()).contains("`k` must be at least 1"));
        assert!(fault(1, 0, blobs()).contains("`restarts` must be at least 1"));
        assert!(fault(301, 1, blobs()).contains("300 points cannot make 301 clusters"));
        assert!(fault(1, 1, Array2::zeros((4, 0))).contains("no values"));
    }

    #[test]
    fn a_watcher_can_end_it() {
        let checked = Params::new(3, 1_000, 0).check().unwrap();
        let points = checked.points(blobs().view()).unwrap();
        assert_eq!(checked.best(&points, &mut |_| Err("enough")), Err("enough"));
    }
}
