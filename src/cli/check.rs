//! `acai-pipe check PIPELINE`.
//!
//! Knows nothing of faults: planning finds them all.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Args;

use super::{
    exit::{Exit, Failure},
    opened::Opened,
    options::Options,
    out,
};
use acai_common::format::{count, duration, multiply_adds};
use acai_kernel as kernel;
use acai_plan::Plan;
use acai_progress::Verbosity;
use acai_stage::train::{cost::TrainingCost, timing::predict};

/// Find every fault of a pipeline file.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The pipeline file
    pipeline: PathBuf,
}

impl Check {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let plan = Opened::open(&self.pipeline, options)?.plan;
        plan.beyond_this_machine().map_or(Ok(()), Err)?;
        if options.verbosity() > Verbosity::Quiet {
            let stages: BTreeSet<_> = plan.instances.iter().map(|one| &one.name.stage).collect();
            let (stages, instances) = (stages.len(), plan.instances.len());
            let file = self.pipeline.display();
            out::tell(&format!("{file} is sound: {stages} stages, {instances} instances"));
            tell_work(&plan, options)?;
        }
        Ok(Exit::Done)
    }
}

/// How much work the trainings are, and how long they would take here.
fn tell_work(plan: &Plan, options: &Options) -> Result<(), Failure> {
    let trainings = plan.trainings();
    if trainings.is_empty() {
        return Ok(());
    }
    let device = options.device();
    let predicted = kernel::with_threads(options.threads(), || predict(&trainings, device))?;
    let seconds = predicted.map_err(|error| Failure::Usage(error.to_string()))?;
    let work: f64 = trainings.iter().map(TrainingCost::multiply_adds).sum();
    if work == 0.0 {
        return Ok(());
    }
    let (n, takes) = (count(trainings.len() as u64), duration(seconds));
    let trainings = if trainings.len() == 1 { "training" } else { "trainings" };
    out::tell(&format!(
        "{n} {trainings}, {} multiply-adds: about {takes} at the {} a second that this machine \
         does now; evaluation comes on top, and what is cached is not done again",
        multiply_adds(work),
        multiply_adds(work / seconds)
    ));
    Ok(())
}
