//! What another version would change, beside the file as it is, and what that
//! costs.

use super::*;
use crate::{
    cost::{Cost, DurationEstimate, EstimateSource},
    sources::Sources,
    status::Compared,
    what_if::{WhatIf, what_if},
};

fn fake(add: i64) -> Fake {
    Fake { add, ..Fake::default() }
}

fn ask(bench: &Bench, now: &Plan, then: &Plan) -> WhatIf {
    let sources = Sources { store: &bench.store, remote: None, places: &SearchPaths::default() };
    what_if(now, then, &sources, DeviceKind::Cpu).unwrap()
}

/// A line per instance that changes: state, then field, old and new value (of
/// digests, whether they are there) and where it comes from.
fn told(found: &WhatIf) -> Vec<String> {
    let short = |value: &Option<String>| match value {
        None => "?".to_owned(),
        Some(value) if value.len() == 64 => "digest".to_owned(),
        Some(value) => value.clone(),
    };
    let line = |(place, status): (usize, &Status)| {
        let reasons = status.reasons.iter().map(|reason| {
            let (old, new) = (short(&reason.old), short(&reason.new));
            let from = reason.upstream.as_deref().unwrap_or("itself");
            format!("{} {old} {new} {from}", reason.field)
        });
        let reasons: Vec<String> = reasons.collect();
        format!("{place} {:?}: {}", status.state, reasons.join(", "))
    };
    let changed = found.then.iter().enumerate().filter(|(_, status)| !status.reasons.is_empty());
    changed.map(line).collect()
}

#[test]
fn what_changes_and_everything_downstream_is_told_and_nothing_else() {
    let bench = Bench::new();
    let now = diamond(fake(0), fake(1));
    bench.run(&now);
    let found = ask(&bench, &now, &diamond(fake(0), fake(2)));
    assert_eq!(told(&found), ["1 Run: add 1 2 itself", "3 Maybe: a digest ? left"]);
    assert!(found.now.iter().all(|status| status.state == State::Cached));
    assert_eq!(found.then[1].compared, Compared::File);
    assert_eq!(found.then[1].reasons[0].at.as_deref(), Some("test.ron:1:41"));
    assert_eq!(found.then[3].reasons[0].old, Some(bench.digest_of("left")));
    assert_eq!(bench.states(&now), [State::Cached; 4], "nothing ran");
}

#[test]
fn values_that_were_run_before_are_cached_with_both_digests() {
    let bench = Bench::new();
    let (now, then) = (diamond(fake(0), fake(1)), diamond(fake(0), fake(2)));
    bench.run(&then);
    bench.run(&now);
    let expected = ["1 Cached: add 1 2 itself", "3 Cached: a.value digest digest left"];
    assert_eq!(told(&ask(&bench, &now, &then)), expected);
    // What comes out the same changes nothing further down.
    let scaled = |scale| Fake { scale, ..fake(0) };
    let (now, then) = (diamond(fake(0), scaled(None)), diamond(fake(0), scaled(Some(3))));
    bench.run(&then);
    bench.run(&now);
    assert_eq!(told(&ask(&bench, &now, &then)), ["1 Cached: scale 1 3 itself"]);
}

#[test]
fn the_file_is_compared_with_even_if_it_never_ran() {
    let bench = Bench::new();
    let found = ask(&bench, &diamond(fake(0), fake(1)), &diamond(fake(0), fake(2)));
    assert_eq!(told(&found), ["1 Run: add 1 2 itself", "3 Run: a ? ? left"]);
}

#[test]
fn another_input_and_new_instances_are_told() {
    let bench = Bench::new();
    let plan = |from| {
        Planned::new().stage("x", &[], fake(1)).stage("y", &[], fake(2)).stage(
            "z",
            &[from],
            fake(0),
        )
    };
    let now = plan("x").plan();
    bench.run(&now);
    let then = plan("y").stage("new", &["z"], fake(5)).plan();
    let found = ask(&bench, &now, &then);
    assert_eq!(told(&found)[0], "2 Run: a.value digest digest y");
    assert_eq!(found.counterparts, [Some(0), Some(1), Some(2), None]);
}

#[test]
fn an_instance_is_judged_by_itself_or_by_the_nearest_of_its_kind() {
    let bench = Bench::new();
    let slow = |add| Fake { behaviour: Behaviour::TakesMs(30), ..fake(add) };
    bench.run(&Planned::new().stage("x", &[], slow(1)).plan());
    let wanted = Planned::new().stage("x", &[], fake(2)).stage("y", &[], fake(3)).plan();
    let status = bench.status(&wanted);
    let source: Vec<EstimateSource> =
        status.iter().map(|status| status.estimate.unwrap().source).collect();
    assert_eq!(source, [EstimateSource::Own, EstimateSource::Nearest]);
    assert!(status.iter().all(|status| status.estimate.unwrap().took_s >= 0.03));
}

#[test]
fn costs_add_up_and_unknown_ones_are_counted_apart() {
    let bench = Bench::new();
    let mut status = bench.status(&diamond(fake(0), fake(1)));
    assert_eq!(Cost::of(&status), Cost { instances: 4, unknown: 4, ..Cost::default() });
    let estimate = |took_s, source| Some(DurationEstimate { took_s, source });
    status[0].estimate = estimate(1.5, EstimateSource::Own);
    status[1].estimate = estimate(2.0, EstimateSource::Nearest);
    status[3].estimate = estimate(8.0, EstimateSource::Own);
    status[3].state = State::Cached;
    let expected = Cost { seconds: 3.5, instances: 3, nearest: 1, unknown: 1 };
    assert_eq!(Cost::of(&status), expected);
}
