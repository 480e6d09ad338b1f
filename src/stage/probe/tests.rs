//! The stage on small latents.

use super::*;
use crate::test_util::*;

fn run(rule: Rule) -> acai_artifact::Reader {
    let test_util = TestStage::new();
    give_blobs(&test_util);
    let probe = Probe { latents: "latents".parse().unwrap(), rule };
    test_util.run(&probe).unwrap()
}

fn score_of(scores: &acai_artifact::Reader, name: &str) -> f64 {
    scores.scores().unwrap().into_iter().find(|(known, _)| known == name).unwrap().1
}

#[test]
fn a_solved_probe_is_stored_with_how_it_was_solved() {
    let scores = run(Rule::Converged);
    assert_eq!(scores.shape("weights/weight").unwrap(), [3, 4]);
    assert_eq!(scores.shape("weights/bias").unwrap(), [3]);
    assert_eq!(scores.shape("standardization/mean").unwrap(), [4]);
    assert_eq!(scores.read::<f64>("selection/c").unwrap().data, STRENGTHS);
    let solution = |name: &str| scores.read::<f64>(&format!("solution/{name}")).unwrap().data[0];
    assert!(solution("gradient_norm") <= converged::TOLERANCE);
    assert!(STRENGTHS.contains(&solution("c")));
    for name in ["accuracy", "train_accuracy", "accuracy_high"] {
        assert_eq!(score_of(&scores, name).to_bits(), 1.0_f64.to_bits());
    }
    // Wilson's lower end for 90 of 90, 90 / (90 + 1.96²).
    assert!((score_of(&scores, "accuracy_low") - 0.959_063).abs() < 1e-5);
    assert!(score_of(&scores, "cross_entropy") < 0.01);
}

#[test]
fn the_references_probe_is_stored_with_its_scores() {
    let scores = run(Rule::Reference(ReferenceRule { kimg: 600, ..ReferenceRule::default() }));
    assert_eq!(scores.shape("weights/weight").unwrap(), [3, 4]);
    assert!(score_of(&scores, "accuracy") > 0.9 && score_of(&scores, "train_accuracy") > 0.9);
}

#[test]
fn stored_bits_do_not_change() {
    let rule = Rule::Reference(ReferenceRule { kimg: 8, ..ReferenceRule::default() });
    let found = [digest(&run(Rule::Converged)), digest(&run(rule))];
    assert_eq!(
        found,
        [
            "e386cd175a0317321ba0f622ab615fddb38f6bbbd68397994a067983aff9aef0",
            "2e7bb7ca4479d7850a9baafeeec1bc64bff725aceab0643c4503b39414cfaab6",
        ]
    );
}

/// What `tests/reference/probe.py` printed of the points of `kmeans.py`.
fn printed(name: &str) -> Vec<f64> {
    let text = include_str!("../../../tests/reference/probe.txt");
    let head = format!("fixture {name} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&head)).unwrap();
    line.split(' ').map(|value| value.parse().unwrap()).collect()
}

#[test]
fn a_small_set_is_solved_as_by_scikit_learn() {
    let text = include_str!("../../../tests/reference/kmeans_points.txt");
    let rows: Vec<f32> = text.split_whitespace().map(|value| value.parse().unwrap()).collect();
    let classes = |name| printed(name).into_iter().map(|class| class as u8).collect::<Vec<u8>>();
    let train = Latents { width: 4, rows, labels: classes("labels") };
    let fit = converged::fit(&train, 3, &|| Ok(()), &mut |_, _| ()).unwrap();
    assert_eq!(fit.c.to_bits(), printed("c")[0].to_bits());
    assert!((fit.solution.loss - printed("objective")[0]).abs() < 1e-7);
    for (ours, theirs) in fit.held_out.iter().zip(printed("held_out")) {
        assert!((ours - theirs).abs() < 1e-3, "{ours} instead of {theirs}");
    }
    for (ours, theirs) in fit.solution.parameters.iter().zip(printed("weights")) {
        assert!((ours - theirs).abs() < 1e-3, "{ours} instead of {theirs}");
    }
    let latents = fit.standardized(&train);
    let objective =
        Objective { rows: &latents.rows, width: 4, labels: &latents.labels, classes: 3, l2: 0.0 };
    assert_eq!(objective.classify(&fit.solution.parameters), classes("found"));
}
