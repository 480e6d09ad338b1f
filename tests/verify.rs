//! Verifying: what is the same, what differs and where, and what could not be
//! run.
//!
//! Knows nothing of how a lock is kept.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::AtomicBool,
    time::Duration,
};

use acai_artifact::Reader;
use acai_config::{Context, Pipeline};
use acai_engine::{
    reservation::NewArtifact,
    store::{Lookup, Store},
};
use acai_lockfile::Lockfile;
use acai_net::DeviceKind;
use acai_plan::Plan;
use serde_json::Value;

use crate::support::{INSTANCES, Said, Space, TINY};

/// `verify` as JSON, and how it ended.
fn verify(space: &Space, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let said = space.say(&[&["verify", "tiny.ron", "--json"], more].concat());
    let array = serde_json::from_str(&said.stdout);
    (said.code, array.unwrap_or_else(|_| panic!("{:?} {}", said.code, said.stderr)))
}

fn of<'a>(array: &'a [Value], instance: &str) -> &'a Value {
    array.iter().find(|one| one["instance"] == instance).unwrap()
}

/// `models/acai/0: differs`.
fn verdicts(array: &[Value]) -> Vec<String> {
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    array.iter().map(|one| text(one, "instance") + ": " + &text(one, "verdict")).collect()
}

fn names(array: &[Value]) -> Vec<&str> {
    array.iter().map(|one| one["instance"].as_str().unwrap()).collect()
}

/// Publishes a forgery under the key of an honest artifact: digest and seal are
/// those of what it holds. Gives where it lies, and the numbers of `dataset`.
fn forge(space: &Space, instance: &str, dataset: &str, edit: fn(&mut f32)) -> (PathBuf, Vec<f32>) {
    let shown = space.array("show", &[]);
    let text = |field: &str| of(&shown, instance)[field].as_str().unwrap().to_owned();
    let store = Store::new(&space.path(".acai"));
    let record = store.record(&text("key").parse().unwrap()).unwrap().unwrap();
    let forged = space.path("forged.h5");
    std::fs::rename(text("path"), &forged).unwrap();
    let file = hdf5::File::open_rw(&forged).unwrap();
    let mut values: Vec<f32> = file.dataset(dataset).unwrap().read_raw().unwrap();
    edit(&mut values[1]);
    file.dataset(dataset).unwrap().write_raw(&values).unwrap();
    file.close().unwrap();
    let looked = store.lookup(&record.key, &mut || (), &AtomicBool::new(false));
    let Lookup::Miss(slot) = looked.unwrap() else { panic!("it is still there") };
    std::fs::rename(&forged, slot.path()).unwrap();
    let reader = Reader::open(slot.path()).unwrap();
    let (kind, digests) = (reader.kind(), reader.digests().unwrap());
    drop(reader);
    let published = slot
        .publish(NewArtifact { kind, digests, scores: record.scores, made: record.made })
        .unwrap();
    assert_ne!(published.digest, record.digest);
    (store.object(&published.digest), values)
}

#[test]
fn what_was_run_here_is_bit_identical_with_other_threads_and_instructions() {
    let space = Space::new(TINY);
    space.run(&["--threads", "1"]);
    std::fs::create_dir(space.path("temporary")).unwrap();
    let mut command = space.command(&["verify", "tiny.ron", "--json", "--threads", "3"]);
    command.env("ACAI_SIMD", "portable").env("TMPDIR", space.path("temporary"));
    let said = Said::from(command.output().unwrap());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let array: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(array.len() as u64, INSTANCES);
    assert!(array.iter().all(|one| one["verdict"] == "bit-identical" && one["against"] == "lock"));
    assert!(said.stderr.ends_with("17 bit-identical\n"), "{}", said.stderr);
    assert_eq!(std::fs::read_dir(space.path("temporary")).unwrap().count(), 0);
    // The lock alone is enough: everything is run again then, and nothing is kept.
    std::fs::remove_dir_all(space.path(".acai")).unwrap();
    let (code, array) = verify(&space, &["paths/acai"]);
    assert_eq!(code, Some(0));
    assert_eq!(names(&array), ["lines", "models/acai/0", "paths/acai/0"]);
    assert!(!space.path(".acai/objects").exists());
}

#[test]
fn instances_are_chosen_by_name_or_drawn() {
    let space = Space::new(TINY);
    space.run(&["--no-lock"]);
    let (code, array) = verify(&space, &["paths", "probe/acai/0"]);
    assert_eq!(code, Some(0));
    assert_eq!(names(&array), ["probe/acai/0", "paths/baseline/0", "paths/acai/0"]);
    assert!(array.iter().all(|one| one["against"] == "store"), "{array:?}");
    let said = space.say(&["verify", "tiny.ron", "path/acai/0"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
    assert!(said.stderr.contains("`path/acai/0`"), "{}", said.stderr);
    let drawn = verify(&space, &["--sample", "3"]).1;
    assert_eq!(drawn.len(), 3);
    assert_eq!(names(&drawn), names(&verify(&space, &["--sample", "3"]).1));
    for wrong in [&["--sample", "0"][..], &["--sample", "1", "lines"], &["--tolerance=-1"]] {
        let arguments = [&["verify", "tiny.ron"], wrong].concat();
        assert_eq!(space.say(&arguments).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_forged_weight_is_found_and_measured() {
    let space = Space::new(TINY);
    space.run(&[]);
    let weight = "encoder/00/weight";
    let (_, values) = forge(&space, "models/acai/0", weight, |value| *value += 0.25);
    let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    // The lock says what the model should be, the store has another, and everything downstream of the
    // model is as it was.
    let (code, array) = verify(&space, &["models/acai/0", "paths/acai/0"]);
    assert_eq!(code, Some(1));
    let wanted = ["models/acai/0: differs", "paths/acai/0: bit-identical"];
    assert_eq!(verdicts(&array), wanted, "{array:?}");
    let found = of(&array, "models/acai/0");
    assert_eq!(found["against"], "store");
    let [difference] = &found["differences"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!(difference["dataset"], weight);
    assert_eq!(difference["what"], format!("1 of {} numbers", values.len()));
    let absolute = difference["abs"].as_f64().unwrap();
    let relative = difference["rel"].as_f64().unwrap();
    assert!((absolute - 0.25).abs() < 1e-6, "{difference}");
    assert!((relative - absolute / f64::from(largest)).abs() < 1e-12, "{difference}");
    // A run of the forgery makes it the lock's as well, and still it is found.
    let said = space.say(&["run", "tiny.ron"]);
    assert!(said.stderr.contains("warning: models/acai/0 is not what"), "{}", said.stderr);
    let said = space.say(&["verify", "tiny.ron", "models/acai"]);
    assert_eq!(said.code, Some(1));
    let row: Vec<&str> = said.stdout.lines().last().unwrap().split_whitespace().collect();
    let place = format!("{weight}:");
    assert_eq!(row[..4], ["models/acai/0", "differs", "lock", &place], "{}", said.stdout);
    assert!(said.stdout.contains("  0.2500  "), "{}", said.stdout);
}

#[test]
fn numbers_may_be_as_far_away_as_is_tolerated() {
    let space = Space::new(TINY);
    space.run(&["--no-lock"]);
    let (object, _) =
        forge(&space, "models/baseline/0", "decoder/00/weight", |value| *value *= 1.0001);
    let verdict = |more: &[&str]| {
        let (code, array) = verify(&space, &[&["models/baseline/0"], more].concat());
        (code, verdicts(&array).concat())
    };
    let differs = (Some(1), "models/baseline/0: differs".to_owned());
    assert_eq!(verdict(&[]), differs);
    assert_eq!(verdict(&["--tolerance", "1e-9"]), differs);
    let within = (Some(0), "models/baseline/0: equal within tolerance".to_owned());
    assert_eq!(verdict(&["--tolerance", "0.001"]), within);
    // Without the artifact only the digest is known.
    std::fs::remove_file(object).unwrap();
    let (code, array) = verify(&space, &["models/baseline/0", "--tolerance", "0.001"]);
    assert_eq!((code, verdicts(&array).concat()), differs);
    assert_eq!(array[0]["why"], "the store lacks the artifact, so where is not known");
}

#[test]
fn what_nobody_has_run_is_not_run() {
    let space = Space::new(TINY);
    let (code, array) = verify(&space, &[]);
    assert_eq!(code, Some(1));
    assert!(array.iter().all(|one| one["verdict"] == "not run"));
    assert_eq!(array[0]["why"], "neither the lock nor the store says what it should be");
    assert!(!space.path(".acai/objects").exists());
    space.run(&[]);
    space.write(&TINY.replace("gamma: 0.2", "gamma: 0.1"));
    let (code, array) = verify(&space, &["models", "paths/acai/0"]);
    assert_eq!(code, Some(1));
    assert_eq!(of(&array, "models/baseline/0")["verdict"], "bit-identical");
    let why = &of(&array, "models/acai/0")["why"];
    assert_eq!(why, "the lock has it under another key: the pipeline was changed since");
    let why = &of(&array, "paths/acai/0")["why"];
    assert_eq!(why, "nothing says what models/acai/0 is, which it reads");
}

/// The lock of [`TINY`] as it would be after a training that takes very long.
fn lock_of_long(space: &Space) {
    space.run(&[]);
    space.write(&TINY.replace("kimg: 2", "kimg: 100000"));
    let path = space.path("tiny.lock.ron");
    let mut lock = Lockfile::load(&path).unwrap().unwrap();
    let read = Pipeline::read(&space.path("tiny.ron"), &[], &mut Context::default());
    let plan = Plan::new(&read.unwrap()).unwrap();
    let instance = &plan.instances[plan.position("models/baseline/0").unwrap()];
    let key = lock.key(&plan, instance, DeviceKind::Cpu).unwrap();
    lock.entries.get_mut(&instance.name).unwrap().key = key.digest();
    lock.save(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn interrupted_it_ends_with_130_and_leaves_nothing() {
    let space = Space::new(TINY);
    lock_of_long(&space);
    std::fs::create_dir(space.path("temporary")).unwrap();
    let mut command = space.command(&["verify", "tiny.ron", "--json", "models/baseline"]);
    command.env("TMPDIR", space.path("temporary")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    while std::fs::read_dir(space.path("temporary")).unwrap().count() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{}", said.stderr);
    assert!(said.stdout.contains("\"why\":\"interrupted\""), "{}", said.stdout);
    assert_eq!(std::fs::read_dir(space.path("temporary")).unwrap().count(), 0);
}
