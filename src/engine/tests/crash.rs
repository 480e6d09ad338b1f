//! Nothing is lost: damage is noticed, and interrupted work is done again.

use super::*;

fn plan() -> Plan {
    diamond(Fake::default(), Fake { add: 1, ..Fake::default() })
}

fn changed() -> Plan {
    diamond(Fake::default(), Fake { add: 2, ..Fake::default() })
}

#[test]
fn a_damaged_input_is_set_aside_and_rebuilt() {
    let bench = Bench::new();
    bench.run(&plan());
    let digests = bench.digests();
    let root = bench.object_of("root");
    flip(&root);
    // A run that reads nothing does not notice; one that reads it does.
    assert_eq!(bench.run(&plan()), (0, 4, 0, 0));
    assert_eq!(bench.run(&changed()), (3, 1, 0, 0));
    let events = std::mem::take(&mut *bench.events.lock().unwrap());
    let aside = events.iter().find_map(|event| match event {
        Event::SetAside { instance, path } => Some((instance.to_string(), path.clone())),
        _ => None,
    });
    let (instance, path) = aside.unwrap();
    assert_eq!(instance, "root");
    assert!(path.starts_with(bench.dir.path().join("cache/damaged")) && path.exists());
    assert!(root.exists());
    assert_eq!(bench.run(&plan()), (0, 4, 0, 0));
    assert_eq!(bench.digests(), digests);
}

#[test]
fn an_artifact_made_again_meanwhile_is_not_set_aside() {
    let bench = Bench::new();
    bench.run(&plan());
    let root = bench.object_of("root");
    let digest = root.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(bench.store.set_aside(&digest).unwrap(), None);
    flip(&root);
    assert!(bench.store.set_aside(&digest).unwrap().is_some());
    assert_eq!(bench.store.set_aside(&digest).unwrap(), None);
}

#[test]
fn a_damaged_checksum_is_damage() {
    let bench = Bench::new();
    bench.run(&plan());
    let root = bench.object_of("root");
    let checksum = bench.dir.path().join("cache/checksums").join(root.file_stem().unwrap());
    std::fs::write(checksum, [0xff, 0xfe]).unwrap();
    assert_eq!(bench.run(&changed()), (3, 1, 0, 0));
    assert_eq!(bench.files("damaged"), 1);
}

#[test]
fn damage_is_repaired_at_any_depth() {
    let bench = Bench::new();
    bench.run(&plan());
    flip(&bench.object_of("root"));
    std::fs::remove_file(bench.object_of("left")).unwrap();
    assert_eq!(bench.states(&plan()), [State::Cached, State::Run, State::Cached, State::Maybe]);
    assert_eq!(bench.run(&plan()), (2, 2, 0, 0));
    assert_eq!(bench.files("damaged"), 1);
}

#[test]
fn a_missing_or_shortened_artifact_is_no_hit() {
    let bench = Bench::new();
    bench.run(&plan());
    std::fs::remove_file(bench.object_of("root")).unwrap();
    let status = bench.status(&plan());
    assert_eq!(status[0].reasons[0].field, "artifact");
    assert_eq!(bench.run(&plan()), (1, 3, 0, 0));
    let end = bench.object_of("end");
    let bytes = std::fs::read(&end).unwrap();
    std::fs::write(&end, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(bench.run(&plan()), (1, 3, 0, 0));
    assert_eq!(std::fs::read(&end).unwrap(), bytes);
}

#[test]
fn a_cut_record_is_no_hit() {
    let bench = Bench::new();
    bench.run(&plan());
    let actions = bench.dir.path().join("cache/actions");
    for entry in std::fs::read_dir(actions).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    }
    assert_eq!(bench.run(&plan()), (4, 0, 0, 0));
    assert_eq!(bench.run(&plan()), (0, 4, 0, 0));
}

#[test]
fn half_written_files_of_dead_runs_are_removed_and_of_running_ones_kept() {
    let bench = Bench::new();
    bench.run(&plan());
    let work = bench.dir.path().join("cache/work");
    let (dead, living) = ("0".repeat(64), "1".repeat(64));
    for name in [format!("{dead}.h5"), format!("{dead}.actions"), format!("{living}.h5")] {
        std::fs::write(work.join(name), "half").unwrap();
    }
    let lock = bench.dir.path().join("cache/locks").join(&living);
    let lock = std::fs::File::create(lock).unwrap();
    lock.lock().unwrap();
    bench.run(&changed());
    let left: Vec<_> = std::fs::read_dir(&work).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [format!("{living}.h5").as_str()]);
}

#[test]
fn two_keys_may_share_an_artifact() {
    let bench = Bench::new();
    let fake = |add, version| Fake { add, version, ..Fake::default() };
    let plan = Planned::new().stage("x", &[], fake(1, 1)).stage("y", &[], fake(1, 2)).plan();
    assert_eq!(bench.run(&plan), (2, 0, 0, 0));
    assert_eq!((bench.files("objects"), bench.files("actions")), (1, 2));
    // Rebuilding it for one key serves the other as well.
    std::fs::remove_file(bench.object_of("x")).unwrap();
    assert_eq!(bench.run(&plan), (1, 1, 0, 0));
}

#[test]
fn an_unusable_store_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("file");
    std::fs::write(&root, "").unwrap();
    let store = Store::new(&root);
    let stop = AtomicBool::new(false);
    let context = RunContext {
        store: &store,
        file: None,
        remote: None,
        executor: Some(&Local),
        device: DeviceKind::Cpu,
        places: &SearchPaths::default(),
        stop: &stop,
        checkpoint_every: Duration::MAX,
        checkpoint_requests: CheckpointRequests::default(),
    };
    let error = run(&plan(), &context, &mut |_| ()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("the store at `{}` cannot be used", root.display())));
}
