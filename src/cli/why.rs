//! Reasons in words and in JSON, for `plan` and `explain`.
//!
//! Knows nothing of how reasons are found.

use serde_json::{Value, json};

use crate::engine::status::{Reason, State};

/// Digests are shown this short.
const SHORT: usize = 10;

/// The word for a state, in words and in JSON.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Cached => "cached",
        State::Run => "run",
        State::Maybe => "maybe",
    }
}

/// What changed: `lambda 0.5 → 0.25`.
pub(super) fn change(reason: &Reason) -> String {
    let Reason { field, old, new, upstream, .. } = reason;
    match (old, new, upstream) {
        (Some(_), None, None) if field == "artifact" => "its artifact is gone".to_owned(),
        (None, None, Some(upstream)) => format!("{field} comes from {upstream}, which runs first"),
        (old, new, upstream) => {
            let from = upstream.as_ref().map_or(String::new(), |name| format!(" of {name}"));
            format!("{field}{from} {} → {}", shown(old.as_ref()), shown(new.as_ref()))
        }
    }
}

/// The contract's shape of a reason.
pub(super) fn object(reason: &Reason) -> Value {
    let Reason { field, old, new, at, upstream } = reason;
    json!({"field": field, "old": old, "new": new, "at": at, "upstream": upstream})
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
