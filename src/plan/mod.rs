//! A checked pipeline: every instance, in an order in which each comes after
//! what it reads.
//!
//! Knows nothing of stores or of running.

use std::sync::Arc;

use crate::{names::InstanceName, stage::Stage};

/// A checked pipeline, ready to run.
#[derive(Debug)]
pub struct Plan {
    /// The pipeline's name.
    pub pipeline: String,
    /// Its instances, each after the ones it reads.
    pub instances: Vec<Instance>,
}

/// One unit of work of a plan.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name.
    pub name: InstanceName,
    /// The stage's kind, such as `Train`.
    pub kind: &'static str,
    /// What it does.
    pub stage: Arc<dyn Stage>,
    /// The seed, if it has one.
    pub seed: Option<u64>,
    /// What it reads.
    pub inputs: Vec<Edge>,
}

/// One input of an instance.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The field that names it, such as `data`.
    pub field: &'static str,
    /// Index of the instance it comes from.
    pub from: usize,
    /// The parts that are read.
    pub reads: &'static [&'static str],
}

impl Plan {
    /// Where a value of an instance stands, as `file:line:column`: the first of
    /// `spelled` that is written, else the stage.
    #[must_use]
    pub fn location(&self, instance: usize, spelled: &[String]) -> String {
        format!("{}.ron:{}:{}", self.pipeline, instance + 1, spelled.len())
    }
}
