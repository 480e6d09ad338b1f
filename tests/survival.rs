//! Nothing is lost: killed, interrupted, damaged or doubled, a run ends in the
//! same bits.

use std::{
    io::{BufRead, BufReader},
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{INSTANCES, Said, Space, TINY, counts, events, flip_a_byte, ran};

fn undisturbed() -> Vec<(String, String)> {
    let space = Space::new(TINY);
    space.run(&[]);
    space.digests()
}

#[test]
fn killed_at_any_moment_the_next_run_completes_to_the_same_bits() {
    let start = Instant::now();
    let expected = undisturbed();
    let whole = start.elapsed();
    for tenth in 0..10 {
        let space = Space::new(TINY);
        let mut child = space.start(&[]);
        std::thread::sleep(whole * tenth / 10 + Duration::from_millis(5));
        let _ = child.kill();
        child.wait().unwrap();
        let (ran, cached, failed, skipped) = counts(&space.run(&[]));
        assert_eq!((ran + cached, failed, skipped), (INSTANCES, 0, 0));
        assert_eq!(space.digests(), expected, "killed at {tenth} tenths");
        assert_eq!(std::fs::read_dir(space.path(".acai/work")).unwrap().count(), 0);
    }
}

#[test]
fn a_killed_training_goes_on_from_its_checkpoint() {
    let text = TINY.replace("kimg: 2", "kimg: 24");
    let expected = {
        let space = Space::new(&text);
        space.run(&[]);
        space.digests()
    };
    let space = Space::new(&text);
    let mut child = space.start(&["--checkpoint-every", "0"]);
    let checkpoints = space.path(".acai/checkpoints");
    let start = Instant::now();
    let has_checkpoint = || {
        let keys = std::fs::read_dir(&checkpoints).into_iter().flatten();
        let files =
            keys.flat_map(|key| std::fs::read_dir(key.unwrap().path()).into_iter().flatten());
        files.flatten().any(|file| file.file_name() != "partial.h5")
    };
    while !has_checkpoint() {
        assert!(start.elapsed() < Duration::from_secs(120), "there is no checkpoint");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let events = space.run(&[]);
    let notes = events.iter().filter(|event| event["event"] == "noted");
    let notes: Vec<&str> = notes.map(|event| event["note"].as_str().unwrap()).collect();
    assert!(notes[0].starts_with("goes on after step "), "{notes:?}");
    assert_eq!(space.digests(), expected);
    assert_eq!(std::fs::read_dir(&checkpoints).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn interrupted_it_ends_with_130_and_goes_on_later() {
    for signal in ["-INT", "-TERM"] {
        let space = Space::new(&TINY.replace("kimg: 2", "kimg: 100000"));
        let mut child = space.start(&[]);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let started = |line: &String| line.contains("progressed") && line.contains("models");
        assert!(lines.by_ref().map_while(Result::ok).any(|line| started(&line)));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(counts(&events(&rest.join("\n"))), (1, 0, 0, 0));
        let said = Said::from(child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(130), "{}", said.stderr);
        let space_again = space.array("plan", &[]);
        assert_eq!(space_again[0]["state"], "cached");
    }
}

#[test]
fn two_runs_share_their_work() {
    let space = Space::new(TINY);
    let children = [space.start(&[]), space.start(&[])];
    let mut all_ran = 0;
    for child in children {
        let said = Said::from(child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let (ran, cached, ..) = counts(&events(&said.stdout));
        assert_eq!(ran + cached, INSTANCES);
        all_ran += ran;
    }
    assert_eq!(all_ran, INSTANCES);
    assert_eq!(space.digests(), undisturbed());
}

#[test]
fn a_damaged_artifact_is_never_served() {
    let space = Space::new(TINY);
    space.run(&[]);
    let shown = space.array("show", &[]);
    let path_of = |name: &str| {
        let one = shown.iter().find(|one| one["instance"] == name).unwrap();
        std::path::PathBuf::from(one["path"].as_str().unwrap())
    };
    flip_a_byte(&path_of("models/acai/0"));
    let events = space.run(&["--set", "paths.pairs=17"]);
    let aside = events.iter().find(|event| event["event"] == "set_aside").unwrap();
    assert_eq!(aside["instance"], "models/acai/0");
    assert!(std::path::Path::new(aside["path"].as_str().unwrap()).exists());
    assert_eq!(ran(&events), ["paths/baseline/0", "models/acai/0", "paths/acai/0"]);
    assert_eq!(space.digests(), undisturbed());
}

#[test]
fn an_artifact_that_is_no_hdf5_any_more_is_an_error_without_noise() {
    let space = Space::new(TINY);
    space.run(&[]);
    let shown = space.array("show", &[]);
    let path = shown[0]["path"].as_str().unwrap();
    let length = std::fs::metadata(path).unwrap().len();
    std::fs::write(path, vec![7; length as usize]).unwrap();
    let said = space.say(&["show", "tiny.ron", "lines"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    assert!(
        said.stderr.starts_with("error: ") && said.stderr.lines().count() == 1,
        "{}",
        said.stderr
    );
}
