//! `acai-pipe plan PIPELINE`.
//!
//! Knows nothing of how states are found; `engine` says what a run would do.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    why::{change, object, word},
};
use crate::{
    engine::status::{Compared, Reason, State, Status, statuses},
    figures::duration,
    plan,
};

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// The pipeline file
    pipeline: PathBuf,
    /// Write a JSON array
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let Opened { plan, store, .. } = Opened::open(&self.pipeline, options)?;
        let statuses = statuses(&plan, &store, options.device())?;
        if self.json {
            return out::array(&objects(&plan, &statuses));
        }
        out::data(&text(&plan, &statuses))?;
        out::tell(&summary(&statuses));
        Ok(Exit::Done)
    }
}

fn objects(plan: &plan::Plan, statuses: &[Status]) -> Vec<Value> {
    let both = plan.instances.iter().zip(statuses);
    both.map(|(instance, status)| {
        let reasons: Vec<Value> = status.reasons.iter().map(object).collect();
        json!({"instance": instance.name.to_string(), "kind": instance.kind,
            "state": word(status.state), "reasons": reasons})
    })
    .collect()
}

fn text(plan: &plan::Plan, statuses: &[Status]) -> String {
    let names: Vec<String> = plan.instances.iter().map(|one| one.name.to_string()).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for ((name, instance), status) in names.iter().zip(&plan.instances).zip(statuses) {
        let (kind, state) = (instance.kind, word(status.state));
        let line = format!("  {name:<width$}  {kind:<11}  {state:<6}  {}", why(status));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn why(status: &Status) -> String {
    if status.compared == Compared::Nothing {
        return "never ran".to_owned();
    }
    let reasons: Vec<String> = status.reasons.iter().map(located).collect();
    reasons.join("; ")
}

fn located(reason: &Reason) -> String {
    match (&reason.at, &reason.upstream) {
        (Some(at), None) => format!("{} ({at})", change(reason)),
        _ => change(reason),
    }
}

fn summary(statuses: &[Status]) -> String {
    let count = |state| statuses.iter().filter(|status| status.state == state).count();
    let mut text = format!("{} cached, {} to run", count(State::Cached), count(State::Run));
    if count(State::Maybe) > 0 {
        let _ = write!(text, ", {} to run if what they read changes", count(State::Maybe));
    }
    let todo = statuses.iter().filter(|status| status.state != State::Cached);
    let known: Vec<f64> = todo.clone().filter_map(|status| status.took_s).collect();
    if !known.is_empty() && known.len() == todo.count() {
        let _ = write!(text, "; took {} last time", duration(known.iter().sum()));
    }
    text
}
