//! The VQ-VAE: between encoder and decoder, each code becomes a few vectors of
//! a codebook that follows moving averages.
//!
//! Knows nothing of other autoencoders or of particular regularizers.
//!
//! With h = E(x), flattened to d numbers, a linear layer gives n vectors v of
//! length d; each is replaced by the nearest c(v) of the codebook, whose gradient
//! passes straight through; after `ReLU`, a linear layer to 512, `ReLU` again, and
//! a linear layer to d give what is decoded (reference `vqvae.py`, `lib/discretization.py`):
//!
//! L = mean((x − x̂)²) + β · mean((v − c(v))²)

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder, Encoded, Formulas, Reconstruction,
    codebook::{Codebook, NearestCodes},
    field_check::FieldCheck,
    named_parameter::{LinearPass, NamedParameter, UpdateRule, index_of, linear, linear_backward},
    step::{Cotangents, Decoded, Gradients, Nets, StepContext, StepOutput},
};
use acai_net::{Batch, Net, NetError, Shape};
use acai_random::RngStream;

const VECTORS: &str = "bottleneck/vectors";
const HIDDEN: &str = "bottleneck/hidden";
const MERGED: &str = "bottleneck/merged";
const CODEBOOK: &str = "bottleneck/codebook";
const COUNTS: &str = "averages/counts";
const SUMS: &str = "averages/sums";

/// Units of the hidden layer behind the codebook.
const UNITS: usize = 512;

/// Autoencoder with a codebook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VqVae {
    /// Vectors in the codebook.
    pub codes: usize,
    /// Vectors that one image becomes.
    pub vectors: usize,
    /// Weight β of the vectors' distance from the codebook.
    pub beta: f64,
    /// How the counts of the codebook start.
    pub counts: Counts,
}

impl Default for VqVae {
    fn default() -> Self {
        Self { codes: 16_384, vectors: 10, beta: 10.0, counts: Counts::Mended }
    }
}

/// How the moving averages of the codebook's counts start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counts {
    /// At 1, as if each code had been used once where it stands.
    Mended,
    /// At 0, as the reference has them: the first step multiplies unused codes by
    /// about 10⁵.
    Reference,
}

/// The bottleneck's forward pass.
struct BottleneckPass {
    /// Codes (d × `padded_batch`).
    codes: Batch,
    /// The vectors, (n·d × `padded_batch`).
    vectors: Vec<f32>,
    /// The codebook's vectors that replace them.
    nearest: NearestCodes,
    /// The same, after `ReLU`.
    activated: Vec<f32>,
    /// Activations of the hidden layer.
    hidden: Vec<f32>,
    /// What is decoded.
    merged: Batch,
}

impl Autoencoder for VqVae {
    fn field_checks(&self) -> Vec<FieldCheck> {
        vec![
            FieldCheck::at_least_one("codes", self.codes),
            FieldCheck::at_least_one("vectors", self.vectors),
            FieldCheck::at_most("codes", self.codes, 1 << 20, "must be at most 1,048,576"),
            FieldCheck::at_most("vectors", self.vectors, 1 << 12, "must be at most 4,096"),
            FieldCheck::non_negative("beta", self.beta),
        ]
    }

    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[("commitment", "squared distance from the codes, before β")]
    }

    /// 1: the nearest codes are searched in another order of summation.
    fn version(&self) -> u32 {
        1
    }

    /// The linear layers, and the search, which has no backward pass: a third of
    /// it here.
    fn multiply_adds(&self, code_len: usize) -> u64 {
        let vectors = self.vectors * code_len;
        let layers = vectors * code_len + UNITS * vectors + code_len * UNITS;
        (layers + self.codes * vectors / 3) as u64
    }

    fn extra_parameters(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let d = codes.len();
        let layer = |name, inputs, outputs| {
            NamedParameter::linear(name, inputs, outputs, UpdateRule::Joint, seed)
        };
        let codebook = Codebook::initial(self.codes, d, seed);
        let average = |name: &str, shape, data| NamedParameter {
            name: name.to_owned(),
            shape,
            data,
            update: UpdateRule::Ema,
        };
        let start = match self.counts {
            Counts::Mended => 1.0,
            Counts::Reference => 0.0,
        };
        let mut parameters = [
            layer(VECTORS, d, self.vectors * d),
            layer(HIDDEN, self.vectors * d, UNITS),
            layer(MERGED, UNITS, d),
        ]
        .concat();
        parameters.push(average(CODEBOOK, vec![self.codes, d], codebook.clone()));
        parameters.push(average(COUNTS, vec![self.codes], vec![start; self.codes]));
        parameters.push(average(SUMS, vec![self.codes, d], codebook));
        parameters
    }

    /// The probe is given what is decoded; the regularizer is given the codes
    /// before the bottleneck, because evaluation interpolates there. Codes that
    /// the regularizer mixes enter neither the codebook's averages nor the
    /// commitment.
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let nets = context.nets;
        let (codes, saved) = nets.encoder.record(context.images.clone(), false)?;
        let pass = BottleneckPass::new(&nets.extra, codes.clone());
        let probe_input = pass.merged.clone();
        let commitment = pass.commitment();
        let averages = next_averages(&nets.extra, &pass);
        let decoded = pass.decode(nets, self.beta)?;
        let decode = |codes| BottleneckPass::new(&nets.extra, codes).decode(nets, 0.0);
        let mut loss = context.reconstruction_loss(decoded, &codes, &decode)?;
        loss.terms.insert(1, ("commitment", commitment));
        for (name, value) in averages {
            loss.extra[index_of(&nets.extra, name)] = value;
        }
        let encoder = nets.encoder.backward(saved, loss.d_codes(), None)?.parameters;
        Ok(loss.output(probe_input, encoder))
    }

    /// The codes before the bottleneck; the probe is given what is decoded.
    fn encode(
        &self,
        encoder: &dyn Net,
        extra: &[NamedParameter],
        images: &Batch,
        _: &dyn Fn(usize) -> RngStream,
    ) -> Result<Encoded, NetError> {
        let codes = encoder.forward(images)?;
        let probe_input = Some(BottleneckPass::new(extra, codes.clone()).merged);
        Ok(Encoded { codes, probe_input })
    }

    fn decode(
        &self,
        decoder: &dyn Net,
        extra: &[NamedParameter],
        codes: &Batch,
    ) -> Result<Batch, NetError> {
        decoder.forward(&BottleneckPass::new(extra, codes.clone()).merged)
    }

    fn reconstruct(
        &self,
        (encoder, decoder): (&dyn Net, &dyn Net),
        extra: &[NamedParameter],
        images: &Batch,
    ) -> Result<Reconstruction, NetError> {
        let pass = BottleneckPass::new(extra, encoder.forward(images)?);
        let images = decoder.forward(&pass.merged)?;
        Ok(Reconstruction { images, codebook_indices: pass.nearest.indices })
    }

    fn formulas(&self) -> Formulas {
        Formulas {
            code: "e",
            image: "decoder(merged(relu(hidden(relu(nearest vectors of the codebook to \
                    vectors(code))))))",
        }
    }
}

/// Codebook, counts and sums after this step.
fn next_averages(
    parameters: &[NamedParameter],
    pass: &BottleneckPass,
) -> [(&'static str, Vec<f32>); 3] {
    let data = |name| &parameters[index_of(parameters, name)].data;
    let next = pass.nearest.update_averages(&pass.vectors, data(COUNTS), data(SUMS));
    [(CODEBOOK, next.codebook), (COUNTS, next.counts), (SUMS, next.sums)]
}

impl BottleneckPass {
    fn new(parameters: &[NamedParameter], codes: Batch) -> Self {
        let padded_batch = codes.padded_batch();
        let codebook = &parameters[index_of(parameters, CODEBOOK)].data;
        let codebook = Codebook::new(codebook, codes.shape.len());
        let vectors = linear(parameters, VECTORS).forward(&codes.data, padded_batch);
        let nearest = codebook.nearest(&vectors, padded_batch, codes.count);
        let activated = relu(nearest.codes.clone());
        let hidden = relu(linear(parameters, HIDDEN).forward(&activated, padded_batch));
        let merged = linear(parameters, MERGED).forward(&hidden, padded_batch);
        let merged = Batch::new(codes.shape, codes.count, merged);
        Self { codes, vectors, nearest, activated, hidden, merged }
    }

    /// mean((v − c(v))²).
    fn commitment(&self) -> f64 {
        let (padded_batch, count) = (self.codes.padded_batch(), self.codes.count);
        let pairs = self.vectors.chunks(padded_batch).zip(self.nearest.codes.chunks(padded_batch));
        let values = pairs.flat_map(|(v, c)| v[..count].iter().zip(c));
        let total: f64 = values.map(|(v, c)| f64::from(v - c) * f64::from(v - c)).sum();
        total / (self.vectors.len() / padded_batch * count) as f64
    }

    /// The images, and the backward pass with β times the commitment's gradient.
    fn decode(self, nets: &Nets, beta: f64) -> Result<Decoded<'_>, NetError> {
        let Decoded { images, vjp } = nets.decode(self.merged.clone())?;
        let vjp = move |d_images| {
            let Cotangents { codes: d_merged, decoder, .. } = vjp(d_images)?;
            let mut extra = Gradients::new();
            let codes = self.backward(&nets.extra, &d_merged, beta, &mut extra);
            Ok(Cotangents { codes, decoder, extra })
        };
        Ok(Decoded { images, vjp: Box::new(vjp) })
    }

    /// From the gradient of what is decoded to that of the codes; adds those of
    /// the layers to `gradients`.
    fn backward(
        &self,
        parameters: &[NamedParameter],
        d_merged: &Batch,
        beta: f64,
        gradients: &mut Gradients,
    ) -> Batch {
        let (padded_batch, count) = (d_merged.padded_batch(), d_merged.count);
        let mut vjp = |name, input: &[f32], dy: &[f32]| {
            linear_backward(
                parameters,
                name,
                gradients,
                &LinearPass { input, dy, padded_batch, count },
            )
        };
        let mut d = relu_backward(vjp(MERGED, &self.hidden, &d_merged.data), &self.hidden);
        d = relu_backward(vjp(HIDDEN, &self.activated, &d), &self.activated);
        // Straight through to the vectors.
        let scale = (2.0 * beta / (self.vectors.len() / padded_batch * count) as f64) as f32;
        for ((d, &v), &c) in d.iter_mut().zip(&self.vectors).zip(&self.nearest.codes) {
            *d += scale * (v - c);
        }
        let d_codes = vjp(VECTORS, &self.codes.data, &d);
        Batch::new(self.codes.shape, count, d_codes)
    }
}

fn relu(mut values: Vec<f32>) -> Vec<f32> {
    for v in &mut values {
        *v = v.max(0.0);
    }
    values
}

/// The gradient of [`relu`]'s input from that of its `output`.
fn relu_backward(mut gradient: Vec<f32>, output: &[f32]) -> Vec<f32> {
    for (d, &v) in gradient.iter_mut().zip(output) {
        *d = if v > 0.0 { *d } else { 0.0 };
    }
    gradient
}
