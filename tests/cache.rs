//! Collecting, verifying and sharing results, as people see it.

use crate::support::{INSTANCES, Said, Space, TINY, counts, events, flip_a_byte};

fn object_of(space: &Space, instance: &str) -> std::path::PathBuf {
    let shown = space.array("show", &[]);
    let one = shown.iter().find(|one| one["instance"] == instance).unwrap();
    one["path"].as_str().unwrap().into()
}

fn quick() -> Space {
    let space = Space::new(&TINY.replace("kimg: 2", "kimg: 1"));
    std::fs::create_dir(space.path("shared")).unwrap();
    space
}

#[test]
fn gc_says_what_would_go_and_what_it_costs_then_removes_it() {
    let space = quick();
    let nothing = space.say(&["gc"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    assert!(nothing.stderr.starts_with("nothing to collect"), "{}", nothing.stderr);
    assert!(!space.path(".acai").exists());

    space.run(&["--set", "paths.pairs=17"]);
    space.run(&[]);
    let kept = space.say(&["gc"]);
    assert!(kept.stderr.starts_with("nothing to collect; 19 artifacts"), "{}", kept.stderr);
    let told = space.say(&["gc", "--dry-run", "--keep-trials", "0"]);
    assert_eq!(told.code, Some(0));
    let head = told.stdout.lines().next().unwrap();
    assert_eq!(
        head.split_whitespace().collect::<Vec<_>>(),
        ["what", "about", "made", "size", "to", "make", "again"]
    );
    assert_eq!(told.stdout.matches("Interpolate").count(), 2, "{}", told.stdout);
    assert!(told.stdout.contains("pairs 17"), "{}", told.stdout);
    assert!(told.stderr.starts_with("3 things would go: "), "{}", told.stderr);
    assert!(told.stderr.contains("; 17 artifacts are needed, "), "{}", told.stderr);

    let kept = space.say(&["gc", "tiny.ron", "--set", "paths.pairs=17"]);
    assert!(kept.stderr.starts_with("nothing to collect; 19 artifacts"), "{}", kept.stderr);
    let none = ["gc", "--keep-trials", "0"];
    let roomy = space.say(&[&none[..], &["--dry-run", "--max-size", "1GB"]].concat());
    assert!(roomy.stderr.contains("; 2 more stay, "), "{}", roomy.stderr);
    let gone = space.say(&none);
    assert!(gone.stderr.starts_with("3 things gone: "), "{}", gone.stderr);
    assert_eq!(counts(&space.run(&[])), (0, INSTANCES, 0, 0));
    assert_eq!(counts(&space.run(&["--set", "paths.pairs=17"])), (2, INSTANCES - 2, 0, 0));
}

#[test]
fn gc_refuses_what_it_does_not_understand() {
    let space = quick();
    for (arguments, said) in [
        (&["gc", "--max-size", "much"][..], "a size is a number and a unit"),
        (&["gc", "--keep-trials", "some"], "trials to keep are a number, `10`, or days, `30d`"),
        (&["gc", "--forget", "tinny"], "no pipeline `tinny` was run here"),
        (&["gc", "missing.ron"], "missing.ron"),
    ] {
        let Said { code, stdout, stderr } = space.say(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn a_store_is_described_verified_and_repaired() {
    let space = quick();
    space.run(&[]);
    let digests = space.digests();
    let info = space.say(&["cache", "info"]).stdout;
    assert!(info.contains("Train") && info.contains("pipelines  tiny\n"), "{info}");
    let sound = space.say(&["cache", "verify"]);
    assert_eq!((sound.code, sound.stdout.as_str()), (Some(0), ""));
    assert!(sound.stderr.contains("no damage"), "{}", sound.stderr);

    let model = object_of(&space, "models/acai/0");
    flip_a_byte(&model);
    let found = space.say(&["cache", "verify"]);
    let line = format!("{}: its bytes are not those that were published\n", model.display());
    assert_eq!((found.code, found.stdout), (Some(1), line));
    assert!(model.exists());
    let repaired = space.say(&["cache", "verify", "--repair"]);
    assert_eq!(repaired.code, Some(0));
    assert!(repaired.stdout.contains("set aside as "), "{}", repaired.stdout);
    assert_eq!(space.say(&["cache", "verify"]).code, Some(0));
    assert_eq!(counts(&space.run(&[])), (1, INSTANCES - 1, 0, 0));
    assert_eq!(space.digests(), digests);
}

#[test]
fn what_one_pushed_another_pulls_or_runs_with() {
    let space = quick();
    space.run(&[]);
    let digests = space.digests();
    let pushed = space.say(&["push", "tiny.ron", "--remote", "shared"]);
    assert_eq!(pushed.code, Some(0), "{}", pushed.stderr);
    assert!(pushed.stderr.starts_with("17 pushed ("), "{}", pushed.stderr);
    let again = space.say(&["push", "tiny.ron", "--remote", "shared"]);
    assert!(again.stderr.starts_with("0 pushed (0 B), 17 there already"), "{}", again.stderr);

    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    let pulled = space.say(&["pull", "tiny.ron", "--remote", "shared"]);
    assert_eq!(pulled.code, Some(0), "{}", pulled.stderr);
    assert!(pulled.stderr.ends_with("tiny: all 17 are here\n"), "{}", pulled.stderr);
    assert_eq!(space.digests(), digests);
    assert_eq!(space.say(&["cache", "verify"]).code, Some(0));
    assert!(space.say(&["gc"]).stderr.starts_with("nothing to collect; 17 artifacts"));

    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    let planned = space.say(&["plan", "tiny.ron", "--remote", "shared"]);
    assert_eq!(planned.stderr, "17 to copy\n");
    let states = |more: &[&str]| -> Vec<String> {
        let planned = space.array("plan", more);
        planned.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&["--remote", "shared"]), ["copied"; INSTANCES as usize]);
    assert_eq!(states(&[]), ["run"; INSTANCES as usize]);
    let explained = space.say(&["explain", "tiny.ron", "lines", "--remote", "shared"]);
    let said = "lines (Dataset) will be copied from the shared cache; nothing of its kind ever ran";
    assert!(explained.stdout.starts_with(said), "{}", explained.stdout);
    assert!(!space.path(".acai").exists());

    let mut run = space.command(&["run", "tiny.ron", "--progress", "json"]);
    let run = Said::from(run.env("ACAI_REMOTE", "shared").output().unwrap());
    let events = events(&run.stdout);
    assert_eq!(counts(&events), (0, INSTANCES, 0, 0));
    let finished = events.iter().filter(|event| event["event"] == "finished");
    assert!(finished.clone().all(|end| end["cached"] == true && end["copied"] == true));
    assert_eq!(finished.count() as u64, INSTANCES);
    assert_eq!(states(&["--remote", "shared"]), ["cached"; INSTANCES as usize]);
}

#[test]
fn plan_says_what_is_computed_and_what_may_be_beside_a_shared_cache() {
    let space = quick();
    space.run(&[]);
    space.say(&["push", "tiny.ron", "--remote", "shared"]);
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    let planned = space.array("plan", &["--remote", "shared", "--set", "models.kimg=3"]);
    let of = |state: &str| -> Vec<String> {
        let of = planned.iter().filter(|one| one["state"] == state);
        of.map(|one| one["instance"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("copied"), ["lines"]);
    assert_eq!(of("run"), ["models/baseline/0", "models/acai/0"]);
    assert_eq!(of("maybe").len(), 14);
}

#[test]
fn the_same_work_under_two_names_is_done_once_and_plan_says_so() {
    let space = quick();
    let twin = r#""probe":    Probe(latents: "latents"), "again": Probe(latents: "latents"),"#;
    let text = std::fs::read_to_string(space.path("tiny.ron")).unwrap();
    space.write(&text.replace(r#""probe":    Probe(latents: "latents"),"#, twin));
    let planned = space.array("plan", &[]);
    let again = planned.iter().find(|one| one["instance"] == "again/acai/0").unwrap();
    assert_eq!((&again["state"], &again["same_as"]), (&"cached".into(), &"probe/acai/0".into()));
    assert_eq!(counts(&space.run(&[])), (INSTANCES, 2, 0, 0));
}

#[test]
fn a_pull_says_what_is_not_there_or_damaged_and_gets_the_rest() {
    let space = quick();
    space.run(&[]);
    space.say(&["push", "tiny.ron", "--remote", "shared"]);
    let model = object_of(&space, "models/acai/0");
    let shared = space.path("shared/objects").join(model.file_name().unwrap());
    flip_a_byte(&shared);
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    let pulled = space.say(&["pull", "tiny.ron", "--remote", "shared"]);
    assert_eq!(pulled.code, Some(1));
    assert!(pulled.stderr.contains("is damaged and was not taken"), "{}", pulled.stderr);
    let sum = "tiny: 9 are here, 8 are not there to be pulled\n";
    assert!(pulled.stderr.ends_with(sum), "{}", pulled.stderr);
    // It is computed, pushed again, and repaired by that.
    let ran = space.run(&["--remote", "shared"]);
    assert_eq!(counts(&ran), (1, INSTANCES - 1, 0, 0));
    let refusal = ran.iter().find(|event| event["event"] == "noted").unwrap();
    assert_eq!(refusal["instance"], "models/acai/0");
    space.say(&["push", "tiny.ron", "--remote", "shared", "--again"]);
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    assert_eq!(space.say(&["pull", "tiny.ron", "--remote", "shared"]).code, Some(0));
}

#[test]
fn a_shared_cache_is_a_folder_that_is_there() {
    let space = quick();
    for (arguments, said) in [
        (&["push", "tiny.ron"][..], "no shared cache is named"),
        (&["pull", "tiny.ron", "--remote", "unmounted"], "there is no folder `unmounted`"),
        (&["run", "tiny.ron", "--remote", "s3://bucket"], "`s3://bucket` is not a folder"),
    ] {
        let Said { code, stderr, .. } = space.say(arguments);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
    assert!(!space.path(".acai").exists());
}
