//! `Interpolate`: decoded paths between test images, and how real and smooth they are.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{
    CheckFault, Declared, Figures, ImageFacts, Input, Member, Params, RangeFault, Stage, Work,
};
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

    fn range_faults(&self) -> Vec<RangeFault> {
        [
            RangeFault::less_than("pairs", self.pairs, 1),
            RangeFault::less_than("points", self.points, 2),
        ]
        .into_iter()
        .flatten()
        .collect()
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

    /// Test image i is paired with i + pairs, so there must be twice as many.
    fn check(&self, data: Option<ImageFacts>) -> Vec<CheckFault> {
        let Some(test) = data.and_then(|data| data.test) else { return Vec::new() };
        let wanted = self.pairs.saturating_mul(2);
        if wanted <= test {
            return Vec::new();
        }
        vec![CheckFault {
            paths: vec!["pairs".to_owned()],
            message: format!(
                "{} pairs need {wanted} test images, and `{}` has {test}",
                self.pairs, self.data
            ),
            help: Some(format!("ask for at most {} pairs", test / 2)),
        }]
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
