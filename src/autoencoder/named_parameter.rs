//! Parts: what an autoencoder learns beside its encoder and decoder, as named
//! tensors.
//!
//! Knows nothing of which autoencoders have which parts, or of files.

use super::step::Gradients;
use acai_net::linear::Linear;
use acai_random::Stream;

/// A named tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedParameter {
    /// Where it stands in a model, such as `bottleneck/mean/weight`.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Its elements, row-major.
    pub data: Vec<f32>,
    /// How it learns.
    pub learns: UpdateRule,
}

/// How a part learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UpdateRule {
    /// By the autoencoder's loss and optimiser.
    Joint,
    /// By a loss and an optimiser of its own.
    OwnOptimizer {
        /// That optimiser's learning rate.
        lr: f64,
    },
    /// By no gradient: a step brings its next value.
    Ema,
}

impl NamedParameter {
    /// The two tensors of a dense layer, started by Glorot's rule from the
    /// stream `(seed, "<name>.init")`.
    #[must_use]
    pub fn dense(
        name: &str,
        inputs: usize,
        outputs: usize,
        learns: UpdateRule,
        seed: u64,
    ) -> [Self; 2] {
        let role = format!("{name}.init");
        let Linear { weight, bias, .. } =
            Linear::new(inputs, outputs, &mut Stream::new(seed, &role, 0));
        [
            Self {
                name: format!("{name}/weight"),
                shape: vec![outputs, inputs],
                data: weight,
                learns,
            },
            Self { name: format!("{name}/bias"), shape: vec![outputs], data: bias, learns },
        ]
    }
}

/// The place of the part called `name`.
///
/// # Panics
/// If there is none: an autoencoder asks for its own parts alone.
#[must_use]
pub fn place(parts: &[NamedParameter], name: &str) -> usize {
    let place = parts.iter().position(|part| part.name == name);
    place.expect("an autoencoder asks for parts it has")
}

/// The dense layer called `name`.
///
/// # Panics
/// As [`place`].
#[must_use]
pub fn dense(parts: &[NamedParameter], name: &str) -> Linear {
    let weight = &parts[place(parts, &format!("{name}/weight"))];
    let bias = &parts[place(parts, &format!("{name}/bias"))];
    Linear { inputs: weight.shape[1], weight: weight.data.clone(), bias: bias.data.clone() }
}

/// Adds the gradients of the dense layer called `name` for its `input` (inputs
/// × lanes) and the gradient `dy` of its output; returns that of its input.
///
/// # Panics
/// As [`place`].
#[must_use]
pub fn backward(
    parts: &[NamedParameter],
    name: &str,
    to: &mut Gradients,
    layer: &ParameterVjp<'_>,
) -> Vec<f32> {
    let head = dense(parts, name);
    let found = head.gradient(layer.input, layer.dy, layer.lanes, layer.count);
    to.resize(parts.len(), Vec::new());
    add(&mut to[place(parts, &format!("{name}/weight"))], &found.weight);
    add(&mut to[place(parts, &format!("{name}/bias"))], &found.bias);
    head.input_gradient(layer.dy, layer.lanes)
}

/// What a dense layer's backward pass starts from.
#[derive(Clone, Copy)]
pub struct ParameterVjp<'a> {
    /// (inputs × lanes).
    pub input: &'a [f32],
    /// Gradient of the output, (outputs × lanes).
    pub dy: &'a [f32],
    /// Columns.
    pub lanes: usize,
    /// Columns that are examples.
    pub count: usize,
}

/// Adds up; nothing is there where a gradient is empty.
fn add(to: &mut Vec<f32>, more: &[f32]) {
    if to.is_empty() {
        to.extend_from_slice(more);
        return;
    }
    for (a, b) in to.iter_mut().zip(more) {
        *a += b;
    }
}
