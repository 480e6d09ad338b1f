//! The stage as a whole, and the small data set that its parts are compared with
//! scikit-learn on.

use super::{super::test_util::*, *};

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

fn stage() -> KMeans {
    let latents = "latents".parse().unwrap();
    KMeans { latents, k: 3, restarts: 10, whiten: true, fit: 500 }
}

fn run(stage: &KMeans) -> anyhow::Result<acai_artifact::Reader> {
    let test_util = TestStage::new();
    give_blobs(&test_util);
    test_util.run(stage)
}

#[test]
fn clusters_match_the_classes() {
    let clusters = run(&stage()).unwrap();
    assert_eq!(clusters.shape("centroids").unwrap(), [3, 4]);
    assert_eq!(clusters.shape("whitening/components").unwrap(), [4, 4]);
    assert_eq!(clusters.read::<u32>("labels/train").unwrap().shape, [600]);
    let scores = clusters.scores().unwrap();
    let names: Vec<&str> = scores.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(names, ["accuracy", "inertia", "train_accuracy"]);
    assert!((scores[0].1 - 1.0).abs() < 1e-12 && (scores[2].1 - 1.0).abs() < 1e-12, "{scores:?}");
    assert_eq!(
        digest(&clusters),
        "567ebbf653cb8c2d03dbf6ed0bfa99355c9e9d25d99f125aa6f1efc5d8025c88"
    );
}

#[test]
fn latents_can_be_clustered_as_they_are() {
    let clusters = run(&KMeans { whiten: false, ..stage() }).unwrap();
    assert!(!clusters.has("whitening/mean"));
    let mut far: Vec<f32> = clusters.read("centroids").unwrap().data;
    far.sort_by(f32::total_cmp);
    assert!(far[9..].iter().all(|x| (x - 100.0).abs() < 0.1), "{far:?}");
}

#[test]
fn too_few_latents_are_refused() {
    for fit in [0, 2] {
        let fault = run(&KMeans { fit, ..stage() }).err().unwrap().to_string();
        assert!(fault.contains(&format!("{fit} points cannot make 3 clusters")), "{fault}");
    }
}
