//! What has to be there in the end, proved sound: every instance of every
//! stage, its parameters and its inputs.
//!
//! References are resolved, kinds of artifact checked, cycles excluded and
//! families unfolded over variants and seeds. All diagnostics come out at once,
//! those of the file included; after this nothing can be misspelt.
//!
//! Knows nothing of the store: whether an instance is there already is the
//! engine's business.

mod check;
mod cycle;
mod draft;
mod family;
mod unfold;

use std::sync::Arc;

use acai_common::{
    diagnostics::{Diagnostic, Diagnostics},
    names::{InstanceName, Name},
};
use acai_config::Pipeline;
use acai_stage::{InputFacts, Stage, train::cost::TrainingCost};

/// All instances of a pipeline.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every instance, after all instances it reads; stages in the order of
    /// the file as far as that allows, then variants, then seeds.
    pub instances: Vec<Instance>,
    pipeline: Pipeline,
}

/// One unit of work.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What it is called.
    pub name: InstanceName,
    /// The stage's kind, such as `Train`.
    pub kind: &'static str,
    /// What it does, every parameter resolved.
    pub stage: Arc<dyn Stage>,
    /// Which seed it belongs to. It enters the result only if the stage
    /// [is seeded](Stage::is_seeded); other stages have it from their inputs.
    pub seed: Option<u64>,
    /// What it reads, in the stage's order.
    pub inputs: Vec<Edge>,
    /// Which stage of the pipeline it belongs to.
    written: usize,
}

/// One input of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The field that names it, such as `data`.
    pub field: &'static str,
    /// Place of the instance among the plan's.
    pub from: usize,
    /// The parts of its artifact that are read.
    pub reads: &'static [&'static str],
}

impl Plan {
    /// Plans a pipeline.
    ///
    /// # Errors
    /// All diagnostics, those found while reading it included.
    pub fn new(pipeline: &Pipeline) -> Result<Self, Diagnostics> {
        let mut diagnostics = pipeline.diagnostics().to_vec();
        let drafts = draft::drafts(pipeline, &mut diagnostics);
        cycle::find(pipeline, &drafts, &mut diagnostics);
        check::check(pipeline, &drafts, &mut diagnostics);
        let order = cycle::order(&drafts);
        let families = family::families(pipeline, &drafts, &order, &mut diagnostics);
        if !diagnostics.is_empty() {
            return Err(Diagnostics::new(Arc::clone(pipeline.sources()), diagnostics));
        }
        let instances = unfold::unfold(pipeline, &drafts, &order, &families);
        Ok(Self { instances, pipeline: pipeline.clone() })
    }

    /// The pipeline's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.pipeline.name
    }

    /// What was planned.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// What each training is made of.
    #[must_use]
    pub fn trainings(&self) -> Vec<TrainingCost> {
        let cost = |instance: &Instance| instance.stage.training_cost(self.data_facts(instance));
        self.instances.iter().filter_map(cost).collect()
    }

    /// What needs more memory than this machine has: results of other machines can be
    /// looked at all the same.
    #[must_use]
    pub fn beyond_this_machine(&self) -> Option<Diagnostics> {
        let fault = |instance: &Instance| {
            let need = instance.stage.memory(self.data_facts(instance))?;
            let stage = &self.pipeline.stages[instance.written];
            Some(self.pipeline.located(stage, need.beyond_this_machine()?))
        };
        let faults: Vec<Diagnostic> = self.instances.iter().filter_map(fault).collect();
        let sources = Arc::clone(self.pipeline.sources());
        (!faults.is_empty()).then(|| Diagnostics::new(sources, faults))
    }

    /// What is known of the images that an instance reads.
    fn data_facts(&self, instance: &Instance) -> InputFacts {
        let edge = instance.inputs.iter().find(|edge| edge.field == "data");
        let data = edge.and_then(|edge| self.instances[edge.from].stage.images());
        InputFacts { data, model: None }
    }

    /// Place of the instance that is written `name`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.instances.iter().position(|instance| instance.name.to_string() == name)
    }

    /// Where a field of an instance is written, as `file:line:column` (or as
    /// the `--set` argument): the first of `paths` that is, such as those of
    /// [`Param::spelled`](acai_stage::Param); the stage's kind, if none is.
    #[must_use]
    pub fn location(&self, instance: &Instance, paths: &[String]) -> String {
        let stage = &self.pipeline.stages[instance.written];
        self.pipeline.sources().locate(self.pipeline.span(stage, paths))
    }

    /// Where the seeds are written, if they are.
    #[must_use]
    pub fn seeds_location(&self) -> Option<String> {
        Some(self.pipeline.sources().locate(self.pipeline.seeds_span()?))
    }
}

#[cfg(test)]
mod tests;
