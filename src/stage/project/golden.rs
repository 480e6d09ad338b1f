//! The points that maps are compared with scikit-learn on, and what it made of them.
//!
//! Knows nothing of how maps are made.

/// The row `name` of what `tests/reference/project.py` printed.
pub(super) fn golden(name: &str) -> Vec<f64> {
    let text = include_str!("../../../tests/reference/project.txt");
    let row = text.lines().find_map(|row| row.strip_prefix(name)).unwrap();
    row.split_whitespace().map(|value| value.parse().unwrap()).collect()
}

/// 120 points of 4 values, those of `tests/reference/kmeans.py`.
pub(super) fn points() -> Vec<f32> {
    let text = include_str!("../../../tests/reference/kmeans_points.txt");
    text.split_whitespace().map(|value| value.parse().unwrap()).collect()
}

#[track_caller]
pub(super) fn near(got: impl IntoIterator<Item = f64>, want: &[f64], tolerance: f64) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{i}: {got}, {want}");
    }
}
