//! What may be added to an autoencoder's loss, one file each.
//!
//! To add a regularizer: one file here with a struct that implements
//! [`Regularizer`], and its line in `table!` below, with the `mod` line beside
//! it.
//!
//! Knows nothing of which autoencoder it is added to.

use std::fmt;

use acai_net::{Batch, Net, NetError};

use super::{
    field_check::FieldCheck,
    step::{Decode, Gradients, StepRng, Term},
    table::table,
};

pub mod acai;
pub mod lsgan;

table! {
    /// A regularizer as written in a pipeline file.
    enum RegularizerSpec of dyn Regularizer {
        Acai => acai::Acai;
        Lsgan => lsgan::Lsgan;
    }
}

impl RegularizerSpec {
    /// That of the paper.
    #[must_use]
    pub fn of_the_paper() -> Self {
        Self::Acai(acai::Acai::default())
    }

    /// With every default filled in that depends on the net's depth.
    #[must_use]
    pub fn resolved(mut self, net_depth: usize) -> Self {
        self.resolve(net_depth);
        self
    }
}

/// A regularizer: a struct with the fields that a pipeline file may write, each
/// with a default, and what it adds to a training step.
pub trait Regularizer: fmt::Debug {
    /// The ranges of its fields.
    fn field_checks(&self) -> Vec<FieldCheck> {
        Vec::new()
    }

    /// The terms that it logs in a step: name and meaning.
    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Raised whenever training with the same fields gives other bits than
    /// before; its models are then trained again.
    fn version(&self) -> u32 {
        0
    }

    /// What is wrong with so many images in a step, if anything.
    fn batch_error(&self, batch: usize) -> Option<&'static str> {
        let _ = batch;
        None
    }

    /// Fills in the defaults that depend on the net's depth.
    fn resolve(&mut self, net_depth: usize) {
        let _ = net_depth;
    }

    /// The depth of its critic beside a net of that depth, if it has a critic.
    fn critic_depth(&self, net_depth: usize) -> Option<usize> {
        let _ = net_depth;
        None
    }

    /// Multiply-adds that it adds to a training step, for each image.
    fn multiply_adds(&self, passes: ForwardPasses) -> u64 {
        let _ = passes;
        0
    }

    /// What it adds to a training step.
    ///
    /// # Errors
    /// If the device fails.
    fn step(
        &self,
        input: &RegularizerInput<'_, '_>,
        rng: StepRng,
    ) -> Result<RegularizerOutput, NetError>;
}

/// Multiply-adds of one image's forward passes. A backward pass takes as many
/// for the gradient of the input, and as many for those of the parameters.
#[derive(Clone, Copy, Debug)]
pub struct ForwardPasses {
    /// Through the critic; 0 without one.
    pub critic: u64,
    /// From a code to an image.
    pub decode: u64,
}

/// What a regularizer is given of a training step.
pub struct RegularizerInput<'a, 'n> {
    /// The critic, if it has one.
    pub critic: Option<&'a dyn Net>,
    /// The clean images.
    pub images: &'a Batch,
    /// The codes as evaluation would compute them.
    pub codes: &'a Batch,
    /// The decoded images.
    pub reconstructions: &'a Batch,
    /// Images from codes.
    pub decode: &'a Decode<'a, 'n>,
    /// What λ is multiplied by, so that it weighs the same beside every loss:
    /// 1 beside a mean per element, the number of elements beside a sum of them.
    pub weight: f64,
}

impl<'a> RegularizerInput<'a, '_> {
    /// The critic.
    ///
    /// # Panics
    /// If there is none: one that asks for it has a [`Regularizer::critic_depth`].
    #[must_use]
    pub fn critic(&self) -> &'a dyn Net {
        self.critic.expect("a regularizer with a critic depth is trained with a critic")
    }
}

/// What a regularizer adds to a training step; what it does not change is empty.
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
    pub extra: Gradients,
    /// Gradients of the critic's loss.
    pub critic: Gradients,
}
