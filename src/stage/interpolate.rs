//! `Interpolate`: decoded paths between test images, and how real and smooth they are.
//!
//! Knows nothing of how its inputs were made.

use anyhow::ensure;
use serde::Deserialize;

use super::{
    CheckFault, Declared, Figures, ImageFacts, Input, InputFacts, Member, Params, RangeFault,
    Stage, Work, model,
    snapshots::{At, SNAPSHOTS, Weights},
    trained::{Decoder, Encoder},
};
use crate::{
    artifact::{Kind, Layout},
    dataset::lines,
    metric::lines as lines_metric,
    names::Reference,
    net::SIDE,
};

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
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn check(&self, InputFacts { data, model }: InputFacts) -> Vec<CheckFault> {
        let at = self.at.check(model);
        at.into_iter().chain(self.check_data(data)).collect()
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<Figures> {
        let source = work.input("data").text_attribute("", "source")?;
        ensure!(source == "lines", "paths are scored on `source: \"lines\"` only so far");
        let metric = lines_metric::Reference::new(lines::draw);
        let decoded = self.decode_paths(work, &Weights::last())?;
        let score = metric.score(&decoded, self.pairs, self.points);
        let channels = decoded.len() / (self.pairs * self.points * SIDE * SIDE);
        let shape = [self.pairs, self.points, channels, SIDE, SIDE];
        let out = &mut *work.out;
        out.write("paths/decoded", &shape, &decoded, Layout::Compressed)?;
        out.write("paths/distance", &shape[..2], &score.distance, Layout::Compressed)?;
        out.write("paths/angle", &shape[..2], &score.angle, Layout::Compressed)?;
        out.write("pairs/smoothness", &shape[..1], &score.smoothness, Layout::Compressed)?;
        let last = [score.mean_distance, score.mean_smoothness];
        self.at.score(work, ["mean_distance", "smoothness"], last, &mut |work, weights| {
            let decoded = self.decode_paths(work, weights)?;
            let score = metric.score(&decoded, self.pairs, self.points);
            Ok([score.mean_distance, score.mean_smoothness])
        })?;
        Ok(Figures::default())
    }
}

impl Interpolate {
    /// Test image i is paired with i + pairs, so there must be twice as many.
    fn check_data(&self, data: Option<ImageFacts>) -> Vec<CheckFault> {
        if data.is_some_and(|data| !data.are_lines) {
            return vec![CheckFault {
                paths: vec!["data".to_owned()],
                message: format!("`{}` has no metric for paths between its images", self.data),
                help: Some(
                    "paths are scored on `Dataset(source: \"lines\")` only so far".to_owned(),
                ),
            }];
        }
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

    /// `(pairs, points, C, H, W)`: test image i with i + pairs, decoded at
    /// equal steps between their codes, both ends included.
    fn decode_paths(&self, work: &mut Work<'_>, weights: &Weights) -> anyhow::Result<Vec<f32>> {
        let encoder = Encoder::read(work.input("model"), weights, work.device)?;
        let decoder = Decoder::read(work.input("model"), weights, work.device)?;
        let there = work.input("data").shape("images/test")?[0];
        ensure!(
            2 * self.pairs <= there,
            "{} pairs need {} test images, there are {there}",
            self.pairs,
            2 * self.pairs
        );
        let mut codes = Vec::new();
        for rows in model::chunks(2 * self.pairs) {
            work.check_stop()?;
            let images = model::read_images(work.input("data"), "test", rows.clone())?;
            codes.extend(encoder.encode(&images, "test", rows.start)?.codes.to_rows());
        }
        let (starts, ends) = codes.split_at(codes.len() / 2);
        let d = encoder.code_len();
        let mut decoded = Vec::new();
        for (pair, (a, b)) in starts.chunks_exact(d).zip(ends.chunks_exact(d)).enumerate() {
            work.check_stop()?;
            let path = encoder.batch(&between(a, b, self.points));
            decoded.extend(decoder.decode(&path)?.to_rows());
            work.progress(pair + 1, self.pairs, "paths");
        }
        Ok(decoded)
    }
}

/// `points` codes from `a` to `b` at equal steps, both included.
fn between(a: &[f32], b: &[f32], points: usize) -> Vec<f32> {
    let last = (points - 1) as f64;
    let at = |k: usize| {
        let (from, to) = ((last - k as f64) / last, k as f64 / last);
        a.iter().zip(b).map(move |(&a, &b)| (from * f64::from(a) + to * f64::from(b)) as f32)
    };
    (0..points).flat_map(at).collect()
}

fn default_pairs() -> usize {
    256
}

fn default_points() -> usize {
    16
}

#[cfg(test)]
mod tests {
    use super::{super::trial::*, *};

    #[test]
    fn paths_go_from_image_to_image_and_are_scored() {
        let trial = Trial::new();
        give_lines(&trial);
        give_model(&trial);
        let interpolate = Interpolate {
            model: "model".parse().unwrap(),
            data: "data".parse().unwrap(),
            pairs: 150,
            points: 4,
            at: At::Final,
        };
        let paths = trial.run(&interpolate).unwrap();
        assert_eq!(paths.shape("paths/decoded").unwrap(), [150, 4, 1, 32, 32]);
        assert_eq!(paths.shape("paths/distance").unwrap(), [150, 4]);
        assert_eq!(paths.shape("pairs/smoothness").unwrap(), [150]);
        let distance = paths.read::<f64>("paths/distance").unwrap().data;
        let mean = distance.iter().sum::<f64>() / 600.0;
        let scores = paths.scores().unwrap();
        assert_eq!((scores[0].0.as_str(), scores[1].0.as_str()), ("mean_distance", "smoothness"));
        assert!((scores[0].1 - mean).abs() < 1e-12);
        assert_eq!(
            digest(&paths),
            "5760d57cac73eeb71a7e4c686e3744f69fb1bc6ae74c65f11e67779e80fe0254"
        );
    }

    #[test]
    fn more_pairs_than_images_are_refused() {
        let trial = Trial::new();
        give_lines(&trial);
        give_model(&trial);
        let reference = || "data".parse().unwrap();
        let interpolate = Interpolate {
            model: reference(),
            data: reference(),
            pairs: 151,
            points: 2,
            at: At::Final,
        };
        let fault = trial.run(&interpolate).err().unwrap().to_string();
        assert_eq!(fault, "151 pairs need 302 test images, there are 300");
    }

    #[test]
    fn steps_are_equal_and_ends_exact() {
        assert_eq!(between(&[0.0, 3.0], &[3.0, 0.0], 4), [0.0, 3.0, 1.0, 2.0, 2.0, 1.0, 3.0, 0.0]);
    }
}
