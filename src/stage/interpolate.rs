//! `Interpolate`: decoded paths between test images, and how real and smooth they are.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use self::along::Along;
use super::{
    CheckError, Declared, ImageFacts, Input, InputFacts, Member, Params, RangeError, RunStats,
    Stage, Work,
    snapshots::{At, SNAPSHOTS},
};
use acai_artifact::Kind;
use acai_common::names::Reference;

pub mod along;
mod decode;
mod images;
mod lines;

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
    /// Which weights the scores are of; the paths are those of the final ones.
    #[serde(default)]
    pub at: At,
    /// Which way paths take from code to code.
    #[serde(default)]
    pub along: Along,
}

/// Most pairs.
const MOST_PAIRS: u64 = 10_000_000;

/// Most points of a path.
const MOST_POINTS: u64 = 10_000;

impl Declared for Interpolate {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_errors(&self) -> Vec<RangeError> {
        [
            RangeError::less_than("pairs", self.pairs, 1),
            RangeError::less_than("points", self.points, 2),
            RangeError::more_than("pairs", self.pairs, MOST_PAIRS),
            RangeError::more_than("points", self.points, MOST_POINTS),
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
        2
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
                reads: self.at.reads(
                    &["encoder", "decoder", "bottleneck"],
                    &["encoder", "decoder", "bottleneck", SNAPSHOTS],
                ),
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
        Params::default()
            .defaulted("pairs", &self.pairs, &default_pairs())
            .defaulted("points", &self.points, &default_points())
            .defaulted("at", &self.at, &At::Final)
            .defaulted("along", &self.along, &Along::Linear)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn check(&self, InputFacts { data, model }: InputFacts) -> Vec<CheckError> {
        let at = self.at.check(model);
        at.into_iter().chain(self.check_data(data)).collect()
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        match &*work.input("data").text_attribute("", "source")? {
            "lines" => lines::run(self, work)?,
            _ => images::run(self, work)?,
        }
        Ok(RunStats::default())
    }
}

impl Interpolate {
    /// Test image i is paired with i + pairs, so there must be twice as many.
    fn check_data(&self, data: Option<ImageFacts>) -> Vec<CheckError> {
        let Some(test) = data.and_then(|data| data.test) else { return Vec::new() };
        let wanted = self.pairs.saturating_mul(2);
        if wanted <= test {
            return Vec::new();
        }
        vec![CheckError {
            paths: vec!["pairs".to_owned()],
            message: format!(
                "{} pairs need {wanted} test images, and `{}` has {test}",
                self.pairs, self.data
            ),
            help: Some(format!("ask for at most {} pairs", test / 2)),
        }]
    }
}

fn default_pairs() -> usize {
    256
}

fn default_points() -> usize {
    16
}

#[cfg(test)]
mod tests;
