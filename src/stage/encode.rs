//! `Encode`: the latents of a dataset under a trained encoder.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{Declared, Figures, Input, Member, Params, Stage, Work};
use crate::{artifact::Kind, names::Reference};

/// `Encode(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encode {
    /// The trained models.
    pub model: Reference,
    /// The images to encode.
    pub data: Reference,
}

impl Declared for Encode {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }
}

impl Stage for Encode {
    fn kind(&self) -> &'static str {
        "Encode"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Latents
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input {
                field: "model",
                reference: self.model.clone(),
                wants: Kind::Model,
                reads: &["encoder", "probe"],
            },
            Input {
                field: "data",
                reference: self.data.clone(),
                wants: Kind::Images,
                reads: &["train", "test"],
            },
        ]
    }

    fn params(&self) -> Params {
        Params::default()
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
}
