//! Reasons and costs in words and in JSON, for `plan` and `explain`.
//!
//! Knows nothing of how reasons are found.

use serde_json::{Map, Value, json};

use acai_common::format::duration;
use acai_engine::{
    cost::{Cost, EstimateSource},
    reason::Reason,
    status::{Compared, State, Status},
};
use acai_plan::Instance;

/// Digests are shown this short.
const SHORT: usize = 10;

/// The word for a state, in words and in JSON.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Cached => "cached",
        State::Copied => "copied",
        State::Fetched => "fetched",
        State::Run => "run",
        State::Maybe => "maybe",
    }
}

/// What changed: `lambda 0.5 → 0.25`.
pub(super) fn change(reason: &Reason) -> String {
    let Reason { field, old, new, upstream, .. } = reason;
    match (old, new, upstream) {
        (Some(_), None, None) if field == "artifact" => "its artifact is gone".to_owned(),
        (Some(_), Some(_), None) if field == "artifact" => "its artifact is damaged".to_owned(),
        (None, None, Some(upstream)) => format!("{field} of {upstream}, which is computed first"),
        (Some(old), None, Some(upstream)) => {
            format!("{field} of {upstream} {} → computed first", shown(Some(old)))
        }
        (old, new, upstream) => {
            let from = upstream.as_ref().map_or(String::new(), |name| format!(" of {name}"));
            format!("{field}{from} {} → {}", shown(old.as_ref()), shown(new.as_ref()))
        }
    }
}

/// What changed and where: `lambda 0.5 → 0.25 (tiny.ron:11:79)`.
pub(super) fn located(reason: &Reason) -> String {
    match &reason.at {
        Some(at) => format!("{} ({at})", change(reason)),
        None => change(reason),
    }
}

/// An instance as `plan` and `explain` write it in JSON.
pub(super) fn object(instance: &Instance, status: &Status) -> Map<String, Value> {
    let reasons: Vec<Value> = status.reasons.iter().map(reason).collect();
    let compared = match status.compared {
        _ if status.state == State::Cached && status.compared != Compared::File => None,
        Compared::LastRun => Some("last run"),
        Compared::Nearest => Some("nearest"),
        Compared::File => Some("file"),
        Compared::Nothing => None,
    };
    let estimate = status.estimate.filter(|_| !status.state.is_there());
    let source = estimate.map(|estimate| match estimate.source {
        EstimateSource::Own => "itself",
        EstimateSource::Nearest => "nearest",
    });
    let facts = [
        ("instance", json!(instance.name.to_string())),
        ("kind", json!(instance.kind)),
        ("state", json!(word(status.state))),
        ("reasons", json!(reasons)),
        ("compared", json!(compared)),
        ("cost_s", json!(estimate.map(|estimate| estimate.took_s))),
        ("cost_of", json!(source)),
    ];
    let same_as = status.same_as.as_ref().map(|first| ("same_as", json!(first)));
    let facts = facts.into_iter().chain(same_as);
    facts.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The contract's shape of a reason.
fn reason(reason: &Reason) -> Value {
    let Reason { field, old, new, at, upstream } = reason;
    json!({"field": field, "old": old, "new": new, "at": at, "upstream": upstream})
}

/// `≈ 4 m 02 s (no timing yet for 2 of 6)`.
pub(super) fn cost(cost: &Cost) -> String {
    let Cost { seconds, instances, nearest, unknown } = *cost;
    if unknown == instances {
        return "unknown, for nothing like it was ever computed".to_owned();
    }
    let mut notes = Vec::new();
    if nearest > 0 {
        notes.push(format!("{nearest} of {instances} by the nearest of its kind"));
    }
    if unknown > 0 {
        notes.push(format!("no timing yet for {unknown} of {instances}"));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("≈ {}{notes}", duration(seconds))
}

/// The same of one instance, in a column: `≈ 0.74 s`; nothing if it is there.
pub(super) fn short_cost(status: &Status) -> String {
    match (status.state, status.estimate) {
        (State::Cached | State::Copied, _) => String::new(),
        (_, Some(estimate)) => format!("≈ {}", duration(estimate.took_s)),
        (_, None) => "≈ ?".to_owned(),
    }
}

/// `6 cached, 1 to run (≈ 0.74 s), 4 to run if what they read changes (≈ 0.23 s);
/// in all ≈ 0.97 s by past durations, one after another`.
pub(super) fn forecast<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> String {
    let statuses: Vec<&Status> = statuses.into_iter().collect();
    let of = |state| statuses.iter().copied().filter(move |status| status.state == state);
    let groups = [
        (State::Fetched, "to download and run"),
        (State::Run, "to run"),
        (State::Maybe, "to run if what they read changes"),
    ];
    let groups = groups.map(|(state, word)| (Cost::of(of(state)), word));
    let groups: Vec<_> = groups.into_iter().filter(|(cost, _)| cost.instances > 0).collect();
    let are_known =
        groups.len() > 1 && groups.iter().all(|(cost, _)| cost.instances > cost.unknown);
    let mut parts = Vec::new();
    for (state, word) in [(State::Cached, "cached"), (State::Copied, "to copy")] {
        let number = of(state).count();
        if number > 0 || (statuses.is_empty() && state == State::Cached) {
            parts.push(format!("{number} {word}"));
        }
    }
    for (group, word) in &groups {
        let own =
            if are_known { format!(" (≈ {})", duration(group.seconds)) } else { String::new() };
        parts.push(format!("{} {word}{own}", group.instances));
    }
    let all = Cost::of(statuses.iter().copied());
    let total = if all.instances == 0 {
        String::new()
    } else if all.unknown == all.instances {
        "; how long is unknown: nothing like it was ever computed".to_owned()
    } else {
        format!("; in all {} by past durations, one after another", cost(&all))
    };
    parts.join(", ") + &total
}

fn shown(value: Option<&String>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(value) if is_digest(value) => value[..SHORT].to_owned(),
        Some(value) => value.clone(),
    }
}

fn is_digest(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
