//! What becomes of instances and why, in words.
//!
//! Knows nothing of how reasons are found.

use std::{collections::HashSet, fmt::Write as _};

use crate::why::{change, cost, forecast, word};
use acai_engine::{
    cost::Cost,
    reason::Reason,
    status::{Compared, State, Status},
};
use acai_plan::Plan;

/// One instance: what becomes of it, why, and everything downstream.
pub(super) fn one(plan: &Plan, index: usize, statuses: &[Status]) -> String {
    let status = &statuses[index];
    let mut text = head(plan, index, status);
    if status.state == State::Cached {
        key(status, &mut text);
        return text;
    }
    reasons(&status.reasons, "  ", &mut text);
    causes(plan, index, statuses, &mut text);
    let below = downstream(plan, index);
    if !below.is_empty() {
        text.push_str("\ndownstream:\n");
    }
    for &index in &below {
        let (name, state) = (&plan.instances[index].name, word(statuses[index].state));
        let _ = writeln!(text, "  {state:<7}  {name}");
    }
    if !status.state.is_there() {
        let _ = writeln!(text, "\ncost by past durations: {}", cost(&Cost::of([status])));
    }
    if !below.is_empty() {
        let all = below.iter().map(|&place| &statuses[place]).chain([status]);
        let _ = writeln!(
            text,
            "with everything downstream, one after another: {}",
            cost(&Cost::of(all))
        );
    }
    text
}

/// Every instance that is not cached, then what it comes to.
pub(super) fn all(plan: &Plan, statuses: &[Status]) -> String {
    let mut text = String::new();
    for (index, status) in statuses.iter().enumerate() {
        if status.state != State::Cached {
            text.push_str(&head(plan, index, status));
            reasons(&status.reasons, "  ", &mut text);
            if !status.state.is_there() {
                let _ = writeln!(text, "  {}", cost(&Cost::of([status])));
            }
            text.push('\n');
        }
    }
    let cached = statuses.iter().filter(|status| status.state == State::Cached).count();
    if cached == statuses.len() {
        let _ = writeln!(
            text,
            "all {cached} instances are cached: nothing that decides their results has changed"
        );
    } else {
        let _ = writeln!(text, "{}", forecast(statuses));
    }
    text
}

fn head(plan: &Plan, index: usize, status: &Status) -> String {
    let instance = &plan.instances[index];
    format!("{} ({}) {}\n", instance.name, instance.kind, verdict(status))
}

fn verdict(status: &Status) -> String {
    let compared = match status.compared {
        Compared::LastRun => "compared with its last run",
        Compared::Nearest => "it never ran; compared with the most similar of its kind",
        Compared::Nothing => "nothing of its kind ever ran",
        Compared::File => "compared with the file as it is",
    };
    match (status.state, &status.same_as) {
        (State::Cached, Some(first)) => {
            format!("is the same work as {first}, which comes first")
        }
        (State::Cached, None) => {
            "is cached: nothing that decides its result has changed".to_owned()
        }
        (State::Copied, _) => format!("will be copied from the shared cache; {compared}:"),
        (State::Fetched, _) => format!("will run, and download files first; {compared}:"),
        (State::Run, _) => format!("will run; {compared}:"),
        (State::Maybe, _) if status.key.is_some() => {
            "is made again if something that may run reads it:".to_owned()
        }
        (State::Maybe, _) if status.record.is_some() => {
            "is cached if what it reads comes out as it did last time, and runs if not:".to_owned()
        }
        (State::Maybe, _) => {
            "runs, unless what it reads comes out as something that was read before:".to_owned()
        }
    }
}

fn key(status: &Status, text: &mut String) {
    let Some(key) = &status.key else { return };
    for line in key.text().lines() {
        let _ = writeln!(text, "  {line}");
    }
}

fn reasons(reasons: &[Reason], indent: &str, text: &mut String) {
    let changes: Vec<String> = reasons.iter().map(change).collect();
    let width = changes.iter().map(|change| change.chars().count()).max().unwrap_or(0);
    for (change, reason) in changes.iter().zip(reasons) {
        let at = reason.at.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{}", format!("{indent}{change:<width$}   {at}").trim_end());
    }
}

/// Why what it reads is computed first, down to what was changed.
fn causes(plan: &Plan, index: usize, statuses: &[Status], text: &mut String) {
    let mut open = sources(plan, index, statuses);
    let mut seen: HashSet<usize> = HashSet::new();
    while let Some(source) = open.pop() {
        if !seen.insert(source) {
            continue;
        }
        let (name, status) = (&plan.instances[source].name, &statuses[source]);
        if status.compared == Compared::Nothing {
            let _ = writeln!(text, "because {name} never ran");
        } else {
            let _ = writeln!(text, "because, in {name}:");
            reasons(&status.reasons, "  ", text);
        }
        open.extend(sources(plan, source, statuses));
    }
}

/// The inputs that are computed first, the first of them last.
fn sources(plan: &Plan, index: usize, statuses: &[Status]) -> Vec<usize> {
    let edges = plan.instances[index].inputs.iter().rev().map(|edge| edge.from);
    edges.filter(|&source| !statuses[source].state.is_there()).collect()
}

/// Everything that reads this instance, directly or not.
fn downstream(plan: &Plan, index: usize) -> Vec<usize> {
    let mut depends = vec![false; plan.instances.len()];
    depends[index] = true;
    for (place, instance) in plan.instances.iter().enumerate() {
        depends[place] |= instance.inputs.iter().any(|edge| depends[edge.from]);
    }
    (0..depends.len()).filter(|&place| depends[place] && place != index).collect()
}
