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
use crate::progress::Loudness;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The pipeline file
    pipeline: PathBuf,
}

impl Check {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let plan = Opened::open(&self.pipeline, options)?.plan;
        if options.loudness() > Loudness::Quiet {
            let stages: BTreeSet<_> = plan.instances.iter().map(|one| &one.name.stage).collect();
            let (stages, instances) = (stages.len(), plan.instances.len());
            let file = self.pipeline.display();
            out::tell(&format!("{file} is sound: {stages} stages, {instances} instances"));
        }
        Ok(Exit::Done)
    }
}
