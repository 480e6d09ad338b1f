//! `Probe`: a linear classifier on frozen latents.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{Declared, Figures, Input, Member, Params, RangeFault, Stage, Work};
use crate::{artifact::Kind, names::Reference};

/// `Probe(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// The latents to classify.
    pub latents: Reference,
    /// Passes over the training latents.
    #[serde(default = "default_epochs")]
    pub epochs: usize,
}

impl Declared for Probe {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_faults(&self) -> Vec<RangeFault> {
        RangeFault::less_than("epochs", self.epochs, 1).into_iter().collect()
    }
}

impl Stage for Probe {
    fn kind(&self) -> &'static str {
        "Probe"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Scores
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            field: "latents",
            reference: self.latents.clone(),
            wants: Kind::Latents,
            reads: &["train", "test"],
        }]
    }

    fn params(&self) -> Params {
        Params::default().defaulted("epochs", &self.epochs, &default_epochs())
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
}

fn default_epochs() -> usize {
    20
}
