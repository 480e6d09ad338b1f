//! The VQ-VAE: between encoder and decoder, each code becomes a few vectors of
//! a codebook that follows moving averages.
//!
//! Knows nothing of other autoencoders or of particular regularizers.
//!
//! With h = E(x), flattened to d numbers, a dense layer gives n vectors v of
//! length d; each is replaced by the nearest c(v) of the codebook, whose gradient
//! passes straight through; rectified, a dense layer to 512, rectified again, and
//! a dense layer to d give what is decoded (reference `vqvae.py`, `lib/discretization.py`):
//!
//! L = mean((x − x̂)²) + β · mean((v − c(v))²)

use serde::{Deserialize, Serialize};

use super::{
    autoencode::{Autoencode, Encoded, squared},
    codebook::{Codebook, Nearest},
    named_parameter::{NamedParameter, ParameterVjp, UpdateRule, backward, dense, place},
    step::{Cotangents, Decoded, Gradients, Nets, Regularize, Step, StepRng, plus},
};
use acai_net::{Batch, Net, NetError, Shape};
use acai_random::Stream;

const VECTORS: &str = "bottleneck/vectors";
const HIDDEN: &str = "bottleneck/hidden";
const MERGED: &str = "bottleneck/merged";
const CODEBOOK: &str = "bottleneck/codebook";
const COUNTS: &str = "averages/counts";
const SUMS: &str = "averages/sums";

/// Units of the layer behind the vectors.
const UNITS: usize = 512;

/// The autoencoder's numbers.
pub(super) struct VqVae {
    /// Vectors in the codebook.
    pub(super) codes: usize,
    /// Vectors that one image becomes.
    pub(super) vectors: usize,
    /// Weight β of the vectors' distance from what replaces them.
    pub(super) beta: f64,
    /// How the counts start.
    pub(super) counts: Counts,
}

/// How the moving averages of the codebook's counts start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counts {
    /// At 1, as if each code had been used once where it stands.
    Mended,
    /// At 0, as the reference has them: the first step throws unused codes
    /// some 10⁵ times as far out.
    Reference,
}

/// A pass through the bottleneck.
struct BottleneckPass {
    /// Codes (d × lanes).
    codes: Batch,
    /// The vectors, (n·d × lanes).
    vectors: Vec<f32>,
    /// What replaced them.
    nearest: Nearest,
    /// The same, rectified.
    rectified: Vec<f32>,
    /// Activations of the hidden layer.
    hidden: Vec<f32>,
    /// What is decoded.
    merged: Batch,
}

impl Autoencode for VqVae {
    /// The dense layers, and the search, which has no way vjp: a third of it here.
    fn multiply_adds(&self, code_len: usize) -> u64 {
        let vectors = self.vectors * code_len;
        let layers = vectors * code_len + UNITS * vectors + code_len * UNITS;
        (layers + self.codes * vectors / 3) as u64
    }

    fn parts(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let d = codes.len();
        let layer = |name, inputs, outputs| {
            NamedParameter::dense(name, inputs, outputs, UpdateRule::Joint, seed)
        };
        let codebook = Codebook::drawn(self.codes, d, seed);
        let part = |name: &str, shape, data| NamedParameter {
            name: name.to_owned(),
            shape,
            data,
            learns: UpdateRule::Ema,
        };
        let start = match self.counts {
            Counts::Mended => 1.0,
            Counts::Reference => 0.0,
        };
        let mut parts = [
            layer(VECTORS, d, self.vectors * d),
            layer(HIDDEN, self.vectors * d, UNITS),
            layer(MERGED, UNITS, d),
        ]
        .concat();
        parts.push(part(CODEBOOK, vec![self.codes, d], codebook.clone()));
        parts.push(part(COUNTS, vec![self.codes], vec![start; self.codes]));
        parts.push(part(SUMS, vec![self.codes, d], codebook));
        parts
    }

    /// The probe sees what is decoded; what comes before the bottleneck is
    /// mixed, because evaluation interpolates there. Mixed codes move no part
    /// of the codebook and are not held to it.
    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError> {
        let (codes, encoding) = nets.encoder.record(images.clone(), false)?;
        let passed = BottleneckPass::new(&nets.parts, codes.clone());
        let probed = passed.merged.clone();
        let commitment = passed.commitment();
        let values = moved(&nets.parts, &passed);
        let decoded = passed.decode(nets, self.beta)?;
        let decode = |codes| BottleneckPass::new(&nets.parts, codes).decode(nets, 0.0);
        let mut made = squared(nets, images, decoded, &codes, &decode, regularizer, draws)?;
        made.terms.insert(1, ("commitment", commitment));
        for (name, value) in values {
            made.parts[place(&nets.parts, name)] = value;
        }
        let d_codes = plus(made.decoded.clone(), made.mixed.as_ref());
        let encoder = nets.encoder.backward(encoding, d_codes, None)?.parameters;
        Ok(made.step(probed, encoder))
    }

    /// The codes before the bottleneck; the probe sees what is decoded.
    fn encode(
        &self,
        encoder: &dyn Net,
        parts: &[NamedParameter],
        images: &Batch,
        _: &dyn Fn(usize) -> Stream,
    ) -> Result<Encoded, NetError> {
        let codes = encoder.forward(images)?;
        let probed = Some(BottleneckPass::new(parts, codes.clone()).merged);
        Ok(Encoded { codes, probed })
    }

    fn decode(
        &self,
        decoder: &dyn Net,
        parts: &[NamedParameter],
        codes: &Batch,
    ) -> Result<Batch, NetError> {
        decoder.forward(&BottleneckPass::new(parts, codes.clone()).merged)
    }
}

/// Codebook, counts and sums after this pass.
fn moved(parts: &[NamedParameter], passed: &BottleneckPass) -> [(&'static str, Vec<f32>); 3] {
    let data = |name| &parts[place(parts, name)].data;
    let next = passed.nearest.follow(&passed.vectors, data(COUNTS), data(SUMS));
    [(CODEBOOK, next.codebook), (COUNTS, next.counts), (SUMS, next.sums)]
}

impl BottleneckPass {
    fn new(parts: &[NamedParameter], codes: Batch) -> Self {
        let lanes = codes.lanes();
        let codebook = Codebook::new(&parts[place(parts, CODEBOOK)].data, codes.shape.len());
        let vectors = dense(parts, VECTORS).forward(&codes.data, lanes);
        let nearest = codebook.nearest(&vectors, lanes, codes.count);
        let rectified = rectify(nearest.data.clone());
        let hidden = rectify(dense(parts, HIDDEN).forward(&rectified, lanes));
        let merged = dense(parts, MERGED).forward(&hidden, lanes);
        let merged = Batch::new(codes.shape, codes.count, merged);
        Self { codes, vectors, nearest, rectified, hidden, merged }
    }

    /// mean((v − c(v))²).
    fn commitment(&self) -> f64 {
        let (lanes, count) = (self.codes.lanes(), self.codes.count);
        let pairs = self.vectors.chunks(lanes).zip(self.nearest.data.chunks(lanes));
        let values = pairs.flat_map(|(v, c)| v[..count].iter().zip(c));
        let total: f64 = values.map(|(v, c)| f64::from(v - c) * f64::from(v - c)).sum();
        total / (self.vectors.len() / lanes * count) as f64
    }

    /// The images, and the way vjp with β times the commitment's gradient.
    fn decode(self, nets: &Nets, beta: f64) -> Result<Decoded<'_>, NetError> {
        let Decoded { images, vjp } = nets.decode(self.merged.clone())?;
        let vjp = move |d_images| {
            let Cotangents { codes: d_merged, decoder, .. } = vjp(d_images)?;
            let mut to = Gradients::new();
            let codes = self.backward(&nets.parts, &d_merged, beta, &mut to);
            Ok(Cotangents { codes, decoder, parts: to })
        };
        Ok(Decoded { images, vjp: Box::new(vjp) })
    }

    fn backward(
        &self,
        parts: &[NamedParameter],
        d_merged: &Batch,
        beta: f64,
        to: &mut Gradients,
    ) -> Batch {
        let (lanes, count) = (d_merged.lanes(), d_merged.count);
        let mut vjp = |name, input: &[f32], dy: &[f32]| {
            backward(parts, name, to, &ParameterVjp { input, dy, lanes, count })
        };
        let mut d = gate(vjp(MERGED, &self.hidden, &d_merged.data), &self.hidden);
        d = gate(vjp(HIDDEN, &self.rectified, &d), &self.rectified);
        // Straight through to the vectors.
        let scale = (2.0 * beta / (self.vectors.len() / lanes * count) as f64) as f32;
        for ((d, &v), &c) in d.iter_mut().zip(&self.vectors).zip(&self.nearest.data) {
            *d += scale * (v - c);
        }
        let d_codes = vjp(VECTORS, &self.codes.data, &d);
        Batch::new(self.codes.shape, count, d_codes)
    }
}

/// Rectifies: nothing is below 0.
fn rectify(mut values: Vec<f32>) -> Vec<f32> {
    for v in &mut values {
        *v = v.max(0.0);
    }
    values
}

/// The way vjp through [`rectify`].
fn gate(mut gradient: Vec<f32>, rectified: &[f32]) -> Vec<f32> {
    for (d, &v) in gradient.iter_mut().zip(rectified) {
        *d = if v > 0.0 { *d } else { 0.0 };
    }
    gradient
}
