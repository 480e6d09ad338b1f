//! `Dataset`: images and labels of both splits.
//!
//! Knows nothing of nets or training.

use serde::Deserialize;

use super::{
    CheckFault, Declared, Figures, ImageFacts, ImageShape, Input, Member, Params, RangeFault,
    Stage, Work,
};
use crate::{artifact::Kind, text::alternatives};

/// The datasets that can be named.
const SHIPPED: &[&str] = &["lines"];

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

    fn range_faults(&self) -> Vec<RangeFault> {
        [
            self.train.and_then(|n| RangeFault::less_than("train", n, 1)),
            self.test.and_then(|n| RangeFault::less_than("test", n, 1)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Dataset {
    fn n_train(&self) -> usize {
        self.train.unwrap_or(DEFAULT_TRAIN)
    }

    fn n_test(&self) -> usize {
        self.test.unwrap_or(DEFAULT_TEST)
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
            .defaulted("train", &self.n_train(), &DEFAULT_TRAIN)
            .defaulted("test", &self.n_test(), &DEFAULT_TEST)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn images(&self) -> Option<ImageFacts> {
        (self.source == "lines").then(|| ImageFacts {
            shape: ImageShape { channels: 1, height: 32, width: 32 },
            train: Some(self.n_train()),
            test: Some(self.n_test()),
        })
    }

    fn check(&self, _data: Option<ImageFacts>) -> Vec<CheckFault> {
        if SHIPPED.contains(&self.source.as_str()) {
            return Vec::new();
        }
        let there = alternatives(&self.source, SHIPPED.iter().copied());
        vec![CheckFault {
            paths: vec!["source".to_owned()],
            message: format!("there is no dataset `{}`", self.source),
            help: Some(format!("{there}\ndescriptor files are not built yet")),
        }]
    }

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
}

/// How many lines are drawn for training, unless the file says otherwise.
const DEFAULT_TRAIN: usize = 10_240;

/// How many lines are drawn for testing, unless the file says otherwise.
const DEFAULT_TEST: usize = 5_000;
