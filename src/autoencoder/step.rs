//! What one training step reads and what it brings: the common language of
//! autoencoders and regularizers.
//!
//! Knows nothing of which there are, or of optimisers.

use crate::{
    net::{Batch, Net, NetError},
    random::Stream,
};

/// The nets of one autoencoder.
pub struct Nets {
    /// Images to codes.
    pub encoder: Box<dyn Net>,
    /// Codes to images.
    pub decoder: Box<dyn Net>,
    /// Images to a map whose mean is the critic's answer, if a regularizer has one.
    pub critic: Option<Box<dyn Net>>,
}

/// Gradients of a net's parameters, in their order.
pub type Gradients = Vec<Vec<f32>>;

/// Random numbers of one step, by role.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    /// The pipeline's seed.
    pub seed: u64,
    /// The step, from 1.
    pub step: u64,
}

impl Draws {
    /// The stream of `role` in this step.
    #[must_use]
    pub fn stream(self, role: &str) -> Stream {
        Stream::new(self.seed, role, self.step)
    }
}

/// One term of a loss as it is logged.
pub type Term = (&'static str, f64);

/// What one step brings: three sets of gradients at the same parameters.
pub struct Step {
    /// The codes z of the batch.
    pub codes: Batch,
    /// Mean squared error per element against the clean images.
    pub mse: f64,
    /// Every term of every loss.
    pub terms: Vec<Term>,
    /// Of the autoencoder's loss.
    pub encoder: Gradients,
    /// Of the autoencoder's loss.
    pub decoder: Gradients,
    /// Of the critic's loss; empty without a critic.
    pub critic: Gradients,
}

/// What a regularizer adds to a step.
pub struct Addition {
    /// Its terms.
    pub terms: Vec<Term>,
    /// Gradient of the autoencoder's loss with respect to the codes.
    pub codes: Batch,
    /// Gradients of the autoencoder's loss.
    pub decoder: Gradients,
    /// Gradients of the critic's loss.
    pub critic: Gradients,
}

/// Adds `more` to `gradients`, element by element.
///
/// # Panics
/// If they are not of the same parameters.
#[must_use]
pub fn sum(mut gradients: Gradients, more: &Gradients) -> Gradients {
    assert_eq!(gradients.len(), more.len(), "gradients of the same parameters");
    for (a, b) in gradients.iter_mut().zip(more) {
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
    }
    gradients
}

/// Mean squared error over all elements of the batch, and its gradient with
/// respect to `found`.
#[must_use]
pub fn mean_squared_error(found: &Batch, wanted: &Batch) -> (f64, Batch) {
    let n = (found.count * found.extent.len()) as f64;
    let mut gradient = found.clone();
    gradient.update(|v, at, _| v - wanted.data[at]);
    let total: f64 = gradient.data.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    let scale = (2.0 / n) as f32;
    gradient.update(|v, _, _| v * scale);
    (total / n, gradient)
}

/// A critic's answer for each example: the mean of its output over channels,
/// rows and columns.
#[must_use]
pub fn answers(output: &Batch) -> Vec<f64> {
    let lanes = output.lanes();
    let mut sums = vec![0.0; output.count];
    for values in output.data.chunks_exact(lanes) {
        for (sum, &v) in sums.iter_mut().zip(values) {
            *sum += f64::from(v);
        }
    }
    sums.iter().map(|sum| sum / output.extent.len() as f64).collect()
}

/// Gradient of a critic's output when each example's answer has the gradient
/// `by_answer`.
#[must_use]
pub fn from_answers(output: &Batch, by_answer: impl Fn(usize) -> f64) -> Batch {
    let n = output.extent.len() as f64;
    output.map(|_, lane| (by_answer(lane) / n) as f32)
}

/// A regularizer at work in one step.
pub trait Regularize {
    /// What it adds, given images, codes and reconstructions.
    ///
    /// # Errors
    /// If the device fails.
    fn add(
        &self,
        nets: &Nets,
        images: &Batch,
        codes: &Batch,
        reconstructions: &Batch,
        draws: Draws,
    ) -> Result<Addition, NetError>;
}
