//! `Dataset`: images and labels of both splits.
//!
//! Knows nothing of nets or training.

use serde::Deserialize;

use super::{Declared, Figures, ImageShape, Input, Member, Params, RangeFault, Stage, Work};
use crate::artifact::Kind;

/// `Dataset(source: "lines", train: 10240, test: 5000)`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// A shipped dataset's name.
    pub source: String,
    /// How many training images.
    pub train: Option<usize>,
    /// How many test images.
    pub test: Option<usize>,
}

impl Declared for Dataset {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }
}

impl Stage for Dataset {
    fn kind(&self) -> &'static str {
        "Dataset"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Images
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn params(&self) -> Params {
        Params::default()
            .required("source", &self.source)
            .defaulted("train", &self.train.unwrap_or(10_240), &10_240)
            .defaulted("test", &self.test.unwrap_or(5_000), &5_000)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn image_shape(&self) -> Option<ImageShape> {
        Some(ImageShape { channels: 1, height: 32, width: 32 })
    }

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
}
