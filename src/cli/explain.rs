//! `acai-pipe explain PIPELINE INSTANCE`.
//!
//! Knows nothing of how reasons are found.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
    why::{change, word},
};
use crate::{
    engine::status::{Compared, Reason, State, Status, statuses},
    figures::duration,
    plan::Plan,
    text::alternatives,
};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The pipeline file
    pipeline: PathBuf,
    /// An instance, such as `models/acai/0`
    instance: String,
}

impl Explain {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let Opened { plan, store, .. } = Opened::open(&self.pipeline, options)?;
        let index = position(&plan, &self.instance)?;
        let statuses = statuses(&plan, &store, options.device())?;
        out::data(&text(&plan, index, &statuses))
    }
}

/// Place of the instance called `name`, or who it may have meant.
pub(super) fn position(plan: &Plan, name: &str) -> Result<usize, Failure> {
    plan.position(name).ok_or_else(|| {
        let names: Vec<String> = plan.instances.iter().map(|one| one.name.to_string()).collect();
        let help = alternatives(name, names.iter().map(String::as_str));
        Failure::Usage(format!("the pipeline has no instance `{name}`; {help}"))
    })
}

fn text(plan: &Plan, index: usize, statuses: &[Status]) -> String {
    let status = &statuses[index];
    let instance = &plan.instances[index];
    let mut text = format!("{} ({}) {}\n", instance.name, instance.kind, verdict(status));
    if status.state == State::Cached {
        key(status, &mut text);
        return text;
    }
    reasons(&status.reasons, &mut text);
    let below = below(plan, index);
    if !below.is_empty() {
        text.push_str("\nwhat hangs on it:\n");
    }
    for &index in &below {
        let (name, state) = (&plan.instances[index].name, word(statuses[index].state));
        let _ = writeln!(text, "  {state:<6}  {name}");
    }
    cost(index, &below, statuses, &mut text);
    text
}

fn verdict(status: &Status) -> String {
    let compared = match status.compared {
        Compared::LastRun => "compared with its last run",
        Compared::Nearest => "it never ran; compared with the most similar of its kind",
        Compared::Nothing => "nothing of its kind ever ran",
    };
    match status.state {
        State::Cached => "is cached: nothing that decides its result has changed".to_owned(),
        State::Run => format!("will run; {compared}:"),
        State::Maybe => {
            "is cached if what it reads comes out as it did last time, and runs if not:".to_owned()
        }
    }
}

fn key(status: &Status, text: &mut String) {
    for line in
        status.key.iter().flat_map(|key| key.text().lines().map(str::to_owned).collect::<Vec<_>>())
    {
        let _ = writeln!(text, "  {line}");
    }
}

fn reasons(reasons: &[Reason], text: &mut String) {
    let changes: Vec<String> = reasons.iter().map(change).collect();
    let width = changes.iter().map(|change| change.chars().count()).max().unwrap_or(0);
    for (change, reason) in changes.iter().zip(reasons) {
        let at = reason.at.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{}", format!("  {change:<width$}   {at}").trim_end());
    }
}

/// Everything that reads this instance, directly or not.
fn below(plan: &Plan, index: usize) -> Vec<usize> {
    let mut hangs = vec![false; plan.instances.len()];
    hangs[index] = true;
    for (place, instance) in plan.instances.iter().enumerate() {
        hangs[place] |= instance.inputs.iter().any(|edge| hangs[edge.from]);
    }
    (0..hangs.len()).filter(|&place| hangs[place] && place != index).collect()
}

/// What it all took in the past, as far as known.
fn cost(index: usize, below: &[usize], statuses: &[Status], text: &mut String) {
    let own = statuses[index].took_s;
    let all: Option<f64> = below.iter().map(|&place| statuses[place].took_s).chain([own]).sum();
    if let Some(own) = own {
        let _ = write!(text, "\nit took {} last time", duration(own));
        if let Some(all) = all.filter(|_| !below.is_empty()) {
            let _ = write!(text, "; with all that hangs on it, {}", duration(all));
        }
        text.push('\n');
    }
}
