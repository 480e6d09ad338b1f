//! What a training costs, in multiply-adds and in memory.
//!
//! Knows nothing of how fast a machine is, or of what is trained on.

use super::{KIMG, TrainOne};
use crate::MemoryNeed;
use acai_autoencoder::{AutoencoderSpec, RegularizerSpec, regularizer::ForwardPasses};
use acai_common::format::count;
use acai_net::{NetKind, NetSize, SIDE, multiply_adds};

/// What the steps of a training are: trainings of the same kind take the same time a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepKind {
    /// The autoencoder.
    pub autoencoder: AutoencoderSpec,
    /// What is added to its loss.
    pub regularizer: Option<RegularizerSpec>,
    /// The size of its nets.
    pub net: NetSize,
    /// Colour channels of the images.
    pub channels: usize,
    /// Images per step.
    pub batch: usize,
}

/// What a training is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingCost {
    /// Its steps.
    pub kind: StepKind,
    /// How many.
    pub steps: u64,
}

impl TrainOne {
    /// What the whole training on images of `channels` is made of.
    pub(super) fn cost(&self, channels: usize) -> TrainingCost {
        let kind = StepKind {
            autoencoder: self.autoencoder.clone(),
            regularizer: self.regularizer.clone(),
            net: self.net,
            channels,
            batch: self.batch,
        };
        TrainingCost { kind, steps: (self.kimg * KIMG).div_ceil(self.batch as u64) }
    }
}

/// Images that are there at once for each image of a batch, at least: the batches
/// that are prepared ahead, the one that is trained on, and what is decoded from it.
const COPIES: f64 = 6.0;

/// Maps of a net's first or last block that are kept for the backward pass, at
/// least.
const MAPS: f64 = 2.0;

impl TrainOne {
    /// The memory that a training on images of `channels` takes at least: far less
    /// than it takes in fact, so that nothing is refused that would work.
    pub(super) fn memory_of(&self, channels: usize) -> MemoryNeed {
        let pixels = (SIDE * SIDE) as f64;
        let maps = if self.autoencoder.has_nets() { MAPS * self.net.depth as f64 } else { 0.0 };
        let per_image = pixels * (COPIES * channels as f64 + maps);
        let float = size_of::<f32>() as f64;
        MemoryNeed {
            paths: vec!["batch".to_owned()],
            work: format!("a step on {} images", count(self.batch as u64)),
            bytes: float * per_image * self.batch as f64,
            help: "take a smaller `batch`; the paper's is 64".to_owned(),
        }
    }
}

impl TrainingCost {
    /// Multiply-adds of the whole training.
    #[must_use]
    pub fn multiply_adds(&self) -> f64 {
        self.steps as f64 * self.kind.multiply_adds()
    }
}

impl StepKind {
    /// Multiply-adds of a step.
    #[must_use]
    pub fn multiply_adds(&self) -> f64 {
        self.batch as f64 * self.per_image() as f64
    }

    /// Multiply-adds of a step for each image: forward and back, which takes twice as
    /// many, through encoder, decoder and extra parameters; and what the regularizer
    /// adds.
    fn per_image(&self) -> u64 {
        let Self { autoencoder, net, .. } = self;
        if !autoencoder.has_nets() {
            return 0;
        }
        let forward = |role, size| multiply_adds(role, self.channels, size);
        let extra = autoencoder.multiply_adds(net.latent * net.width * net.width);
        let decode = forward(NetKind::Decoder, *net) + extra;
        let added = self.regularizer.as_ref().map_or(0, |regularizer| {
            let critic = |depth| forward(NetKind::Encoder, NetSize { depth, ..*net });
            let critic = regularizer.critic_depth(net.depth).map_or(0, critic);
            regularizer.multiply_adds(ForwardPasses { critic, decode })
        });
        3 * (forward(NetKind::Encoder, *net) + decode) + added
    }
}
