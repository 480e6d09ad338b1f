//! `Interpolate`: decoded paths between test images, and how real and smooth they are.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{Declared, Figures, Input, Member, Params, RangeFault, Stage, Work};
use crate::{artifact::Kind, names::Reference};

/// `Interpolate(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interpolate {
    /// The trained models.
    pub model: Reference,
    /// Where the end points come from: test image i with i + pairs.
    pub data: Reference,
    /// How many paths.
    #[serde(default = "default_pairs")]
    pub pairs: usize,
    /// Points on each path, both ends included.
    #[serde(default = "default_points")]
    pub points: usize,
}

impl Declared for Interpolate {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }
}

impl Stage for Interpolate {
    fn kind(&self) -> &'static str {
        "Interpolate"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Interpolations
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input {
                field: "model",
                reference: self.model.clone(),
                wants: Kind::Model,
                reads: &["encoder", "decoder"],
            },
            Input {
                field: "data",
                reference: self.data.clone(),
                wants: Kind::Images,
                reads: &["test"],
            },
        ]
    }

    fn params(&self) -> Params {
        Params::default().defaulted("pairs", &self.pairs, &default_pairs()).defaulted(
            "points",
            &self.points,
            &default_points(),
        )
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
}

fn default_pairs() -> usize {
    256
}

fn default_points() -> usize {
    16
}
