//! What others build on, to the letter.

use crate::support::{Space, TINY, counts, events};

#[test]
fn run_tells_each_instance_and_ends_with_done() {
    let space = Space::new(TINY);
    let events = space.run(&[]);
    assert!(events.iter().all(|event| event["event"].is_string()));
    let finished: Vec<_> = events.iter().filter(|event| event["event"] == "finished").collect();
    assert_eq!(finished.len(), 17);
    for end in finished {
        assert_eq!(end["cached"], false);
        assert_eq!(end["digest"].as_str().unwrap().len(), 64);
        assert!(end["elapsed_s"].is_f64());
        let trains = end["kind"] == "Train";
        assert_eq!(end["images_per_s"].is_f64(), trains, "{end}");
        assert_eq!(end["peak_rss_bytes"].is_u64(), trains, "{end}");
    }
    let done: Vec<&String> = events.last().unwrap().as_object().unwrap().keys().collect();
    assert_eq!(done, ["event", "ran", "cached", "failed", "skipped", "elapsed_s"]);
}

#[test]
fn show_lists_every_instance_before_and_after() {
    let space = Space::new(TINY);
    let fields =
        ["instance", "stage", "variant", "seed", "kind", "key", "digest", "path", "scores"];
    for one in space.array("show", &[]) {
        assert_eq!(one.as_object().unwrap().keys().collect::<Vec<_>>(), fields);
        assert!(one["digest"].is_null() && one["path"].is_null());
    }
    space.run(&[]);
    let shown = space.array("show", &[]);
    let find = |name: &str| shown.iter().find(|one| one["instance"] == name).unwrap();
    let lines = find("lines");
    assert!(lines["variant"].is_null() && lines["seed"].is_null());
    let path = std::path::Path::new(lines["path"].as_str().unwrap());
    assert!(path.is_absolute() && path.exists());
    let paths = find("paths/acai/0");
    assert_eq!((&paths["stage"], &paths["variant"]), (&"paths".into(), &"acai".into()));
    assert_eq!((&paths["seed"], &paths["kind"]), (&0.into(), &"Interpolate".into()));
    for (name, scores) in [
        ("paths/acai/0", &["mean_distance", "smoothness", "undefined_pairs"][..]),
        ("probe/acai/0", &["accuracy"]),
        ("clusters/acai/0", &["accuracy"]),
        ("map/acai/0", &["explained_variance"]),
        ("near/acai/0", &["kl_divergence"]),
        ("models/acai/0", &["mse"]),
        ("latents/acai/0", &["reference_probe_accuracy", "test_mse"]),
    ] {
        for score in scores {
            assert!(find(name)["scores"][score].is_f64(), "{name} {score}");
        }
    }
}

#[test]
fn plan_lists_states_and_reasons() {
    let space = Space::new(TINY);
    let plan = space.array("plan", &[]);
    assert!(plan.iter().all(|one| one["state"] == "run" && one["reasons"].is_array()));
    let fields: Vec<&String> = plan[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["instance", "kind", "state", "reasons", "compared", "cost_s", "cost_of"]);
    space.run(&[]);
    let plan = space.array("plan", &[]);
    assert!(plan.iter().all(|one| one["state"] == "cached"
        && one["reasons"] == *"[]".parse::<serde_json::Value>().as_ref().unwrap()));
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    assert!(space.array("plan", &[]).iter().all(|one| one["state"] == "run"));
    assert!(!space.path(".acai").exists());
}

#[test]
fn wrong_pipelines_and_command_lines_exit_with_2_and_run_nothing() {
    let space = Space::new(TINY);
    let broken =
        TINY.replace("kimg", "kimgg").replace("latents: \"latents\"", "latents: \"lines\"");
    std::fs::write(space.path("broken.ron"), broken).unwrap();
    for arguments in [
        &["run", "broken.ron"][..],
        &["check", "broken.ron"],
        &["plan", "broken.ron", "--json"],
        &["run", "missing.ron"],
        &["run", "tiny.ron", "--set", "models.kimgg=1"],
        &["run", "tiny.ron", "--set", "models.kimg=many"],
        &["run", "tiny.ron", "--threads", "0"],
        &["run", "tiny.ron", "--progress", "loud"],
        &["explain", "tiny.ron", "models/acai/1"],
        &["show", "tiny.ron", "models/acia/0"],
        &["walk", "tiny.ron"],
        &[],
    ] {
        let said = space.say(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?} {}", said.stderr);
        assert_eq!(said.stdout, "", "{arguments:?}");
        assert!(!said.stderr.is_empty(), "{arguments:?}");
    }
    assert!(!space.path(".acai").exists());
    let said = space.say(&["run", "broken.ron"]).stderr;
    assert!(said.contains("did you mean `kimg`?") && said.contains("`clusters.latents`"), "{said}");
}

#[test]
fn what_this_build_or_machine_lacks_is_refused() {
    let space = Space::new(TINY);
    if !cfg!(feature = "cuda") {
        let said = space.say(&["run", "tiny.ron", "--device", "cuda"]);
        assert_eq!(said.code, Some(2));
        assert!(said.stderr.contains("built without CUDA"), "{}", said.stderr);
    }
    let said = space.command(&["models"]).env("ACAI_SIMD", "mmx").output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("ACAI_SIMD=mmx"));
}

#[test]
fn a_failing_stage_exits_with_1_and_the_others_go_on() {
    let space = Space::new(&TINY.replace("train: 256", "train: 3"));
    let said = space.say(&["run", "tiny.ron", "--progress", "json"]);
    assert_eq!(said.code, Some(1));
    let events = events(&said.stdout);
    assert_eq!(counts(&events), (15, 0, 2, 0));
    let failed = events.iter().find(|event| event["event"] == "failed").unwrap();
    assert_eq!(failed["instance"], "clusters/baseline/0");
    assert!(failed["error"].as_str().unwrap().contains("3 points cannot make 10 clusters"));
}

#[test]
fn the_store_is_named_by_option_then_variable_then_default() {
    let space = Space::new(TINY);
    let tell = |arguments: &[&str]| {
        let arguments = [&["run", "tiny.ron", "--set", "models.kimg=1"], arguments].concat();
        let status = space.command(&arguments).env("ACAI_CACHE", "by-variable").output().unwrap();
        assert!(status.status.success());
    };
    tell(&["--cache", "by-option"]);
    assert!(space.path("by-option").exists() && !space.path("by-variable").exists());
    tell(&[]);
    assert!(space.path("by-variable").exists() && !space.path(".acai").exists());
}
