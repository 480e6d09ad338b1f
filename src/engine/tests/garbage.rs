//! What is needed stays, what is not goes, and running runs are not disturbed.

use std::{collections::HashSet, path::Path};

use super::*;
use crate::{
    garbage::{CollectError, GarbageKind, GcOptions, GcReport},
    lease::Lease,
    roots::Origin,
};
use acai_artifact::Digest;

/// A diamond source `left` and `end` depend on `add`.
fn plan(add: i64) -> Plan {
    diamond(Fake::default(), Fake { add, ..Fake::default() })
}

fn collect(bench: &Bench, options: &GcOptions) -> GcReport {
    bench.store.collect(options, &mut || (), &AtomicBool::new(false)).unwrap()
}

fn kinds(report: &GcReport) -> Vec<GarbageKind> {
    report.gone.iter().map(|garbage| garbage.what.clone()).collect()
}

/// Every file of the store but locks, sorted.
fn tree(bench: &Bench) -> Vec<String> {
    let root = bench.dir.path().join("cache");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            match path.is_dir() {
                true => open.push(path),
                false if name.starts_with("locks") => {}
                false => found.push(name),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn results_of_the_last_runs_stay_and_the_rest_goes() {
    let bench = Bench::new();
    bench.run(&plan(1));
    bench.run(&plan(2));
    assert_eq!((bench.files("objects"), bench.files("actions")), (6, 6));
    let before = tree(&bench);
    let told = collect(&bench, &GcOptions { dry_run: true, ..GcOptions::default() });
    assert_eq!(tree(&bench), before);
    let report = collect(&bench, &GcOptions::default());
    assert_eq!(
        kinds(&report),
        [GarbageKind::Artifact("Fake".into()), GarbageKind::Artifact("Fake".into())]
    );
    assert_eq!((kinds(&told), told.bytes()), (kinds(&report), report.bytes()));
    // GarbageKind hung on `left` reads something else; `left` is told by its number.
    let mut about: Vec<&str> = report.gone.iter().map(|garbage| garbage.about.as_str()).collect();
    about.sort_unstable();
    assert_eq!(about, ["add 1", "other a.value"]);
    assert!(report.gone.iter().all(|garbage| garbage.made_unix_s.is_some()));
    assert_eq!(report.needed.number, 4);
    for folder in ["objects", "actions", "checksums"] {
        assert_eq!(bench.files(folder), 4, "{folder}");
    }
    assert_eq!(bench.run(&plan(2)), (0, 4, 0, 0));
    assert_eq!(bench.run(&plan(1)), (2, 2, 0, 0));
    assert!(collect(&bench, &GcOptions::default()).gone.len() == 2);
}

#[test]
fn records_that_lead_nowhere_stay_only_for_keys_that_are_needed() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let left = bench.object_of("left");
    bench.run(&plan(2));
    std::fs::remove_file(left).unwrap();
    std::fs::remove_file(bench.object_of("end")).unwrap();
    let report = collect(&bench, &GcOptions::default());
    let rest = [GarbageKind::Record, GarbageKind::Trace, GarbageKind::Trace];
    assert_eq!(kinds(&report)[0], GarbageKind::Artifact("Fake".into()));
    assert_eq!(kinds(&report)[1..], rest);
    assert_eq!((bench.files("objects"), bench.files("actions")), (3, 4));
}

#[test]
fn keys_that_are_named_stay() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let keys = bench.status(&plan(1)).into_iter().map(|status| status.key.unwrap().digest());
    let keys: HashSet<Digest> = keys.collect();
    bench.run(&plan(2));
    let report = collect(&bench, &GcOptions { keys, ..GcOptions::default() });
    assert!(report.gone.is_empty() && report.needed.number == 6);
}

#[test]
fn a_forgotten_pipeline_needs_nothing() {
    let bench = Bench::new();
    bench.run(&plan(1));
    assert_eq!(bench.store.pipelines().unwrap(), ["test"]);
    let options = GcOptions { forget: vec!["test".into()], dry_run: true, ..GcOptions::default() };
    assert_eq!(collect(&bench, &options).gone.len(), 4);
    assert_eq!(collect(&bench, &GcOptions { dry_run: false, ..options }).gone.len(), 4);
    assert_eq!((bench.files("objects"), bench.files("runs")), (0, 0));
    assert_eq!(bench.run(&plan(1)), (4, 0, 0, 0));
}

#[test]
fn of_the_rest_what_took_longest_for_its_size_stays() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let [left, end] = ["left", "end"].map(|name| bench.object_of(name));
    bench.run(&plan(2));
    // As if `end` had taken an hour, and `left` a second.
    for (object, took) in [(&left, "1.0"), (&end, "3600.0")] {
        let digest = object.file_stem().unwrap().to_str().unwrap();
        reword(&bench, digest, "elapsed_s", took);
    }
    let one = std::fs::metadata(&end).unwrap().len();
    let needed = collect(&bench, &GcOptions { dry_run: true, ..GcOptions::default() }).needed.bytes;
    let options = GcOptions { max_bytes: Some(needed + one), ..GcOptions::default() };
    let report = collect(&bench, &options);
    assert_eq!((report.gone.len(), report.gone[0].elapsed_s), (1, 1.0));
    assert_eq!((report.retained.number, report.retained.elapsed_s), (1, 3600.0));
    assert!(end.exists() && !left.exists());
}

/// Gives a line of the record that leads to `digest` another value.
fn reword(bench: &Bench, digest: &str, name: &str, value: &str) {
    for entry in std::fs::read_dir(bench.dir.path().join("cache/actions")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains(&format!("\ndigest {digest}")) {
            let is_named = |line: &str| line.starts_with(&format!("{name} "));
            let line = |line: &str| {
                if is_named(line) { format!("{name} {value}\n") } else { format!("{line}\n") }
            };
            let body = text.lines().filter(|line| !line.starts_with("check "));
            std::fs::write(path, body.map(line).collect::<String>()).unwrap();
        }
    }
}

#[test]
fn what_a_run_leases_stays_while_it_runs_and_after_it_was_killed() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let status = bench.status(&plan(1));
    let mut lease = Lease::new(&bench.store, &Origin::named("test"));
    for (name, status) in ["root", "left", "right"].iter().zip(&status) {
        let (key, record) = (status.key.as_ref().unwrap(), status.record.as_ref().unwrap());
        lease.keep(name, &key.digest(), &record.digest);
    }
    lease.begin("end", &status[3].key.as_ref().unwrap().digest()).unwrap();
    bench.run(&plan(2));
    let options = GcOptions { forget: vec!["test".into()], dry_run: true, ..GcOptions::default() };
    assert_eq!(collect(&bench, &options).needed.number, 4, "running runs are not forgotten");
    assert_eq!(collect(&bench, &GcOptions::default()).needed.number, 6);
    drop(lease);
    assert_eq!(collect(&bench, &GcOptions::default()).needed.number, 6);
    // The next run of the pipeline notes the results of the killed one, then its own.
    bench.run(&plan(2));
    assert_eq!(bench.files("leases"), 0);
    assert_eq!(collect(&bench, &GcOptions::default()).needed.number, 4);
}

#[test]
fn results_of_a_killed_run_are_noted_where_nothing_newer_is() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let status = bench.status(&plan(1));
    let mut lease = Lease::new(&bench.store, &Origin::named("test"));
    lease.begin("elsewhere", &status[1].key.as_ref().unwrap().digest()).unwrap();
    lease.begin("left", &status[2].key.as_ref().unwrap().digest()).unwrap();
    drop(lease);
    bench.run(&plan(1));
    let runs = bench.store.runs("test").unwrap().0;
    assert_eq!(runs["elsewhere"], runs["left"]);
    assert_ne!(runs["left"], runs["right"]);
}

#[test]
fn stale_files_go_and_work_under_way_stays() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let root = bench.dir.path().join("cache");
    let key = bench.status(&plan(1))[0].key.as_ref().unwrap().digest().to_string();
    let [dead, living, begun, gone] = ["0", "1", "2", "3"].map(|digit| digit.repeat(64));
    std::fs::create_dir_all(root.join("checkpoints").join(&dead)).unwrap();
    std::fs::create_dir_all(root.join("previews")).unwrap();
    let put = |name: String| std::fs::write(root.join(name), "left").unwrap();
    put(format!("checkpoints/{dead}/step"));
    put(format!("checkpoints/{key}.h5"));
    put(format!("checkpoints/{begun}.h5"));
    put(format!("work/{dead}.h5"));
    put(format!("work/{living}.h5"));
    put(format!("damaged/{dead}.h5"));
    put(format!("checksums/{gone}"));
    put(format!("previews/{gone}.png"));
    put(format!("objects/{dead}.h5"));
    put(format!("actions/{dead}"));
    let lock = std::fs::File::create(root.join("locks").join(&living)).unwrap();
    lock.lock().unwrap();
    let mut lease = Lease::new(&bench.store, &Origin::named("other"));
    lease.begin("models/acai/0", &begun.parse().unwrap()).unwrap();
    lease.end().unwrap();

    let report = collect(&bench, &GcOptions::default());
    let mut left = tree(&bench);
    left.retain(|name| {
        !["objects", "actions", "checksums", "runs"].iter().any(|f| name.starts_with(f))
    });
    let stays = ["checkpoints/", "leases/other.1", "work/"].map(str::to_owned);
    let [checkpoints, leases, work] = stays;
    assert_eq!(left, [format!("{checkpoints}{begun}.h5"), leases, format!("{work}{living}.h5")]);
    for (what, number) in [
        (GarbageKind::Checkpoint, 2),
        (GarbageKind::HalfWritten, 1),
        (GarbageKind::Damaged, 1),
        (GarbageKind::Trace, 2),
        (GarbageKind::Orphan, 1),
        (GarbageKind::Record, 1),
    ] {
        assert_eq!(kinds(&report).iter().filter(|one| **one == what).count(), number, "{what:?}");
    }
    assert_eq!(bench.run(&plan(1)), (0, 4, 0, 0));
}

#[test]
fn another_version_s_records_stop_everything() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let path = bench.dir.path().join("cache/actions").join("0".repeat(64));
    std::fs::write(&path, "acai-pipe record 2\nwhatever\n").unwrap();
    let options = GcOptions { forget: vec!["test".into()], ..GcOptions::default() };
    let result = bench.store.collect(&options, &mut || (), &AtomicBool::new(false));
    let Err(CollectError::Foreign(named)) = result else { panic!("{result:?}") };
    assert_eq!(named, path);
    assert_eq!(bench.files("objects"), 4);
}

#[test]
fn there_is_nothing_to_collect_where_there_is_no_store() {
    let bench = Bench::new();
    assert!(collect(&bench, &GcOptions::default()).gone.is_empty());
    assert!(!Path::new(bench.store.root()).exists());
}

#[test]
fn a_collector_waits_for_readers() {
    let bench = Bench::new();
    bench.run(&plan(1));
    let reading = bench.store.lock_shared().unwrap();
    let mut waited = 0;
    let stopped = AtomicBool::new(true);
    let ended = bench.store.collect(&GcOptions::default(), &mut || waited += 1, &stopped);
    assert!(matches!(ended, Err(CollectError::Interrupted)) && waited == 1);
    drop(reading);
    assert!(bench.store.collect(&GcOptions::default(), &mut || waited += 1, &stopped).is_ok());
}
