//! What a training costs, in multiply-adds, and how many this machine does in a
//! second: the estimate that `check` and `plan` print.
//!
//! Knows nothing of what is trained on.

use std::time::Instant;

use super::{KIMG, TrainOne};
use crate::MemoryNeed;
use acai_autoencoder::{
    AutoencoderSpec, RegularizerSpec, Trainer, TrainerOptions, regularizer::ForwardPasses,
    step::StepRng,
};
use acai_common::format::count;
use acai_net::{Batch, DeviceKind, NetError, NetKind, NetSize, SIDE, Shape, multiply_adds};
use acai_random::RngStream;

/// The net whose training is timed: the paper's for lines.
const TIMED: NetSize = NetSize { depth: 16, latent: 16, width: 2 };

/// Its images per step.
const BATCH: usize = 64;

/// Steps that are timed, after one that warms up; the fastest counts.
const STEPS: u64 = 3;

impl TrainOne {
    /// Multiply-adds of the whole training on images of `channels`.
    pub(super) fn multiply_adds_of(&self, channels: usize) -> f64 {
        let per_image = per_image(&self.autoencoder, self.regularizer.as_ref(), self.net, channels);
        (self.kimg * KIMG) as f64 * per_image as f64
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

/// Multiply-adds of a training step, for each image: forward and back, which
/// takes twice as many, through encoder, decoder and extra parameters; and what
/// the regularizer adds.
fn per_image(
    autoencoder: &AutoencoderSpec,
    regularizer: Option<&RegularizerSpec>,
    net: NetSize,
    channels: usize,
) -> u64 {
    if !autoencoder.has_nets() {
        return 0;
    }
    let forward = |role, size| multiply_adds(role, channels, size);
    let extra = autoencoder.multiply_adds(net.latent * net.width * net.width);
    let decode = forward(NetKind::Decoder, net) + extra;
    let added = regularizer.map_or(0, |regularizer| {
        let critic = |depth| forward(NetKind::Encoder, NetSize { depth, ..net });
        let critic = regularizer.critic_depth(net.depth).map_or(0, critic);
        regularizer.multiply_adds(ForwardPasses { critic, decode })
    });
    3 * (forward(NetKind::Encoder, net) + decode) + added
}

/// Multiply-adds that training does here in a second, from a few steps of the
/// paper's autoencoder and regularizer on its lines net.
///
/// # Errors
/// If the device fails.
pub fn multiply_adds_per_s(device: DeviceKind) -> Result<f64, NetError> {
    let (autoencoder, regularizer) = (AutoencoderSpec::plain(), RegularizerSpec::of_the_paper());
    let options = TrainerOptions {
        autoencoder: &autoencoder,
        regularizer: Some(&regularizer),
        net: TIMED,
        channels: 1,
        classes: 10,
        lr: 1e-4,
    };
    let mut trainer = Trainer::new(options, device, 0)?;
    let shape = Shape { channels: 1, side: SIDE };
    let images =
        Batch::from_rows(shape, &RngStream::new(0, "images", 0).normals(BATCH * shape.len(), 0.5));
    let mut fastest = f64::INFINITY;
    for step in 0..=STEPS {
        let start = Instant::now();
        trainer.step(&images, &[0; BATCH], StepRng { seed: 0, step: step + 1 })?;
        if step > 0 {
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
    }
    let per_image = per_image(&autoencoder, Some(&regularizer), TIMED, 1);
    Ok(BATCH as f64 * per_image as f64 / fastest)
}
