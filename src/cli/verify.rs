//! `acai-pipe verify PIPELINE [INSTANCE…]`.
//!
//! Knows nothing of how instances are run once more and compared.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use super::{
    exit::{Exit, Failure},
    explain::position,
    interrupt,
    opened::Opened,
    options::Options,
    out,
};
use acai_artifact::{Difference, Differs};
use acai_common::{
    events::Event,
    format::{duration, number},
};
use acai_engine::{executor::Local, schedule::RunContext};
use acai_kernel as kernel;
use acai_lockfile::{
    Lockfile, beside,
    verify::{Checked, Expectations, Request, Source, Verified, verify},
};
use acai_plan::Plan;
use acai_progress as progress;
use acai_progress::Verbosity;
use acai_report::{Table, terminal::draw};

/// Run instances once more and say whether they come out the same.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The pipeline file
    pipeline: PathBuf,
    /// Instances, such as `models/acai/0`, or all of `models` or `models/acai` [default: all]
    instances: Vec<String>,
    /// Verify so many instances, drawn by their keys: everywhere the same ones
    #[arg(long, value_name = "N", conflicts_with = "instances",
          value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Let numbers be so far away, relative to the largest of their dataset, such as 1e-6
    #[arg(long, value_name = "SHARE", value_parser = share)]
    tolerance: Option<f64>,
    /// Write a JSON array, an object per instance
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let is_fine = value.is_finite() && value >= 0.0;
    if is_fine { Ok(value) } else { Err("a tolerance is a number from 0 on".to_owned()) }
}

impl Verify {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let Opened { plan, store, pipeline, .. } = Opened::open(&self.pipeline, options)?;
        let lock = Lockfile::load(&beside(&pipeline))?.unwrap_or_default();
        let chosen = match self.sample {
            Some(count) => {
                let expectations = Expectations::new(&plan, &lock, &store, options.device())?;
                expectations.sample(count as usize)
            }
            None => self.chosen(&plan)?,
        };
        let request = Request { chosen, tolerance: self.tolerance };
        let checkpoint_requests = interrupt::checkpoint_requests()?;
        let stop = interrupt::flag()?;
        let (device, places) = (options.device(), options.places());
        let mut observer = progress::observer(progress::fitting(), options.verbosity());
        let mut see = |event: Event| observer.see(&event);
        let verified = kernel::with_threads(options.threads(), || {
            let context = RunContext {
                store: &store,
                file: None,
                remote: None,
                executor: Some(&Local),
                device,
                places: &places,
                stop,
                checkpoint_every: Duration::MAX,
                checkpoint_requests,
            };
            verify(&plan, &lock, &request, &context, &mut see)
        })??;
        self.write(&plan, &verified)?;
        if options.verbosity() > Verbosity::Quiet {
            out::tell(&sum(&verified));
        }
        Ok(exit(&verified))
    }

    /// Places in the plan of the instances that are named.
    fn chosen(&self, plan: &Plan) -> Result<Vec<usize>, Failure> {
        let names: Vec<String> = plan.instances.iter().map(|one| one.name.to_string()).collect();
        let mut chosen = Vec::new();
        for wanted in &self.instances {
            let group = format!("{wanted}/");
            let is_meant = |name: &str| name == wanted || name.starts_with(&group);
            let meant: Vec<usize> = (0..names.len()).filter(|&at| is_meant(&names[at])).collect();
            if meant.is_empty() {
                chosen.push(position(plan, wanted)?);
            }
            chosen.extend(meant);
        }
        Ok(if self.instances.is_empty() { (0..names.len()).collect() } else { chosen })
    }

    fn write(&self, plan: &Plan, verified: &Verified) -> Result<Exit, Failure> {
        let checked = &verified.checked;
        if self.json {
            return out::array(&checked.iter().map(|one| object(plan, one)).collect::<Vec<_>>());
        }
        let head = ["instance", "verdict", "against", "first difference", "largest", "relative"];
        let head = head.into_iter().chain(["took"]).map(str::to_owned).collect();
        let rows = checked.iter().map(row).collect();
        out::data(&draw(&Table { head, rows, text_columns: 4 }))
    }
}

fn row(checked: &Checked) -> Vec<String> {
    let Checked { instance, verdict, found, elapsed_s } = checked;
    let first = verdict.differences().first();
    let amount = first.and_then(amount);
    let shown = |value: Option<f64>| value.map_or_else(String::new, number);
    vec![
        instance.to_string(),
        verdict.word().to_owned(),
        verdict.source().map_or("", Source::word).to_owned(),
        first.map(place).or(verdict.why().map(str::to_owned)).unwrap_or_default(),
        shown(amount.map(|(absolute, _)| absolute)),
        shown(amount.map(|(_, relative)| relative)),
        found.map_or_else(String::new, |_| duration(*elapsed_s)),
    ]
}

/// Where and what: `encoder/00/weight: 1 of 18 numbers`.
fn place(difference: &Difference) -> String {
    let Difference { path, differs } = difference;
    if path.is_empty() { differs.to_string() } else { format!("{path}: {differs}") }
}

/// The largest distance, as it is and relative.
fn amount(difference: &Difference) -> Option<(f64, f64)> {
    match difference.differs {
        Differs::Elements { absolute, relative, .. } => Some((absolute, relative)),
        _ => None,
    }
}

fn object(plan: &Plan, checked: &Checked) -> Value {
    let Checked { instance, verdict, found, elapsed_s } = checked;
    let at = plan.instances.iter().find(|one| one.name == *instance);
    let differences = verdict.differences().iter().map(|one| {
        let amount = amount(one);
        json!({
            "dataset": one.path,
            "what": one.differs.to_string(),
            "abs": amount.map(|(absolute, _)| absolute),
            "rel": amount.map(|(_, relative)| relative),
        })
    });
    json!({
        "instance": instance.to_string(),
        "kind": at.map(|one| one.kind),
        "verdict": verdict.word(),
        "against": verdict.source().map(Source::word),
        "why": verdict.why(),
        "differences": differences.collect::<Vec<_>>(),
        "digest": found.map(|digest| digest.to_string()),
        "elapsed_s": found.map(|_| *elapsed_s),
    })
}

/// `9 bit-identical, 1 differs`.
fn sum(verified: &Verified) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for Checked { verdict, .. } in &verified.checked {
        match counts.iter_mut().find(|(word, _)| *word == verdict.word()) {
            Some((_, count)) => *count += 1,
            None => counts.push((verdict.word(), 1)),
        }
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    if counts.is_empty() { "nothing to verify".to_owned() } else { counts.join(", ") }
}

fn exit(verified: &Verified) -> Exit {
    let checked = &verified.checked;
    let is_success = !checked.is_empty() && checked.iter().all(|one| one.verdict.is_success());
    match (verified.interrupted, is_success) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Done,
        (false, false) => Exit::Failed,
    }
}
