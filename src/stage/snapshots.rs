//! Snapshots: weights kept during a training, and the medians of their scores.
//!
//! The paper reports of each run the median of its last 20 evaluations, one every
//! 65,536 images (the reference's `figures.ipynb`): that is `snapshots: (every: 64,
//! last: 20)` in `Train` and `at: MedianOfSnapshots` in what evaluates it. Of
//! fewer snapshots the median is over all of them.
//!
//! Knows nothing of what is evaluated, or of how nets are trained.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::{CheckError, ModelFacts, Work};
use acai_artifact::{Layout, Reader};
use acai_metric::score::Score;

/// The part of a model that holds them: one group each, named by its kimg.
pub(super) const SNAPSHOTS: &str = "snapshots";

/// `snapshots: (every: 64, last: 20)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// One is taken after every so many kimg.
    #[serde(default = "default_every")]
    pub every: u64,
    /// How many are kept: the last ones.
    #[serde(default = "default_last")]
    pub last: usize,
}

fn default_every() -> u64 {
    64
}

fn default_last() -> usize {
    20
}

/// Which weights of a model are evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum At {
    /// Those at the end of training.
    #[default]
    Final,
    /// Each of its snapshots; scores are the medians.
    MedianOfSnapshots,
}

/// Weights of one model: the final ones, or those of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weights(String);

impl Weights {
    /// Those at the end of training.
    pub(super) fn last() -> Self {
        Self(String::new())
    }

    /// Those of the snapshot after `kimg`.
    pub(super) fn of_snapshot(kimg: u32) -> Self {
        Self(format!("{SNAPSHOTS}/{kimg:08}/"))
    }

    /// The path in a model of the net or parameter called `name`.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }
}

/// The kimg of each snapshot of `model`, in order.
///
/// # Errors
/// If there is none, or the model is damaged.
fn kimgs(model: &Reader) -> anyhow::Result<Vec<u32>> {
    let mut kimgs = Vec::new();
    for path in model.datasets("")? {
        let mut segments = path.split('/');
        if segments.next() == Some(SNAPSHOTS) {
            kimgs.extend(segments.next().map(str::parse::<u32>).transpose()?);
        }
    }
    kimgs.dedup();
    ensure!(!kimgs.is_empty(), "the model has no snapshots");
    Ok(kimgs)
}

impl At {
    /// The parts of a model to read: `last` for the final weights.
    pub(super) fn reads(
        self,
        last: &'static [&'static str],
        with_snapshots: &'static [&'static str],
    ) -> &'static [&'static str] {
        match self {
            Self::Final => last,
            Self::MedianOfSnapshots => with_snapshots,
        }
    }

    /// The error where snapshots are asked for and a model keeps none.
    pub(super) fn check(self, model: Option<ModelFacts>) -> Option<CheckError> {
        let keeps_none = model.is_some_and(|model| !model.has_snapshots);
        (self == Self::MedianOfSnapshots && keeps_none).then(|| CheckError {
            paths: vec!["at".to_owned()],
            message: "the models keep no snapshots to take the median of".to_owned(),
            help: Some(
                "let their `Train` keep some, such as `snapshots: (every: 64, last: 20)`, or \
                 leave out `at`"
                    .to_owned(),
            ),
        })
    }

    /// Writes scores: `last`, those of the final weights, or the medians over
    /// the snapshots of the input `model`, of which `evaluate` is called for each, and
    /// then each snapshot's own as `snapshots/<score>`. Returns what it wrote.
    ///
    /// # Errors
    /// As `evaluate`; or if there are no snapshots.
    pub(super) fn score<const N: usize>(
        self,
        work: &mut Work<'_>,
        scores: [Score; N],
        last: [f64; N],
        evaluate: &mut dyn FnMut(&mut Work<'_>, &Weights) -> anyhow::Result<[f64; N]>,
    ) -> anyhow::Result<[f64; N]> {
        if self == Self::Final {
            for (score, value) in scores.into_iter().zip(last) {
                work.out.score(score.name, value)?;
            }
            return Ok(last);
        }
        let kimgs = kimgs(work.input("model"))?;
        let mut rows = Vec::new();
        for &kimg in &kimgs {
            rows.push(evaluate(work, &Weights::of_snapshot(kimg))?);
            work.progress(rows.len(), kimgs.len(), "snapshots");
        }
        let path = |name: &str| format!("{SNAPSHOTS}/{name}");
        work.out.write(&path("kimg"), &[kimgs.len()], &kimgs, Layout::Compressed)?;
        let mut medians = [f64::NAN; N];
        for (i, score) in scores.into_iter().enumerate() {
            let values: Vec<f64> = rows.iter().map(|row| row[i]).collect();
            work.out.write(&path(score.name), &[values.len()], &values, Layout::Compressed)?;
            medians[i] = median(values);
            work.out.score(score.name, medians[i])?;
        }
        Ok(medians)
    }
}

/// The middle value, or the mean of the two in the middle; NaN where one is NaN.
fn median(mut values: Vec<f64>) -> f64 {
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Stage,
        encode::Encode,
        interpolate::{Interpolate, along::Along},
        test_util::{TestStage, give_lines},
        train::tests::with_snapshots,
    };
    use acai_common::names::Reference;

    #[test]
    fn scores_are_medians_over_the_snapshots() {
        let fixture = TestStage::new();
        give_lines(&fixture);
        let (train, kimgs) = with_snapshots();
        fixture.run(&train).unwrap();
        fixture.give_again("model");
        let name = |name: &str| name.parse::<Reference>().unwrap();
        let (model, data) = (name("model"), name("data"));
        let encode = Encode { model: model.clone(), data: data.clone(), at: At::Final };
        let encoded = |at| fixture.run(&Encode { at, ..encode.clone() }).unwrap();
        let last = encoded(At::Final).scores().unwrap();
        let last = [last[0].1, last[3].1];
        let median = encoded(At::MedianOfSnapshots);
        assert_eq!(median.read::<u32>("snapshots/kimg").unwrap().data, kimgs);
        assert!(median.has("latents/test"));
        assert_medians(&median, &["reference_probe_accuracy", "test_mse"], &last);
        drop(median);

        let along = Along::Linear;
        let paths = Interpolate { model, data, pairs: 8, points: 4, at: At::Final, along };
        let median = Interpolate { at: At::MedianOfSnapshots, ..paths.clone() };
        assert_eq!(median.inputs()[0].reads.last(), Some(&SNAPSHOTS));
        assert_ne!(paths.inputs()[0].reads.last(), Some(&SNAPSHOTS));
        let last = scores_of(&fixture.run(&paths).unwrap());
        let names =
            ["defined_smoothness", "detour", "mean_distance", "smoothness", "undefined_pairs"];
        assert_medians(&fixture.run(&median).unwrap(), &names, &last);
    }

    fn scores_of(artifact: &Reader) -> Vec<f64> {
        artifact.scores().unwrap().into_iter().map(|(_, value)| value).collect()
    }

    /// The second snapshot is the end of training, whose scores are `last`.
    fn assert_medians(median: &Reader, names: &[&str], last: &[f64]) {
        let written = median.scores().unwrap();
        for (name, last) in names.iter().zip(last) {
            let score = written.iter().find(|(stored, _)| stored == name).unwrap().1;
            let values = median.read::<f64>(&format!("snapshots/{name}")).unwrap().data;
            assert_eq!(values.len(), 2);
            assert_eq!(values[1].to_bits(), last.to_bits());
            let middle = f64::midpoint(values[0], values[1]);
            assert!(score.to_bits() == middle.to_bits() || score.is_nan() && middle.is_nan());
        }
    }

    #[test]
    fn the_median_is_numpy_s() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]).to_bits(), 2.5_f64.to_bits());
        assert!(median(vec![1.0, f64::NAN, 2.0]).is_nan());
    }
}
