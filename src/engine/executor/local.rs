//! Computes instances in this process.
//!
//! Knows nothing of other instances.

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use anyhow::{Context, anyhow};

use super::{Computed, Executor, Job};
use acai_artifact::{ArtifactError, Reader, Writer};
use acai_common::events::Message;
use acai_stage::{RunStats, Work};

/// This process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local;

impl Executor for Local {
    fn execute(&self, job: &Job<'_>, tell: &mut dyn FnMut(Message)) -> anyhow::Result<Computed> {
        let inputs = open(&job.inputs).context("opening the inputs")?;
        let mut out = Writer::create(job.out, job.stage.output()).context("starting the output")?;
        let mut work = Work {
            inputs: &inputs,
            out: &mut out,
            seed: job.seed,
            device: job.device,
            places: job.places,
            tell,
            stop: job.stop,
            checkpoints: job.checkpoints,
        };
        let figures = run(job, &mut work)?;
        let digests = out.finish().context("finishing the output")?;
        let scores = Reader::open(job.out)?.scores()?;
        Ok(Computed { digests, scores, figures })
    }
}

fn open(
    inputs: &BTreeMap<&'static str, PathBuf>,
) -> Result<BTreeMap<&'static str, Reader>, ArtifactError> {
    inputs.iter().map(|(&field, path)| Ok((field, Reader::open(path)?))).collect()
}

/// Runs the stage; a panic in it, which is a bug, fails this instance alone.
fn run(job: &Job<'_>, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
    let ran = catch_unwind(AssertUnwindSafe(|| job.stage.run(work)));
    ran.unwrap_or_else(|panic| {
        Err(anyhow!("panicked, which is a bug of acai-pipe: {}", message(panic.as_ref())))
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
