//! The autoencoders, one file each, and what may be added to their losses.
//!
//! To add an autoencoder: one file here with a struct that implements
//! [`Autoencoder`], and its line in `table!` below, with the `mod` line beside
//! it. To add a regularizer: the same in `regularizer/`.
//!
//! Knows nothing of files, datasets or how nets compute.
#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "what tests compute is compared and not stored")
)]

use std::fmt;

use acai_net::{Batch, Net, NetError, Shape};
use acai_random::RngStream;

mod codebook;
pub mod critic;
pub mod field_check;
pub mod named_parameter;
pub mod reconstruction;
pub mod regularizer;
pub mod step;
mod table;
#[cfg(test)]
mod tests;
mod trainer;

pub mod aae;
pub mod baseline;
pub mod denoising;
pub mod dropout;
pub mod identity;
pub mod vae;
pub mod vqvae;

pub use regularizer::{Regularizer, RegularizerSpec};
pub use trainer::{StepReport, Trainer, TrainerOptions};

use field_check::FieldCheck;
use named_parameter::NamedParameter;
use step::{StepContext, StepOutput};

table::table! {
    /// An autoencoder as written in a pipeline file.
    enum AutoencoderSpec of dyn Autoencoder {
        Baseline => baseline::Baseline;
        Denoising => denoising::Denoising;
        Dropout => dropout::Dropout;
        Vae => vae::Vae;
        Aae => aae::Aae;
        VqVae => vqvae::VqVae;
        Identity => identity::Identity;
    }
}

impl AutoencoderSpec {
    /// The plain autoencoder.
    #[must_use]
    pub fn plain() -> Self {
        Self::Baseline(baseline::Baseline {})
    }
}

/// An autoencoder: a struct with the fields that a pipeline file may write, each
/// with a default, and how it is trained and evaluated. Its weights are in
/// [`step::Nets`].
pub trait Autoencoder: fmt::Debug {
    /// The ranges of its fields.
    fn field_checks(&self) -> Vec<FieldCheck> {
        Vec::new()
    }

    /// The terms of its own that a step logs, beside `mse`: name and meaning.
    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Raised whenever training with the same fields gives other bits than
    /// before; its models are then trained again.
    fn version(&self) -> u32 {
        0
    }

    /// Its parameters beside those of encoder and decoder, with their initial
    /// values, for codes of that shape. What evaluation needs of them is named
    /// `bottleneck/…`.
    fn extra_parameters(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let (_, _) = (codes, seed);
        Vec::new()
    }

    /// Multiply-adds of one image's forward pass through the extra parameters,
    /// for codes of that length.
    fn multiply_adds(&self, code_len: usize) -> u64 {
        let _ = code_len;
        0
    }

    /// One training step: the gradients of its own loss and of what the
    /// regularizer adds.
    ///
    /// # Errors
    /// If the device fails.
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError>;

    /// Images to codes; `noise` is the random stream of an example, for those
    /// that sample their codes.
    ///
    /// # Errors
    /// If the device fails.
    fn encode(
        &self,
        encoder: &dyn Net,
        extra: &[NamedParameter],
        images: &Batch,
        noise: &dyn Fn(usize) -> RngStream,
    ) -> Result<Encoded, NetError> {
        let (_, _) = (extra, noise);
        Ok(Encoded { codes: encoder.forward(images)?, probe_input: None })
    }

    /// Codes to images on [−1, 1].
    ///
    /// # Errors
    /// If the device fails.
    fn decode(
        &self,
        decoder: &dyn Net,
        extra: &[NamedParameter],
        codes: &Batch,
    ) -> Result<Batch, NetError> {
        let _ = extra;
        decoder.forward(codes)
    }

    /// Images encoded and decoded with nothing added: an autoencoder that samples its
    /// codes takes the mean one.
    ///
    /// # Errors
    /// If the device fails.
    fn reconstruct(
        &self,
        (encoder, decoder): (&dyn Net, &dyn Net),
        extra: &[NamedParameter],
        images: &Batch,
    ) -> Result<Reconstruction, NetError> {
        let noise = |example| RngStream::new(0, "reconstruction", example as u64);
        let codes = self.encode(encoder, extra, images, &noise)?.codes;
        let images = self.decode(decoder, extra, &codes)?;
        Ok(Reconstruction { images, codebook_indices: Vec::new() })
    }

    /// Whether it has nets to train; one without may have no regularizer.
    fn has_nets(&self) -> bool {
        true
    }

    /// What [`Autoencoder::encode`] and [`Autoencoder::decode`] compute, for
    /// people who rebuild the model in another program.
    fn formulas(&self) -> Formulas {
        Formulas { code: "e", image: "decoder(code)" }
    }
}

/// What the term of a training history called `name` means, if it is known.
#[must_use]
pub fn term_meaning(name: &str) -> Option<&'static str> {
    let autoencoders =
        AutoencoderSpec::NAMES.iter().filter_map(|one| AutoencoderSpec::by_name(one));
    let regularizers =
        RegularizerSpec::NAMES.iter().filter_map(|one| RegularizerSpec::by_name(one));
    let own = autoencoders.map(|one| one.term_meanings());
    let added = regularizers.map(|one| one.term_meanings());
    let mut terms = own.chain(added).chain([COMMON_TERMS]).flatten();
    terms.find(|term| term.0 == name).map(|term| term.1)
}

/// The terms that every training logs.
const COMMON_TERMS: &[(&str, &str)] = &[
    ("mse", "squared error per pixel value"),
    ("probe", "cross-entropy of the classifier that is trained along"),
];

/// Encoded images.
pub struct Encoded {
    /// The codes: what is clustered, interpolated and stored.
    pub codes: Batch,
    /// The probe's input, where that is not the codes.
    pub probe_input: Option<Batch>,
}

/// Images that were encoded and decoded.
pub struct Reconstruction {
    /// The images, on [−1, 1].
    pub images: Batch,
    /// Which vectors of a codebook they were decoded from; empty without a codebook.
    pub codebook_indices: Vec<usize>,
}

/// How a code comes from the encoder's output e, flattened by channel, row and
/// column, and an image from a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formulas {
    /// The code from e.
    pub code: &'static str,
    /// The image from the code.
    pub image: &'static str,
}
