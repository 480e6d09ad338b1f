//! What every autoencoder can do: take a training step, and, once trained, turn
//! images into codes and codes into images.
//!
//! Knows nothing of which autoencoders there are.

use super::{
    named_parameter::NamedParameter,
    step::{
        Decode, Decoded, Gradients, Nets, Regularize, Step, StepContext, StepRng, Term,
        mean_squared_error, plus, sum,
    },
};
use acai_net::{Batch, Net, NetError, Shape};
use acai_random::Stream;

/// Images as codes.
pub struct Encoded {
    /// The codes: what is clustered, interpolated and stored.
    pub codes: Batch,
    /// What the probe sees, if it does not see the codes.
    pub probed: Option<Batch>,
}

/// An autoencoder at work.
pub trait Autoencode {
    /// What it has beside encoder and decoder, as it starts, for codes of that
    /// shape.
    fn parts(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let (_, _) = (codes, seed);
        Vec::new()
    }

    /// Multiply-adds beside encoder and decoder of one image, forward, for codes
    /// of that length.
    fn multiply_adds(&self, code_len: usize) -> u64 {
        let _ = code_len;
        0
    }

    /// One training step on `images`, by its own loss and what the regularizer
    /// adds.
    ///
    /// # Errors
    /// If the device fails.
    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError>;

    /// Images to codes; `noise` is the stream of an example, for those that draw.
    ///
    /// # Errors
    /// If the device fails.
    fn encode(
        &self,
        encoder: &dyn Net,
        parts: &[NamedParameter],
        images: &Batch,
        noise: &dyn Fn(usize) -> Stream,
    ) -> Result<Encoded, NetError> {
        let (_, _) = (parts, noise);
        Ok(Encoded { codes: encoder.forward(images)?, probed: None })
    }

    /// Codes to images on [−1, 1].
    ///
    /// # Errors
    /// If the device fails.
    fn decode(
        &self,
        decoder: &dyn Net,
        parts: &[NamedParameter],
        codes: &Batch,
    ) -> Result<Batch, NetError> {
        let _ = parts;
        decoder.forward(codes)
    }
}

/// What a step makes of reconstructions, short of the encoder.
pub(super) struct Made {
    /// Mean squared error per element.
    pub(super) mse: f64,
    /// That, and the regularizer's terms.
    pub(super) terms: Vec<Term>,
    /// Gradient of the codes that were decoded.
    pub(super) decoded: Batch,
    /// Gradient of the codes that might be mixed, if they were.
    pub(super) mixed: Option<Batch>,
    /// Gradients of the decoder's parameters.
    pub(super) decoder: Gradients,
    /// Gradients of the parts; empty without.
    pub(super) parts: Gradients,
    /// Gradients of the critic's loss.
    pub(super) critic: Gradients,
}

/// The squared error of `decoded` against `images` and what the regularizer adds
/// with the codes it may mix: what all but the VAE have in common.
pub(super) fn squared(
    nets: &Nets,
    images: &Batch,
    decoded: Decoded<'_>,
    mixed: &Batch,
    decode: &Decode<'_, '_>,
    regularizer: Option<&dyn Regularize>,
    draws: StepRng,
) -> Result<Made, NetError> {
    let Decoded { images: reconstructions, vjp } = decoded;
    let (mse, d_reconstructions) = mean_squared_error(&reconstructions, images);
    let pass = StepContext {
        images,
        codes: mixed,
        reconstructions: &reconstructions,
        decode,
        weight: 1.0,
    };
    let added = pass.add(nets, regularizer, draws)?;
    let pulled = vjp(plus(d_reconstructions, added.reconstructions.as_ref()))?;
    let mut terms = vec![("mse", mse)];
    terms.extend(added.terms);
    Ok(Made {
        mse,
        terms,
        decoded: pulled.codes,
        mixed: added.codes,
        decoder: sum(pulled.decoder, added.decoder),
        parts: sum(pulled.parts, added.parts),
        critic: added.critic,
    })
}

impl Made {
    /// The whole step, given the encoder's gradients and what the probe sees.
    pub(super) fn step(self, probed: Batch, encoder: Gradients) -> Step {
        let Self { mse, terms, decoder, parts, critic, .. } = self;
        Step { probed, mse, terms, encoder, decoder, critic, parts }
    }
}
