//! Where instances are computed: one interface, one file per place.
//!
//! Knows nothing of keys and stores: a job names its files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use acai_artifact::Digests;
use acai_common::events::Message;
use acai_dataset::SearchPaths;
use acai_net::DeviceKind;
use acai_stage::{Checkpoints, RunStats, Stage};

mod local;

pub use local::Local;

/// One instance to compute.
#[derive(Debug)]
pub struct Job<'a> {
    /// What to do.
    pub stage: &'a dyn Stage,
    /// The artifacts it reads, by field.
    pub inputs: BTreeMap<&'static str, PathBuf>,
    /// The artifact to write.
    pub out: &'a Path,
    /// The seed (0 where there is none).
    pub seed: u64,
    /// Where nets run.
    pub device: DeviceKind,
    /// Where files of datasets are.
    pub places: &'a SearchPaths,
    /// Set when the job shall end early.
    pub stop: &'a AtomicBool,
    /// Where long work may leave what it can go on from.
    pub checkpoints: &'a Checkpoints,
}

/// A computed instance.
#[derive(Debug)]
pub struct Computed {
    /// Contents of the artifact.
    pub digests: Digests,
    /// Its scores.
    pub scores: Vec<(String, f64)>,
    /// Statistics of the work.
    pub figures: RunStats,
}

/// A place where instances are computed.
pub trait Executor {
    /// Computes one instance and writes its artifact, passing on what the work tells.
    ///
    /// # Errors
    /// Whatever the stage fails with, or what went wrong on the way to it.
    fn execute(&self, job: &Job<'_>, tell: &mut dyn FnMut(Message)) -> anyhow::Result<Computed>;
}
