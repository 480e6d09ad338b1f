//! `acai-pipe plan PIPELINE`.
//!
//! Knows nothing of how states are found; `engine` says what a run will do.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use serde_json::Value;

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    why::{forecast, located, object, short_cost, word},
};
use acai_engine::{
    sources::Sources,
    status::{Compared, State, Status, predict},
};
use acai_plan as plan;

/// Say what a run would do.
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
        let (remote, places) = (options.remote()?, options.places());
        let sources = Sources { store: &store, remote: remote.as_ref(), places: &places };
        let statuses = predict(&plan, &sources, options.device())?;
        if self.json {
            return out::array(&objects(&plan, &statuses));
        }
        out::data(&text(&plan, &statuses))?;
        out::tell(&forecast(&statuses));
        Ok(Exit::Done)
    }
}

fn objects(plan: &plan::Plan, statuses: &[Status]) -> Vec<Value> {
    let both = plan.instances.iter().zip(statuses);
    both.map(|(instance, status)| Value::Object(object(instance, status))).collect()
}

fn text(plan: &plan::Plan, statuses: &[Status]) -> String {
    let names: Vec<String> = plan.instances.iter().map(|one| one.name.to_string()).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for ((name, instance), status) in names.iter().zip(&plan.instances).zip(statuses) {
        let (kind, state, cost) = (instance.kind, word(status.state), short_cost(status));
        let line = format!("  {name:<width$}  {kind:<11}  {state:<7}  {cost:<10}  {}", why(status));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn why(status: &Status) -> String {
    if let Some(first) = &status.same_as {
        return format!("the same work as {first}");
    }
    match (status.compared, status.state) {
        (Compared::Nothing, State::Copied) => return "never ran here".to_owned(),
        (Compared::Nothing, _) => return "never ran".to_owned(),
        _ => {}
    }
    let reasons: Vec<String> = status.reasons.iter().map(located).collect();
    reasons.join("; ")
}
