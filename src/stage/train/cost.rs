//! What a training costs, in multiply-adds, and how many this machine does in a
//! second: what people want to know before they start a run of days.
//!
//! Knows nothing of what is trained on.

use std::time::Instant;

use super::{KIMG, TrainOne};
use acai_autoencoder::{
    Autoencoder, Regularizer, Trainer,
    step::{Nets, StepRng},
};
use acai_net::{
    Batch, DeviceKind, NetError, NetSize, Role, SIDE, Shape, initial, linear::Linear,
    multiply_adds, net,
};
use acai_random::Stream;

/// The net whose training is timed: the paper's for lines.
const TIMED: NetSize = NetSize { depth: 16, latent: 16, width: 2 };

/// Its images per step.
const BATCH: usize = 64;

/// Steps that are timed, after one that warms up; the fastest counts.
const STEPS: u64 = 3;

impl TrainOne {
    /// Multiply-adds of the whole training on images of `channels`.
    ///
    /// Per image, with E and D for encoder and decoder and C for the critic:
    /// 3E + 3D; a regularizer adds 6C, and 3D where it mixes codes. The critic's
    /// pass is shared by both losses.
    pub(super) fn work(&self, channels: usize) -> f64 {
        let of = |role, size| multiply_adds(role, channels, size) as f64;
        let (encoder, decoder) = (of(Role::Encoder, self.net), of(Role::Decoder, self.net));
        let code_len = self.net.latent * self.net.width * self.net.width;
        let beside = self.autoencoder.build().multiply_adds(code_len) as f64;
        let added = self.regularizer.as_ref().map_or(0.0, |regularizer| {
            let depth = regularizer.critic_depth().unwrap_or(self.net.depth);
            let critic = of(Role::Encoder, NetSize { depth, ..self.net });
            let mixes = matches!(regularizer, Regularizer::Acai { .. });
            6.0 * critic + if mixes { 3.0 * (decoder + beside) } else { 0.0 }
        });
        (self.kimg * KIMG) as f64 * (3.0 * (encoder + decoder + beside) + added)
    }
}

/// Multiply-adds that training does here in a second, from a few steps of ACAI
/// on the paper's lines net.
///
/// # Errors
/// If the device fails.
pub fn multiply_adds_per_s(device: DeviceKind) -> Result<f64, NetError> {
    let mut trainer = trainer(device)?;
    let shape = Shape { channels: 1, side: SIDE };
    let images =
        Batch::from_rows(shape, &Stream::new(0, "images", 0).normals(BATCH * shape.len(), 0.5));
    let mut fastest = f64::INFINITY;
    for step in 0..=STEPS {
        let start = Instant::now();
        trainer.step(&images, &[0; BATCH], StepRng { seed: 0, step: step + 1 })?;
        if step > 0 {
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
    }
    let of = |role| multiply_adds(role, 1, TIMED) as f64;
    let per_image = 9.0 * of(Role::Encoder) + 6.0 * of(Role::Decoder);
    Ok(BATCH as f64 * per_image / fastest)
}

fn trainer(device: DeviceKind) -> Result<Trainer, NetError> {
    let build = |role, name| net(device, role, 1, TIMED, &mut initial(0, name));
    let nets = Nets {
        encoder: build(Role::Encoder, "encoder")?,
        decoder: build(Role::Decoder, "decoder")?,
        critic: Some(build(Role::Encoder, "critic")?),
        parts: Vec::new(),
    };
    let probe = Linear::new(nets.encoder.output().len(), 10, &mut Stream::new(0, "probe.init", 0));
    let acai = Regularizer::Acai { lambda: 0.5, gamma: 0.2, depth: None };
    Ok(Trainer::new(nets, probe, &Autoencoder::Baseline {}, Some(acai.build()), 1e-4))
}
