//! The science, one file per kind of stage: a stage reads artifacts and writes one.
//!
//! Knows nothing of other stages, of the plan, of keys or of the store; the
//! engine hands in opened inputs and takes a finished file.
//!
//! To add a stage: one file here and one line of `stages!` below, see
//! docs/extending.md.
#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "what tests compute is compared and not stored")
)]

use std::{collections::BTreeMap, fmt, sync::atomic::AtomicBool};

use serde::Deserialize;

use acai_artifact as artifact;
use acai_artifact::Kind;
use acai_common::{
    diagnostics::Diagnostic,
    events::{Interrupted, Message, Progress},
    names::{Name, Reference},
};
use acai_dataset::{SearchPaths, checksum::Checksum, resolve::Resolver};
use acai_metric::{
    accuracy::wilson_interval,
    score::{self, Bound, Score, bound_name},
};
use acai_net::DeviceKind;

mod checkpoints;
pub mod dataset;
mod eigen;
pub mod encode;
pub mod interpolate;
pub mod kmeans;
mod latents;
mod memory;
mod model;
mod params;
mod principal;
pub mod probe;
pub mod project;
mod range_error;
pub mod sample;
pub mod snapshots;
#[cfg(test)]
mod test_util;
#[cfg(test)]
mod tests;
pub mod train;
mod trained;

pub use checkpoints::{CheckpointRequests, Checkpoints};
pub use memory::MemoryNeed;
pub use params::{Param, Params};
pub use range_error::RangeError;
use train::cost::TrainingCost;

/// A stage as it stands in a file, before its family is unfolded.
pub trait Declared: fmt::Debug {
    /// The instances it stands for, seeds left aside: one per variant, or one
    /// without a name. Empty only if the file lists no variant. All have the
    /// same inputs.
    fn members(&self) -> Vec<Member>;

    /// Looks up what the stage names outside the pipeline file, such as a
    /// dataset's descriptor.
    ///
    /// # Errors
    /// Whatever is wrong there.
    fn resolve(&mut self, resolver: &mut Resolver<'_>) -> Result<(), ReferenceError> {
        let _ = resolver;
        Ok(())
    }

    /// Ranges that one field alone decides: the field's path inside the stage
    /// (`variants.acai.kimg`) and what is wrong with it.
    fn range_errors(&self) -> Vec<RangeError> {
        Vec::new()
    }
}

/// One member of a stage's family.
#[derive(Debug)]
pub struct Member {
    /// Its name in the family, if it is one of several.
    pub variant: Option<Name>,
    /// What it does.
    pub stage: Box<dyn Stage>,
}

/// What is wrong with something that a stage names outside the pipeline file.
#[derive(Debug)]
pub enum ReferenceError {
    /// The field that names it: the field's path inside the stage, what is
    /// wrong and what to do about it.
    Field(CheckError),
    /// What stands there.
    There(Vec<Diagnostic>),
}

/// One unit of work with every parameter resolved.
pub trait Stage: fmt::Debug + Send + Sync {
    /// The kind's name, as in the file: `Train`.
    fn kind(&self) -> &'static str;

    /// Raised whenever the same key would give other bits.
    fn version(&self) -> u32;

    /// What kind of artifact comes out.
    fn output(&self) -> Kind;

    /// What it reads.
    fn inputs(&self) -> Vec<Input>;

    /// The parameters that decide its result, for the key and for explanations.
    fn params(&self) -> Params;

    /// Whether the pipeline's seed enters the result (it then enters the key,
    /// and the stage is multiplied over the seeds).
    fn is_seeded(&self) -> bool;

    /// Whether the result depends on the kind of device (CPU or CUDA).
    fn runs_on_device(&self) -> bool {
        false
    }

    /// Checks what can only be known with the inputs' stages at hand, such as
    /// whether a net of this size is compiled.
    fn check(&self, known: InputFacts) -> Vec<CheckError> {
        let _ = known;
        Vec::new()
    }

    /// For datasets: what is known of their images before running.
    fn images(&self) -> Option<ImageFacts> {
        None
    }

    /// For trainings: what is known of their models before running.
    fn model(&self) -> Option<ModelFacts> {
        None
    }

    /// For trainings: what they are made of.
    fn training_cost(&self, facts: InputFacts) -> Option<TrainingCost> {
        let _ = facts;
        None
    }

    /// For trainings: the memory that one takes at least.
    fn memory(&self, facts: InputFacts) -> Option<MemoryNeed> {
        let _ = facts;
        None
    }

    /// For datasets: the checksums of the files they are read from, by name.
    fn files(&self) -> BTreeMap<String, Checksum> {
        BTreeMap::new()
    }

    /// For datasets: whether files would have to be downloaded to run it now.
    fn downloads(&self, places: &SearchPaths) -> bool {
        let _ = places;
        false
    }

    /// Does the work.
    ///
    /// # Errors
    /// Whatever goes wrong; the half-written output is thrown away.
    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats>;
}

/// A fault found by [`Stage::check`].
#[derive(Clone, Debug, PartialEq)]
pub struct CheckError {
    /// Path inside the stage, most specific spelling first: the first that
    /// stands in the file is pointed at.
    pub paths: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// What is known of a stage's inputs before they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputFacts {
    /// What [`Stage::images`] of the stage behind the field `data` says.
    pub data: Option<ImageFacts>,
    /// What [`Stage::model`] of the stage behind the field `model` says.
    pub model: Option<ModelFacts>,
}

/// What is known of models before they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Whether they keep snapshots.
    pub has_snapshots: bool,
}

/// What is known of a dataset's images before they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// The shape of each.
    pub shape: ImageShape,
    /// How many training images, if that is known.
    pub train: Option<usize>,
    /// How many test images, if that is known.
    pub test: Option<usize>,
}

/// Channels, height and width of a dataset's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageShape {
    /// Colour channels.
    pub channels: usize,
    /// Rows in pixels.
    pub height: usize,
    /// Columns in pixels.
    pub width: usize,
}

/// One input of a stage.
#[derive(Clone, Debug)]
pub struct Input {
    /// The field that names it, such as `data`.
    pub field: &'static str,
    /// The stage or member it names.
    pub reference: Reference,
    /// The kind of artifact it must be.
    pub wants: Kind,
    /// The parts of that artifact that are read; only these enter the key.
    pub reads: &'static [&'static str],
}

/// What a stage works with.
pub struct Work<'a> {
    /// The opened inputs by field name.
    pub inputs: &'a BTreeMap<&'static str, artifact::Reader>,
    /// The file to write.
    pub out: &'a mut artifact::Writer,
    /// The pipeline's seed (0 where the stage is not seeded).
    pub seed: u64,
    /// Where nets run.
    pub device: DeviceKind,
    /// Where files of datasets are.
    pub places: &'a SearchPaths,
    /// Message now and then how far the work has come, and what people should know.
    pub tell: &'a mut dyn FnMut(Message),
    /// Set when the run is being interrupted: return an error soon.
    pub stop: &'a AtomicBool,
    /// Where long work may leave what it can go on from.
    pub checkpoints: &'a Checkpoints,
}

/// Figures of a run that are no part of its result.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunStats {
    /// Training throughput in images per second.
    pub images_per_s: Option<f64>,
    /// Seconds that earlier attempts worked, from whose checkpoint this one went on.
    pub earlier_s: f64,
}

impl Work<'_> {
    /// The input named by `field`.
    ///
    /// # Panics
    /// If the stage did not list `field` in [`Stage::inputs`].
    #[must_use]
    pub fn input(&self, field: &str) -> &artifact::Reader {
        self.inputs.get(field).expect("the plan resolved every input a stage lists")
    }

    /// Says how far the work has come.
    pub fn progress(&mut self, done: usize, total: usize, unit: &'static str) {
        let (done, total) = (done as u64, total as u64);
        (self.tell)(Message::Progress(Progress { done, total, unit, figures: Vec::new() }));
    }

    /// Returns early when the run is being interrupted.
    ///
    /// # Errors
    /// [`Interrupted`], if so.
    pub fn check_stop(&self) -> Result<(), Interrupted> {
        if self.stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Interrupted);
        }
        Ok(())
    }
}

/// Whether a stage of a kind may have written a score of that name. Of kinds that are
/// not known, any name is one that has only small letters, digits and `_`.
#[must_use]
pub fn may_score(kind: &str, name: &str) -> bool {
    let Some(known) = scores(kind) else {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        return !name.is_empty() && name.len() <= 64 && name.chars().all(is_plain);
    };
    known.iter().any(|score| {
        let bounds = [Bound::Low, Bound::High].map(|bound| bound_name(score.name, bound));
        score.name == name || bounds.contains(&name.to_owned())
    })
}

/// Writes a score that is a share of `count` images, and the 95 % interval that the
/// choice of these images leaves.
fn write_accuracy(
    out: &mut artifact::Writer,
    score: Score,
    share: f64,
    count: usize,
) -> Result<(), artifact::ArtifactError> {
    out.score(score.name, share)?;
    write_interval(out, score, share, count)
}

/// The interval alone.
fn write_interval(
    out: &mut artifact::Writer,
    score: Score,
    share: f64,
    count: usize,
) -> Result<(), artifact::ArtifactError> {
    let (low, high) = wilson_interval(share, count);
    out.score(&bound_name(score.name, Bound::Low), low)?;
    out.score(&bound_name(score.name, Bound::High), high)
}

/// The table of stage kinds: how each is written in a file, its type, what kind of
/// artifact it makes, and the scores that it may write.
macro_rules! stages {
    ($($kind:ident => $path:path, makes $makes:ident, scores [$($score:ident),*];)+) => {
        /// A stage as written in a pipeline file.
        #[derive(Clone, Debug, Deserialize)]
        pub enum Declaration {
            $(#[expect(missing_docs, reason = "each type documents itself")] $kind($path),)+
        }

        /// Every stage kind, as written in files.
        pub const KINDS: &[&str] = &[$(stringify!($kind)),+];

        /// What the stages of a kind make; nothing is known of other words.
        #[must_use]
        pub fn makes(kind: &str) -> Option<Kind> {
            match kind {
                $(stringify!($kind) => Some(Kind::$makes),)+
                _ => None,
            }
        }

        /// The scores that a stage of a kind may write; nothing is known of other words.
        #[must_use]
        pub fn scores(kind: &str) -> Option<&'static [Score]> {
            match kind {
                $(stringify!($kind) => Some(&[$(score::$score),*]),)+
                _ => None,
            }
        }

        impl std::ops::Deref for Declaration {
            type Target = dyn Declared;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$kind(stage) => stage,)+
                }
            }
        }

        impl std::ops::DerefMut for Declaration {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self {
                    $(Self::$kind(stage) => stage,)+
                }
            }
        }
    };
}

stages! {
    Dataset => dataset::Dataset, makes Images, scores [];
    Encode => encode::Encode, makes Latents,
        scores [TEST_MSE, REFERENCE_PROBE_ACCURACY, CODES_IN_USE];
    Interpolate => interpolate::Interpolate, makes Interpolations,
        scores [MEAN_DISTANCE, SMOOTHNESS, DEFINED_SMOOTHNESS, DETOUR, UNDEFINED_PAIRS,
            ENDPOINT_MSE, PIXEL_SMOOTHNESS, LATENT_SMOOTHNESS, NEAREST_DISTANCE,
            ENDPOINT_DISTANCE];
    KMeans => kmeans::KMeans, makes Clusters, scores [INERTIA, ACCURACY, TRAIN_ACCURACY];
    Probe => probe::Probe, makes Scores, scores [ACCURACY, TRAIN_ACCURACY, CROSS_ENTROPY];
    Project => project::Project, makes Projection, scores [EXPLAINED_VARIANCE, KL_DIVERGENCE];
    Sample => sample::Sample, makes Samples, scores [];
    Train => train::Train, makes Model, scores [MSE];
}
