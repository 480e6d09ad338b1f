//! What one training step reads and what it brings: the common language of
//! autoencoders and regularizers.
//!
//! Knows nothing of which there are, or of optimisers.

use super::named_parameter::NamedParameter;
use acai_net::{Batch, Net, NetError};
use acai_random::Stream;

/// The nets of one autoencoder.
pub struct Nets {
    /// Images to codes.
    pub encoder: Box<dyn Net>,
    /// Codes to images.
    pub decoder: Box<dyn Net>,
    /// Images to a map whose mean is the critic's answer, if a regularizer has one.
    pub critic: Option<Box<dyn Net>>,
    /// What the autoencoder has beside them.
    pub parts: Vec<NamedParameter>,
}

/// Gradients of a net's parameters, in their order.
pub type Gradients = Vec<Vec<f32>>;

/// Random numbers of one step, by role.
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
    pub fn stream(self, role: &str) -> Stream {
        Stream::new(self.seed, role, self.step)
    }
}

/// One term of a loss as it is logged.
pub type Term = (&'static str, f64);

/// What one step brings: gradients of every loss at the same parameters.
pub struct Step {
    /// What the probe sees of the batch.
    pub probed: Batch,
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
    /// Of each part the gradient of the loss it learns by, or, where it learns
    /// directly, its next value.
    pub parts: Gradients,
}

/// Images decoded from codes, and the way vjp.
pub struct Decoded<'a> {
    /// The images, on [−1, 1].
    pub images: Batch,
    /// From the images' gradient to those of codes and parameters.
    pub vjp: Back<'a>,
}

/// The way vjp from decoded images.
pub type Back<'a> = Box<dyn FnOnce(Batch) -> Result<Cotangents, NetError> + 'a>;

/// Decodes codes as the autoencoder does.
pub type Decode<'a, 'n> = dyn Fn(Batch) -> Result<Decoded<'n>, NetError> + 'a;

/// What the way vjp brings.
pub struct Cotangents {
    /// Gradient of the codes.
    pub codes: Batch,
    /// Gradients of the decoder's parameters.
    pub decoder: Gradients,
    /// Gradients of the parts; empty without.
    pub parts: Gradients,
}

impl Nets {
    /// Images from codes by the decoder alone.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// Never: the way vjp always brings the gradient that was asked for.
    pub fn decode(&self, codes: Batch) -> Result<Decoded<'_>, NetError> {
        let (images, decoding) = self.decoder.record(codes, true)?;
        let vjp = move |d_images| {
            let decoder = self.decoder.backward(decoding, d_images, None)?;
            let codes = decoder.input.expect("the codes' gradient was asked for");
            Ok(Cotangents { codes, decoder: decoder.parameters, parts: Vec::new() })
        };
        Ok(Decoded { images, vjp: Box::new(vjp) })
    }
}

/// What a regularizer is given of a step.
pub struct StepContext<'a, 'n> {
    /// The clean images.
    pub images: &'a Batch,
    /// The codes as evaluation would make them: what may be mixed.
    pub codes: &'a Batch,
    /// What the step made of the images.
    pub reconstructions: &'a Batch,
    /// Images from codes.
    pub decode: &'a Decode<'a, 'n>,
    /// What λ is multiplied by, so that it weighs the same beside every loss:
    /// 1 beside a mean per element, the number of elements beside a sum of them.
    pub weight: f64,
}

/// What a regularizer adds to a step; what it leaves alone is empty.
#[derive(Default)]
pub struct RegularizerOutput {
    /// Its terms.
    pub terms: Vec<Term>,
    /// Gradient of the autoencoder's loss with respect to the codes.
    pub codes: Option<Batch>,
    /// Gradient of the autoencoder's loss with respect to the reconstructions.
    pub reconstructions: Option<Batch>,
    /// Gradients of the autoencoder's loss.
    pub decoder: Gradients,
    /// Gradients of the autoencoder's loss.
    pub parts: Gradients,
    /// Gradients of the critic's loss.
    pub critic: Gradients,
}

impl StepContext<'_, '_> {
    /// What `regularizer` adds, if there is one.
    ///
    /// # Errors
    /// If the device fails.
    ///
    /// # Panics
    /// If there is a regularizer and no critic.
    pub fn add(
        &self,
        nets: &Nets,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<RegularizerOutput, NetError> {
        let Some(regularizer) = regularizer else { return Ok(RegularizerOutput::default()) };
        let critic = nets.critic.as_deref().expect("a regularizer is trained with a critic");
        regularizer.add(critic, self, draws)
    }
}

/// Adds `more` to `gradients`, element by element; what is empty adds nothing.
///
/// # Panics
/// If they are not of the same parameters.
#[must_use]
pub fn sum(mut gradients: Gradients, more: Gradients) -> Gradients {
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
pub fn plus(gradient: Batch, more: Option<&Batch>) -> Batch {
    match more {
        Some(more) => gradient.plus(more),
        None => gradient,
    }
}

/// Mean squared error over all elements of the batch, and its gradient with
/// respect to `found`.
#[must_use]
pub fn mean_squared_error(found: &Batch, wanted: &Batch) -> (f64, Batch) {
    let n = (found.count * found.shape.len()) as f64;
    let mut gradient = found.clone();
    gradient.update(|v, at, _| v - wanted.data[at]);
    let total: f64 = gradient.data.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    let scale = (2.0 / n) as f32;
    gradient.update(|v, _, _| v * scale);
    (total / n, gradient)
}

/// The mean of some numbers, added up in order.
pub(super) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
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
    sums.iter().map(|sum| sum / output.shape.len() as f64).collect()
}

/// Gradient of a critic's output when each example's answer has the gradient
/// `by_answer`.
#[must_use]
pub fn from_answers(output: &Batch, by_answer: impl Fn(usize) -> f64) -> Batch {
    let n = output.shape.len() as f64;
    output.map(|_, lane| (by_answer(lane) / n) as f32)
}

/// A number for each example, zeros for the filling lanes.
pub(super) fn per_lane(batch: &Batch, value: impl Fn(usize) -> f64) -> Vec<f32> {
    let mut lanes = vec![0.0; batch.lanes()];
    for (i, lane) in lanes[..batch.count].iter_mut().enumerate() {
        *lane = value(i) as f32;
    }
    lanes
}

/// A regularizer at work in one step.
pub trait Regularize {
    /// What it adds, given the critic and what the autoencoder did.
    ///
    /// # Errors
    /// If the device fails.
    fn add(
        &self,
        critic: &dyn Net,
        pass: &StepContext<'_, '_>,
        draws: StepRng,
    ) -> Result<RegularizerOutput, NetError>;
}
