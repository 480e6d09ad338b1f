//! An autoencoder's parameters beside its encoder and decoder, as named tensors.
//!
//! Knows nothing of which autoencoders have which, or of files.

use super::step::Gradients;
use acai_net::linear::Linear;
use acai_random::RngStream;

/// A named tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedParameter {
    /// Where it is in a model, such as `bottleneck/mean/weight`.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Its elements, row-major.
    pub data: Vec<f32>,
    /// How a training step changes it.
    pub update: UpdateRule,
}

/// How a training step changes a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UpdateRule {
    /// Together with encoder and decoder, by their loss and optimizer.
    Joint,
    /// By a loss and an optimizer of its own.
    OwnOptimizer {
        /// That optimizer's learning rate.
        lr: f64,
    },
    /// By no gradient: it is a moving average, and the step gives its next value.
    Ema,
}

impl NamedParameter {
    /// Weight and bias of a linear layer, initialized by Glorot's rule from the
    /// stream `(seed, "<name>.init")`.
    #[must_use]
    pub fn linear(
        name: &str,
        inputs: usize,
        outputs: usize,
        update: UpdateRule,
        seed: u64,
    ) -> [Self; 2] {
        let role = format!("{name}.init");
        let Linear { weight, bias, .. } =
            Linear::new(inputs, outputs, &mut RngStream::new(seed, &role, 0));
        [
            Self {
                name: format!("{name}/weight"),
                shape: vec![outputs, inputs],
                data: weight,
                update,
            },
            Self { name: format!("{name}/bias"), shape: vec![outputs], data: bias, update },
        ]
    }
}

/// The index of the parameter called `name`.
///
/// # Panics
/// If there is none: an autoencoder asks for its own parameters alone.
#[must_use]
pub fn index_of(parameters: &[NamedParameter], name: &str) -> usize {
    let index = parameters.iter().position(|parameter| parameter.name == name);
    index.expect("an autoencoder asks for parameters it has")
}

/// The linear layer called `name`.
///
/// # Panics
/// As [`index_of`].
#[must_use]
pub fn linear(parameters: &[NamedParameter], name: &str) -> Linear {
    let weight = &parameters[index_of(parameters, &format!("{name}/weight"))];
    let bias = &parameters[index_of(parameters, &format!("{name}/bias"))];
    Linear { inputs: weight.shape[1], weight: weight.data.clone(), bias: bias.data.clone() }
}

/// What the backward pass of a linear layer starts from.
#[derive(Clone, Copy)]
pub struct LinearPass<'a> {
    /// (inputs × `padded_batch`).
    pub input: &'a [f32],
    /// Gradient of the output, (outputs × `padded_batch`).
    pub dy: &'a [f32],
    /// Columns.
    pub padded_batch: usize,
    /// Columns that are examples.
    pub count: usize,
}

/// Backward pass of the linear layer called `name`: returns the gradient of its
/// input, and adds those of weight and bias to `gradients`.
///
/// # Panics
/// As [`index_of`].
#[must_use]
pub fn linear_backward(
    parameters: &[NamedParameter],
    name: &str,
    gradients: &mut Gradients,
    pass: &LinearPass<'_>,
) -> Vec<f32> {
    let layer = linear(parameters, name);
    let gradient = layer.gradient(pass.input, pass.dy, pass.padded_batch, pass.count);
    gradients.resize(parameters.len(), Vec::new());
    add(&mut gradients[index_of(parameters, &format!("{name}/weight"))], &gradient.weight);
    add(&mut gradients[index_of(parameters, &format!("{name}/bias"))], &gradient.bias);
    layer.input_gradient(pass.dy, pass.padded_batch)
}

/// Adds `more` to a gradient; one that is empty is zero.
fn add(gradient: &mut Vec<f32>, more: &[f32]) {
    if gradient.is_empty() {
        gradient.extend_from_slice(more);
        return;
    }
    for (a, b) in gradient.iter_mut().zip(more) {
        *a += b;
    }
}
