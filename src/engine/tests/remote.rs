//! A shared cache gives what it has, and nothing else gets in.

use super::*;
use crate::{record::Record, remote::RemoteError};

fn plan() -> Plan {
    diamond(Fake::default(), Fake { add: 1, ..Fake::default() })
}

/// A folder with everything that `plan` makes, pushed.
fn pushed() -> (Bench, tempfile::TempDir, Remote) {
    let bench = Bench::new();
    bench.run(&plan());
    let dir = tempfile::tempdir().unwrap();
    let remote = Remote::new(dir.path(), Confined::here()).unwrap();
    remote.prepare().unwrap();
    assert_eq!(push(&bench, &remote), 4);
    (bench, dir, remote)
}

/// Pushes everything; how many were copied.
fn push(bench: &Bench, remote: &Remote) -> usize {
    let records: Vec<Record> =
        bench.status(&plan()).into_iter().map(|status| status.record.unwrap()).collect();
    let copied = records.iter().filter(|record| {
        let pushed = remote.push(&bench.store, record, false).unwrap();
        pushed == crate::remote::Pushed::Copied
    });
    copied.count()
}

fn names(dir: &std::path::Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

#[test]
fn what_was_pushed_is_pulled_key_by_key_and_computed_by_nobody() {
    let (bench, dir, remote) = pushed();
    assert_eq!(push(&bench, &remote), 0);
    assert_eq!((names(&dir.path().join("objects")), names(&dir.path().join("incoming"))), (4, 0));
    let other = Bench::new();
    let outcome = other.outcome_with(&plan(), Some(&remote), None);
    assert_eq!(counts(&outcome), (0, 4, 0, 0));
    assert_eq!(other.digests(), bench.digests());
    assert_eq!(other.store.runs("test").unwrap(), bench.store.runs("test").unwrap());
    // How it was made comes along, and it is sound.
    let took =
        |bench: &Bench| bench.status(&plan())[3].estimate.map(|estimate| estimate.took_s.to_bits());
    assert_eq!(took(&other), took(&bench));
    assert_eq!(other.run(&plan()), (0, 4, 0, 0));
    assert_eq!(other.files("checksums"), 4);
}

#[test]
fn a_run_asks_the_shared_cache_and_computes_the_rest() {
    let (_bench, _dir, remote) = pushed();
    let other = Bench::new();
    let changed = diamond(Fake::default(), Fake { add: 2, ..Fake::default() });
    let outcome = other.outcome_with(&changed, Some(&remote), Some(&Local));
    assert_eq!(counts(&outcome), (2, 2, 0, 0));
}

#[test]
fn what_is_not_there_is_not_pulled_nor_anything_downstream() {
    let (_bench, dir, remote) = pushed();
    let other = Bench::new();
    let changed = diamond(Fake::default(), Fake { add: 2, ..Fake::default() });
    let outcome = other.outcome_with(&changed, Some(&remote), None);
    assert_eq!(counts(&outcome), (0, 2, 1, 1));
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let outcome =
        other.outcome_with(&changed, Some(&Remote::new(&empty, Confined::here()).unwrap()), None);
    assert_eq!(counts(&outcome), (0, 2, 1, 1));
}

/// The note on the instance `left`, and the counts of a run with the shared cache.
fn refused(remote: &Remote) -> (String, (usize, usize, usize, usize)) {
    let other = Bench::new();
    let outcome = other.outcome_with(&plan(), Some(remote), Some(&Local));
    let events = other.events.lock().unwrap();
    let note = events.iter().find_map(|event| match event {
        Event::Noted { instance, note } if instance.to_string() == "left" => Some(note.clone()),
        _ => None,
    });
    assert_eq!(other.files("damaged"), 0);
    (note.unwrap_or_default(), counts(&outcome))
}

#[test]
fn a_damaged_shared_artifact_is_reported_and_not_taken() {
    let (bench, dir, remote) = pushed();
    let object = dir.path().join("objects").join(bench.object_of("left").file_name().unwrap());
    let sound = std::fs::read(&object).unwrap();

    std::fs::write(&object, &sound[..sound.len() / 2]).unwrap();
    let (note, counts) = refused(&remote);
    assert!(note.contains("is damaged and was not taken"), "{note}");
    assert_eq!(counts, (1, 3, 0, 0));

    std::fs::copy(bench.object_of("end"), &object).unwrap();
    let (note, counts) = refused(&remote);
    assert!(note.contains("is damaged and was not taken: its content is "), "{note}");
    assert_eq!(counts, (1, 3, 0, 0));

    std::fs::remove_file(&object).unwrap();
    let (note, counts) = refused(&remote);
    assert!(note.contains("is not there, though its record is"), "{note}");
    assert_eq!(counts, (1, 3, 0, 0));

    // Pushed again it is repaired.
    assert_eq!(push(&bench, &remote), 1);
    assert_eq!(refused(&remote), (String::new(), (0, 4, 0, 0)));
}

#[test]
fn flipped_bits_never_get_in() {
    let (bench, dir, remote) = pushed();
    let object = dir.path().join("objects").join(bench.object_of("left").file_name().unwrap());
    let sound = std::fs::read(&object).unwrap();
    for place in (0..sound.len()).step_by(331) {
        let mut bytes = sound.clone();
        bytes[place] ^= 4;
        std::fs::write(&object, bytes).unwrap();
        let other = Bench::new();
        let outcome = other.outcome_with(&plan(), Some(&remote), Some(&Local));
        assert_eq!(outcome.summary.failed, 0, "{place}");
        assert_eq!(other.digests(), bench.digests(), "{place}");
    }
}

#[test]
fn a_record_is_believed_in_nothing_but_which_artifact_a_key_gave() {
    let (bench, dir, remote) = pushed();
    let key = bench.status(&plan())[1].key.as_ref().unwrap().digest().to_string();
    let action = dir.path().join("actions").join(&key);
    let text = std::fs::read_to_string(&action).unwrap();
    // Another key's record under this key's name is none.
    let other_key = bench.status(&plan())[2].key.as_ref().unwrap().digest().to_string();
    std::fs::copy(dir.path().join("actions").join(other_key), &action).unwrap();
    assert_eq!(refused(&remote), (String::new(), (1, 3, 0, 0)));
    // Scores come from the artifact; escapes do not come at all.
    let lines = text.lines().map(|line| match line.split_once(' ').unwrap().0 {
        "check" => String::new(),
        "score" => "score 1000.0 sum\n".to_owned(),
        "host" => "host evil\u{1b}[2Jhost\n".to_owned(),
        _ => format!("{line}\n"),
    });
    std::fs::write(&action, lines.collect::<String>()).unwrap();
    let other = Bench::new();
    let outcome = other.outcome_with(&plan(), Some(&remote), None);
    assert_eq!(counts(&outcome), (0, 4, 0, 0));
    let record = other.status(&plan())[1].record.clone().unwrap();
    assert_eq!(record.scores, bench.status(&plan())[1].record.as_ref().unwrap().scores);
    assert_eq!(record.made.host, "evil[2Jhost");
}

#[test]
fn many_push_at_once() {
    let (bench, dir) = (Bench::new(), tempfile::tempdir().unwrap());
    bench.run(&plan());
    let remote = Remote::new(dir.path(), Confined::here()).unwrap();
    remote.prepare().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| push(&bench, &remote));
        }
    });
    assert_eq!((names(&dir.path().join("objects")), names(&dir.path().join("incoming"))), (4, 0));
    let outcome = Bench::new().outcome_with(&plan(), Some(&remote), None);
    assert_eq!(counts(&outcome), (0, 4, 0, 0));
}

#[test]
fn a_folder_that_is_not_mounted_is_not_an_empty_cache() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Remote::new(&dir.path().join("missing"), Confined::here());
    assert!(matches!(missing, Err(RemoteError::Missing(_))));
    let error = Remote::new(std::path::Path::new("s3://bucket/cache"), Confined::here())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("`s3://bucket/cache` is not a folder"), "{error}");
}
