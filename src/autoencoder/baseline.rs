//! The plain convolutional autoencoder: mean squared error, nothing else.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use super::step::{Addition, Draws, Nets, Regularize, Step, mean_squared_error, sum};
use crate::net::{Batch, NetError};

/// One step on `images` (reference `baseline.py`): L = mean((x − D(E(x)))²),
/// plus what the regularizer adds.
pub(super) fn step(
    nets: &Nets,
    images: &Batch,
    regularizer: Option<&dyn Regularize>,
    draws: Draws,
) -> Result<Step, NetError> {
    let (codes, encoding) = nets.encoder.record(images.clone(), false)?;
    let (reconstructions, decoding) = nets.decoder.record(codes.clone(), true)?;
    let (mse, d_reconstructions) = mean_squared_error(&reconstructions, images);
    let decoder = nets.decoder.backward(decoding, d_reconstructions, None)?;
    let mut d_codes = decoder.input.expect("the codes' gradient was asked for");
    let mut step = Step {
        codes,
        mse,
        terms: vec![("mse", mse)],
        encoder: Vec::new(),
        decoder: decoder.parameters,
        critic: Vec::new(),
    };
    if let Some(regularizer) = regularizer {
        let Addition { terms, codes, decoder, critic } =
            regularizer.add(nets, images, &step.codes, &reconstructions, draws)?;
        d_codes = d_codes.plus(&codes);
        step.terms.extend(terms);
        step.decoder = sum(step.decoder, &decoder);
        step.critic = critic;
    }
    step.encoder = nets.encoder.backward(encoding, d_codes, None)?.parameters;
    Ok(step)
}
