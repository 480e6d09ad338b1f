//! The small data set that k-means is compared with scikit-learn on.

/// 120 points of 4 values, and 4.
pub(super) fn fixture() -> (Vec<f32>, usize) {
    let text = include_str!("../../../tests/reference/kmeans_points.txt");
    (text.split_whitespace().map(|value| value.parse().unwrap()).collect(), 4)
}

/// The row `name` of what `tests/reference/kmeans.py` printed.
pub(super) fn golden(name: &str) -> Vec<f64> {
    let text = include_str!("../../../tests/reference/kmeans.txt");
    let row = text.lines().find_map(|row| row.strip_prefix(name)).unwrap();
    row.split_whitespace().map(|value| value.parse().unwrap()).collect()
}
