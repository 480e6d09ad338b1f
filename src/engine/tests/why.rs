//! The tool can say why something runs, before it does.

use super::*;
use crate::status::Compared;

#[test]
fn nothing_to_compare_with_at_first() {
    let bench = Bench::new();
    let status = bench.status(&diamond(Fake::default(), Fake::default()));
    assert!(status.iter().all(|status| status.state == State::Run));
    assert_eq!(status[0].compared, Compared::Nothing);
    assert!(status[0].reasons.is_empty() && status[0].key.is_some());
    assert_eq!(status[1].reasons[0].upstream.as_deref(), Some("root"));
    assert!(status[1].key.is_none());
}

#[test]
fn a_changed_default_is_named_with_both_values_and_its_place() {
    let bench = Bench::new();
    let left = |scale| Fake { add: 1, scale, ..Fake::default() };
    bench.run(&diamond(Fake::default(), left(None)));
    let changed = diamond(Fake::default(), left(Some(3)));
    let status = bench.status(&changed);
    let [reason] = status[1].reasons.as_slice() else { panic!("{:?}", status[1]) };
    assert_eq!(reason.field, "scale");
    assert_eq!((reason.old.as_deref(), reason.new.as_deref()), (Some("1"), Some("3")));
    assert_eq!(reason.at.as_deref(), Some("test.ron:1:41"));
    assert_eq!(status[1].compared, Compared::LastRun);
    assert!(status[1].estimate.is_some());
    let [reason] = status[3].reasons.as_slice() else { panic!("{:?}", status[3]) };
    assert_eq!((reason.field.as_str(), reason.upstream.as_deref()), ("a", Some("left")));
    let left_was = bench.digest_of("left");
    assert_eq!((reason.old.as_ref(), &reason.new), (Some(&left_was), &None));
    assert_eq!(reason.at.as_deref(), Some("test.ron:1:41"));
}

#[test]
fn what_ran_and_changes_again_is_compared_with_the_last_run() {
    let bench = Bench::new();
    let plan = |add| Planned::new().stage("x", &[], Fake { add, ..Fake::default() }).plan();
    bench.run(&plan(1));
    bench.run(&plan(2));
    assert_eq!(bench.states(&plan(1)), [State::Cached]);
    let status = bench.status(&plan(4));
    assert_eq!(status[0].reasons[0].old.as_deref(), Some("2"));
}

#[test]
fn a_new_instance_is_compared_with_the_nearest_of_its_kind() {
    let bench = Bench::new();
    let fake = |add, note| Fake { add, note, ..Fake::default() };
    bench.run(&Planned::new().stage("x", &[], fake(1, 1)).stage("y", &[], fake(2, 2)).plan());
    let status = bench.status(&Planned::new().stage("z", &[], fake(3, 2)).plan());
    assert_eq!(status[0].compared, Compared::Nearest);
    let [reason] = status[0].reasons.as_slice() else { panic!("{:?}", status[0]) };
    assert_eq!(reason.field, "add");
    assert_eq!((reason.old.as_deref(), reason.new.as_deref()), (Some("2"), Some("3")));
}

#[test]
fn another_input_is_named_with_where_it_comes_from() {
    let bench = Bench::new();
    let plan = |from| {
        Planned::new()
            .stage("x", &[], Fake { add: 1, ..Fake::default() })
            .stage("y", &[], Fake { add: 2, ..Fake::default() })
            .stage("z", &[from], Fake::default())
            .plan()
    };
    bench.run(&plan("x"));
    let status = bench.status(&plan("y"));
    assert_eq!(status[2].state, State::Run);
    let [reason] = status[2].reasons.as_slice() else { panic!("{:?}", status[2]) };
    assert_eq!((reason.field.as_str(), reason.upstream.as_deref()), ("a.value", Some("y")));
    assert!(reason.old.is_some() && reason.new.is_some() && reason.old != reason.new);
}

#[test]
fn plan_says_what_run_does() {
    let bench = Bench::new();
    let plans: Vec<Plan> = (0..6)
        .map(|step| {
            let root = Fake { add: step / 4, ..Fake::default() };
            diamond(root, Fake { add: step % 3, version: step as u32 / 2, ..Fake::default() })
        })
        .collect();
    for plan in &plans {
        let said = bench.states(plan);
        bench.run(plan);
        let events = bench.events.lock().unwrap();
        let did = events.iter().filter_map(|event| match event {
            Event::Finished(end) => Some(end.obtained == Obtained::Cached),
            _ => None,
        });
        for (state, cached) in said.into_iter().zip(did) {
            assert!(state == State::Maybe || cached == (state == State::Cached));
        }
    }
}
