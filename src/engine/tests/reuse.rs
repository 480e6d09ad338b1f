//! Only what changed runs, and failures stay where they are.

use super::*;

#[test]
fn the_second_run_computes_nothing() {
    let bench = Bench::new();
    let ran = Arc::new(AtomicUsize::new(0));
    let plan = || diamond(Fake::default(), Fake { add: 1, ran: ran.clone(), ..Fake::default() });
    assert_eq!(bench.run(&plan()), (4, 0, 0, 0));
    let first = bench.digests();
    assert_eq!(bench.run(&plan()), (0, 4, 0, 0));
    assert_eq!(bench.digests(), first);
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    assert_eq!(bench.files("work"), 0);
}

#[test]
fn events_tell_the_whole_story() {
    let bench = Bench::new();
    let plan = || Planned::new().stage("only", &[], Fake { add: 4, ..Fake::default() }).plan();
    bench.run(&plan());
    let events = std::mem::take(&mut *bench.events.lock().unwrap());
    assert!(
        matches!(&events[0], Event::Planned { pipeline, instances: 1, .. } if pipeline == "test")
    );
    assert!(matches!(&events[1], Event::Started { kind: "Fake", .. }));
    assert!(matches!(&events[2], Event::Progressed { progress, .. } if progress.total == 2));
    let Event::Finished(end) = &events[3] else { panic!("{events:?}") };
    assert!(end.obtained == Obtained::Computed && end.scores == [("sum".to_owned(), 4.0)]);
    assert!(matches!(events[4], Event::Done(Summary { ran: 1, .. })));
    bench.run(&plan());
    let events = bench.events.lock().unwrap();
    let Event::Finished(end) = &events[1] else { panic!("{events:?}") };
    assert!(
        end.obtained == Obtained::Cached
            && end.scores == [("sum".to_owned(), 4.0)]
            && end.elapsed_s == 0.0
    );
}

#[test]
fn a_changed_stage_and_everything_downstream_runs() {
    let bench = Bench::new();
    bench.run(&diamond(Fake::default(), Fake { add: 1, ..Fake::default() }));
    let changed = diamond(Fake::default(), Fake { add: 2, ..Fake::default() });
    assert_eq!(bench.states(&changed), [State::Cached, State::Run, State::Cached, State::Maybe]);
    assert_eq!(bench.run(&changed), (2, 2, 0, 0));
    // The former results are still there.
    let former = diamond(Fake::default(), Fake { add: 1, ..Fake::default() });
    assert_eq!(bench.run(&former), (0, 4, 0, 0));
}

#[test]
fn early_cutoff_when_a_result_comes_out_the_same() {
    let bench = Bench::new();
    bench.run(&diamond(Fake::default(), Fake { add: 1, ..Fake::default() }));
    // Another version of the code, the same sum.
    let again = diamond(Fake::default(), Fake { add: 1, version: 2, ..Fake::default() });
    assert_eq!(bench.states(&again), [State::Cached, State::Run, State::Cached, State::Maybe]);
    assert_eq!(bench.run(&again), (1, 3, 0, 0));
    // Another result in a part that no stage reads.
    let noted = diamond(Fake::default(), Fake { add: 1, note: 9, ..Fake::default() });
    assert_eq!(bench.run(&noted), (1, 3, 0, 0));
}

#[test]
fn names_do_not_count() {
    let bench = Bench::new();
    let fake = |add| Fake { add, ..Fake::default() };
    bench.run(&Planned::new().stage("x", &[], fake(1)).stage("y", &["x"], fake(2)).plan());
    let renamed = Planned::new().stage("p", &[], fake(1)).stage("q", &["p"], fake(2)).plan();
    assert_eq!(bench.run(&renamed), (0, 2, 0, 0));
}

#[test]
fn a_failure_skips_everything_downstream_and_nothing_else() {
    let bench = Bench::new();
    for behaviour in [Behaviour::Fails, Behaviour::Panics] {
        let plan = diamond(Fake::default(), Fake { add: 1, behaviour, ..Fake::default() });
        let (_, _, failed, skipped) = bench.run(&plan);
        assert_eq!((failed, skipped), (1, 1));
        let events = bench.events.lock().unwrap();
        let skipped = events.iter().find_map(|event| match event {
            Event::Skipped { instance, because, .. } => Some(format!("{instance} {because}")),
            _ => None,
        });
        assert_eq!(skipped.unwrap(), "end left");
    }
    assert_eq!(bench.files("work"), 0);
    let repaired = diamond(Fake::default(), Fake { add: 1, ..Fake::default() });
    assert_eq!(bench.run(&repaired), (2, 2, 0, 0));
}

#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    let bench = Bench::new();
    let left = Fake { add: 1, behaviour: Behaviour::IsInterrupted, ..Fake::default() };
    let outcome = bench.outcome(&diamond(Fake::default(), left));
    assert!(outcome.interrupted);
    assert_eq!((outcome.summary.ran, outcome.summary.failed), (1, 0));
    assert!(matches!(bench.events.lock().unwrap().last(), Some(Event::Done(_))));
    let plan = diamond(Fake::default(), Fake { add: 1, ..Fake::default() });
    assert_eq!(bench.run(&plan), (3, 1, 0, 0));
}

#[test]
fn two_runs_share_one_computation() {
    let bench = Bench::new();
    let ran = Arc::new(AtomicUsize::new(0));
    let behaviour = Behaviour::TakesMs(300);
    let plan = || {
        let slow =
            Fake { add: 1, ran: ran.clone(), behaviour: behaviour.clone(), ..Fake::default() };
        Planned::new().stage("slow", &[], slow).plan()
    };
    let other = Bench { store: bench.store.clone(), ..Bench::new() };
    std::thread::scope(|scope| {
        scope.spawn(|| bench.run(&plan()));
        scope.spawn(|| other.run(&plan()));
    });
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    assert_eq!(bench.digests(), other.digests());
    let waited = |bench: &Bench| {
        let events = bench.events.lock().unwrap();
        events.iter().filter(|event| matches!(event, Event::Waiting { .. })).count()
    };
    assert_eq!(waited(&bench) + waited(&other), 1);
}
