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
    assert_eq!(names, ["accuracy", "accuracy_high", "accuracy_low", "inertia", "train_accuracy"]);
    assert!((scores[0].1 - 1.0).abs() < 1e-12 && (scores[4].1 - 1.0).abs() < 1e-12, "{scores:?}");
    assert_eq!(
        digest(&clusters),
        "a5577c852e1bb1db1829dd3f4b8b3adcc7ad63ce0c5c59babda1c9fb5db1f036"
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

/// Two classes that divide each blob crosswise: the clustering that finds the classes
/// is not the one of least inertia, and the one of least inertia is kept, whatever the
/// classes are called.
#[test]
fn the_best_restart_is_that_of_least_inertia_whatever_the_classes_are() {
    let clusters = |label: &dyn Fn(usize) -> u8| {
        let test_util = TestStage::new();
        test_util.give("latents", Kind::Latents, |out| {
            for (name, count) in [("train", 400), ("test", 40)] {
                let rows: Vec<f32> = (0..count)
                    .flat_map(|i| {
                        let side = if i % 2 == 0 { 50.0 } else { -50.0 };
                        [side + (i % 5) as f32, ((i / 2) % 2) as f32 * 8.0]
                    })
                    .collect();
                let labels: Vec<u8> = (0..count).map(label).collect();
                out.write(&format!("latents/{name}"), &[count, 2], &rows, Layout::Compressed)?;
                out.write(&format!("labels/{name}"), &[count], &labels, Layout::Compressed)?;
            }
            Ok(())
        });
        test_util.run(&KMeans { k: 2, whiten: false, ..stage() }).unwrap()
    };
    let score = |clusters: &acai_artifact::Reader, name: &str| {
        clusters.scores().unwrap().into_iter().find(|(known, _)| known == name).unwrap().1
    };
    let crosswise = clusters(&|i| ((i / 2) % 2) as u8);
    let along = clusters(&|i| (i % 2) as u8);
    assert_eq!(score(&crosswise, "accuracy").to_bits(), 0.5_f64.to_bits());
    assert_eq!(score(&along, "accuracy").to_bits(), 1.0_f64.to_bits());
    assert_eq!(score(&crosswise, "inertia").to_bits(), score(&along, "inertia").to_bits());
    let bits = |clusters: &acai_artifact::Reader| {
        clusters
            .read::<f32>("centroids")
            .unwrap()
            .data
            .iter()
            .map(|x| x.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&crosswise), bits(&along));
}

#[test]
fn too_few_latents_are_refused() {
    for fit in [0, 2] {
        let fault = run(&KMeans { fit, ..stage() }).err().unwrap().to_string();
        assert!(fault.contains(&format!("{fit} points cannot make 3 clusters")), "{fault}");
    }
}
