//! Only what changed runs, and `plan` says so beforehand.

use crate::support::{INSTANCES, Space, TINY, counts, ran};

#[test]
fn the_second_run_computes_nothing() {
    let space = Space::new(TINY);
    assert_eq!(counts(&space.run(&[])), (INSTANCES, 0, 0, 0));
    let digests = space.digests();
    assert_eq!(counts(&space.run(&[])), (0, INSTANCES, 0, 0));
    assert_eq!(space.digests(), digests);
}

#[test]
fn names_order_comments_and_written_defaults_do_not_count() {
    let space = Space::new(TINY);
    space.run(&[]);
    let written = TINY
        .replace("kimg: 2,", "/* short */ batch: 64, kimg: 2, lr: 1e-4,")
        .replace("restarts: 5", "fit: 60000, restarts: 5, k: 10, whiten: true")
        .replace("\"models\"", "\"nets\"")
        .replace("\"acai\"", "\"adversarial\"")
        .replace("(lambda: 0.5, gamma: 0.2)", "(gamma: 0.2)");
    let (head, lines) = written.split_once("        \"lines\"").unwrap();
    let (lines, rest) = lines.split_once('\n').unwrap();
    let end = rest.rfind("    },\n)").unwrap();
    let moved = format!("{head}{}        \"lines\"{lines}\n{}", &rest[..end], &rest[end..]);
    assert_ne!(moved, TINY);
    space.write(&moved);
    assert_eq!(counts(&space.run(&[])), (0, INSTANCES, 0, 0));
}

#[test]
fn another_lambda_runs_acai_and_what_is_downstream() {
    let space = Space::new(TINY);
    space.run(&[]);
    space.write(&TINY.replace("lambda: 0.5", "lambda: 0.25"));

    let plan = space.array("plan", &[]);
    let one = plan.iter().find(|one| one["instance"] == "models/acai/0").unwrap();
    let text = one.to_string();
    let (facts, cost) = text.split_once(r#","cost_s":"#).unwrap();
    assert_eq!(
        facts,
        r#"{"instance":"models/acai/0","kind":"Train","state":"run","reasons":[{"field":"lambda","old":"0.5","new":"0.25","at":"tiny.ron:11:79","upstream":null}],"compared":"last run""#
    );
    assert!(one["cost_s"].is_f64() && cost.ends_with(r#","cost_of":"itself"}"#), "{text}");
    let downstream = [
        "latents/acai/0",
        "clusters/acai/0",
        "probe/acai/0",
        "paths/acai/0",
        "map/acai/0",
        "near/acai/0",
        "samples/acai/0",
    ];
    for one in plan.iter().filter(|one| one["instance"] != "models/acai/0") {
        let is_downstream = downstream.contains(&one["instance"].as_str().unwrap());
        assert_eq!(one["state"], if is_downstream { "maybe" } else { "cached" }, "{one}");
    }
    let paths = plan.iter().find(|one| one["instance"] == "paths/acai/0").unwrap();
    assert_eq!(paths["reasons"][0]["upstream"], "models/acai/0");

    let explained = space.say(&["explain", "tiny.ron", "models/acai/0"]).stdout;
    assert!(explained.contains("lambda 0.5 → 0.25   tiny.ron:11:79"), "{explained}");
    assert!(explained.contains("maybe    paths/acai/0"), "{explained}");

    let events = space.run(&[]);
    assert_eq!(ran(&events), [&["models/acai/0"], downstream.as_slice()].concat());
    assert_eq!(counts(&events), (8, 9, 0, 0));
}

#[test]
fn set_values_count_like_written_ones() {
    let space = Space::new(TINY);
    space.run(&[]);
    let lambda = "models.variants.acai.regularizer.lambda=0.25";
    assert_eq!(counts(&space.run(&["--set", lambda])), (8, 9, 0, 0));
    space.write(&TINY.replace("lambda: 0.5", "lambda: 0.25"));
    assert_eq!(counts(&space.run(&[])), (0, INSTANCES, 0, 0));
    let shown = space.say(&["show", "tiny.ron", "models/acai/0"]).stdout;
    assert!(shown.contains(&format!("with --set {lambda}")), "{shown}");
}

#[test]
fn more_test_images_retrain_nothing() {
    let space = Space::new(TINY);
    space.run(&[]);
    let events = space.run(&["--set", "lines.test=160"]);
    assert!(ran(&events).iter().all(|name| !name.starts_with("models")), "{:?}", ran(&events));
    // The test images a path starts from changed, if only by their number.
    assert!(ran(&events).contains(&"lines"));
}
