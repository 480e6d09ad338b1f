//! Accuracy of predictions, and of clusters under the best naming of them.
//!
//! Knows nothing of how predictions or clusters were made.

use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};

/// The share of predictions that equal their label; NaN if there are none.
///
/// # Panics
/// If the two differ in length.
#[must_use]
pub fn accuracy(predictions: &[u8], labels: &[u8]) -> f64 {
    assert_eq!(predictions.len(), labels.len(), "each prediction has a label");
    let hits = predictions.iter().zip(labels).filter(|(a, b)| a == b).count();
    hits as f64 / labels.len() as f64
}

/// The share of points whose cluster bears their label's name, when clusters are
/// named so as to make that share as large as possible, no two alike (the
/// Hungarian method on the table of counts); NaN if there are no points.
///
/// With more clusters than classes the spare ones stay without a name, and all
/// their points count as wrong; likewise with more classes than clusters.
///
/// # Panics
/// If the two differ in length.
#[must_use]
pub fn matched_accuracy(clusters: &[u32], labels: &[u8]) -> f64 {
    if labels.is_empty() {
        return f64::NAN;
    }
    let counts = contingency(clusters, labels);
    // The method wants no more rows than columns.
    let wide = if counts.rows > counts.columns { counts.transposed() } else { counts };
    let (hits, _) = kuhn_munkres(&wide);
    hits as f64 / labels.len() as f64
}

/// What a normal deviate stays below, in size, in 95 of 100 draws.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// The 95 % interval of Wilson's for an accuracy of `share` on `count` images: the
/// accuracies on all images there could be under which that share is not unusual
/// (Wilson 1927). It speaks of the choice of test images, and not of seeds. From 0 to
/// 1 without images.
#[must_use]
pub fn wilson_interval(share: f64, count: usize) -> (f64, f64) {
    if count == 0 || share.is_nan() {
        return (0.0, 1.0);
    }
    let (n, z) = (count as f64, NORMAL_QUANTILE);
    let centre = share + z * z / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (((centre - reach) / scale).max(0.0), ((centre + reach) / scale).min(1.0))
}

/// How many points of each cluster (rows) bear each label (columns).
fn contingency(clusters: &[u32], labels: &[u8]) -> Matrix<i64> {
    assert_eq!(clusters.len(), labels.len(), "each point has a label");
    let rows = clusters.iter().max().map_or(0, |&cluster| cluster as usize + 1);
    let columns = labels.iter().max().map_or(0, |&label| usize::from(label) + 1);
    let mut counts = Matrix::new(rows, columns, 0);
    for (&cluster, &label) in clusters.iter().zip(labels) {
        counts[(cluster as usize, usize::from(label))] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-15, "{got} is not {want}");
    }

    #[test]
    fn counts_hits() {
        close(accuracy(&[0, 1, 2, 2], &[0, 1, 1, 2]), 0.75);
        assert!(accuracy(&[], &[]).is_nan());
    }

    #[test]
    fn the_names_of_clusters_do_not_matter() {
        let labels = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2];
        let clusters = [0, 0, 1, 1, 1, 1, 2, 2, 2, 0];
        for [a, b, c] in [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]] {
            let renamed = clusters.map(|cluster: usize| [a, b, c][cluster]);
            close(matched_accuracy(&renamed, &labels), 0.8);
        }
    }

    #[test]
    fn the_best_naming_may_give_up_the_largest_count() {
        // Counts [[4, 3], [3, 0]]: greedy naming takes 4 + 0, the best 3 + 3.
        let clusters = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1];
        let labels = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0];
        close(matched_accuracy(&clusters, &labels), 0.6);
    }

    #[test]
    fn spare_clusters_and_spare_classes_count_as_wrong() {
        close(matched_accuracy(&[0, 1, 2, 3], &[0, 0, 1, 1]), 0.5);
        close(matched_accuracy(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.25);
        close(matched_accuracy(&[7, 7, 9], &[3, 3, 5]), 1.0);
        assert!(matched_accuracy(&[], &[]).is_nan());
    }
}
