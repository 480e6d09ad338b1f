//! `acai-pipe pull PIPELINE… --remote DIR`.
//!
//! Knows nothing of how what arrives is verified; a pull is a run that computes
//! nothing.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    interrupt,
    options::Options,
    out,
};
use acai_engine::schedule::{self, RunContext};
use acai_plan::Plan;
use acai_progress as progress;
use acai_progress::Verbosity;
use acai_stage::CheckpointRequests;

/// Get results from a shared cache.
#[derive(Debug, Args)]
pub(super) struct Pull {
    /// Pipeline files whose results are wanted
    #[arg(required = true, value_name = "PIPELINE")]
    pipelines: Vec<PathBuf>,
}

impl Pull {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let (store, remote) = (options.store(), options.remote_needed()?);
        let plans = self.pipelines.iter().map(|path| options.plan(path));
        let plans: Vec<Plan> = plans.collect::<Result<_, _>>()?;
        let (stop, places, device) = (interrupt::flag()?, options.places(), options.device());
        let mut exit = Exit::Done;
        for (plan, file) in plans.iter().zip(&self.pipelines) {
            let context = RunContext {
                store: &store,
                file: Some(file),
                remote: Some(&remote),
                executor: None,
                device,
                places: &places,
                stop,
                checkpoint_every: Duration::MAX,
                checkpoint_requests: CheckpointRequests::default(),
            };
            let mut observer = progress::observer(progress::fitting(), options.verbosity());
            let outcome = schedule::run(plan, &context, &mut |event| observer.see(&event))?;
            if outcome.interrupted {
                return Ok(Exit::Interrupted);
            }
            let missing = outcome.summary.failed + outcome.summary.skipped;
            if missing > 0 {
                exit = Exit::Failed;
            }
            if options.verbosity() != Verbosity::Quiet {
                out::tell(&sum(plan, missing));
            }
        }
        Ok(exit)
    }
}

fn sum(plan: &Plan, missing: usize) -> String {
    let here = plan.instances.len() - missing;
    match missing {
        0 => format!("{}: all {here} are here", plan.name()),
        _ => format!("{}: {here} are here, {missing} are not there to be pulled", plan.name()),
    }
}
