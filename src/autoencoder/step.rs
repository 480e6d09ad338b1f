//! One training step's input and output: what autoencoders and regularizers
//! pass to each other.
//!
//! Knows nothing of particular autoencoders or regularizers, or of optimizers.

use super::{
    named_parameter::NamedParameter,
    regularizer::{Regularizer, RegularizerInput, RegularizerOutput},
};
use acai_net::{Batch, Net, NetError};
use acai_random::RngStream;

/// The nets of one autoencoder.
pub struct Nets {
    /// Images to codes.
    pub encoder: Box<dyn Net>,
    /// Codes to images.
    pub decoder: Box<dyn Net>,
    /// Images to a map whose mean is the critic's score, if the regularizer has
    /// a critic.
    pub critic: Option<Box<dyn Net>>,
    /// The autoencoder's parameters beside encoder and decoder.
    pub extra: Vec<NamedParameter>,
}

/// Gradients of a net's parameters, in their order.
pub type Gradients = Vec<Vec<f32>>;

/// The random streams of one step, by role.
#[derive(Clone, Copy, Debug)]
pub struct StepRng {
    /// The pipeline's seed.
    pub seed: u64,
    /// The step, from 1.
    pub step: u64,
}

impl StepRng {
    /// The stream of `role` in this step.
    #[must_use]
    pub fn stream(self, role: &str) -> RngStream {
        RngStream::new(self.seed, role, self.step)
    }
}

/// What a training step works with.
#[derive(Clone, Copy)]
pub struct StepContext<'a> {
    /// The nets, with the weights before the step.
    pub nets: &'a Nets,
    /// The clean images, on [−1, 1].
    pub images: &'a Batch,
    /// What is added to the loss.
    pub regularizer: Option<&'a dyn Regularizer>,
    /// The step's random streams.
    pub rng: StepRng,
}

impl StepContext<'_> {
    /// What the regularizer adds; nothing without one.
    ///
    /// # Errors
    /// If the device fails.
    pub fn regularize(
        &self,
        input: &RegularizerInput<'_, '_>,
    ) -> Result<RegularizerOutput, NetError> {
        let Some(regularizer) = self.regularizer else { return Ok(RegularizerOutput::default()) };
        regularizer.step(input, self.rng)
    }
}

/// One term of a loss as it is logged.
pub type Term = (&'static str, f64);

/// What a training step computes: the terms, and the gradients of every loss at
/// the same weights.
pub struct StepOutput {
    /// The probe's input.
    pub probe_input: Batch,
    /// Mean squared error per element against the clean images.
    pub mse: f64,
    /// Every term of every loss.
    pub terms: Vec<Term>,
    /// Gradients of the autoencoder's loss.
    pub encoder: Gradients,
    /// Gradients of the autoencoder's loss.
    pub decoder: Gradients,
    /// Gradients of the critic's loss; empty without a critic.
    pub critic: Gradients,
    /// For each extra parameter the gradient of the loss that trains it or, for
    /// a moving average, its next value.
    pub extra: Gradients,
}

/// Decoded images, and the backward pass to the codes.
pub struct Decoded<'a> {
    /// The images, on [−1, 1].
    pub images: Batch,
    /// From the images' gradient to those of codes and parameters.
    pub vjp: Vjp<'a>,
}

/// The vector-Jacobian product of a decoding.
pub type Vjp<'a> = Box<dyn FnOnce(Batch) -> Result<Cotangents, NetError> + 'a>;

/// Decodes codes as the autoencoder does.
pub type Decode<'a, 'n> = dyn Fn(Batch) -> Result<Decoded<'n>, NetError> + 'a;

/// What a [`Vjp`] gives.
pub struct Cotangents {
    /// Gradient of the codes.
    pub codes: Batch,
    /// Gradients of the decoder's parameters.
    pub decoder: Gradients,
    /// Gradients of the extra parameters; empty without.
    pub extra: Gradients,
}

impl Nets {
    /// Decodes with the decoder alone.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// Never: a backward pass always gives the gradient that was asked for.
    pub fn decode(&self, codes: Batch) -> Result<Decoded<'_>, NetError> {
        let (images, saved) = self.decoder.record(codes, true)?;
        let vjp = move |d_images| {
            let decoder = self.decoder.backward(saved, d_images, None)?;
            let codes = decoder.input.expect("the codes' gradient was asked for");
            Ok(Cotangents { codes, decoder: decoder.parameters, extra: Vec::new() })
        };
        Ok(Decoded { images, vjp: Box::new(vjp) })
    }
}

/// The sum of two gradients of the same parameters; one that is empty is zero.
///
/// # Panics
/// If they are not of the same parameters.
#[must_use]
pub fn add_gradients(mut gradients: Gradients, more: Gradients) -> Gradients {
    if gradients.is_empty() {
        return more;
    }
    assert!(more.is_empty() || gradients.len() == more.len(), "gradients of the same parameters");
    for (a, b) in gradients.iter_mut().zip(more) {
        if a.is_empty() {
            *a = b;
            continue;
        }
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
    }
    gradients
}

/// `gradient` with `more`, if there is more.
#[must_use]
pub fn add_optional(gradient: Batch, more: Option<&Batch>) -> Batch {
    match more {
        Some(more) => gradient.plus(more),
        None => gradient,
    }
}
