//! `Probe`: a linear classifier on frozen latents.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{Declared, Input, Member, Params, RangeError, RunStats, Stage, Work, latents::Latents};
use acai_artifact::{Kind, Layout};
use acai_common::{
    events::{Message, Progress},
    names::Reference,
};
use acai_metric::{accuracy::accuracy, score};

mod fit;

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

    fn range_errors(&self) -> Vec<RangeError> {
        RangeError::less_than("epochs", self.epochs, 1).into_iter().collect()
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

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let train = Latents::read(work.input("latents"), "train")?;
        let test = Latents::read(work.input("latents"), "test")?;
        let labels = train.labels.iter().chain(&test.labels);
        let classes = labels.max().map_or(1, |&label| usize::from(label) + 1);
        let head = fit::fit(&train, classes, self.epochs, work.seed, &mut |pass| {
            (work.tell)(Message::Progress(progress(pass, self.epochs)));
            work.check_stop()
        })?;
        work.out.write(
            "weights/weight",
            &[classes, head.inputs],
            &head.weight,
            Layout::Compressed,
        )?;
        work.out.write("weights/bias", &[classes], &head.bias, Layout::Compressed)?;
        for (score, latents) in [(score::TRAIN_ACCURACY, &train), (score::ACCURACY, &test)] {
            work.out
                .score(score.name, accuracy(&fit::classify(&head, latents), &latents.labels))?;
        }
        Ok(RunStats::default())
    }
}

fn progress(pass: fit::Epoch, epochs: usize) -> Progress {
    Progress {
        done: pass.done as u64,
        total: epochs as u64,
        unit: "epochs",
        figures: vec![("loss", pass.loss)],
    }
}

fn default_epochs() -> usize {
    20
}

#[cfg(test)]
mod tests {
    use super::{super::test_util::*, *};

    #[test]
    fn weights_and_accuracies_are_stored() {
        let test_util = TestStage::new();
        give_blobs(&test_util);
        let probe = Probe { latents: "latents".parse().unwrap(), epochs: 500 };
        let scores = test_util.run(&probe).unwrap();
        assert_eq!(scores.shape("weights/weight").unwrap(), [3, 4]);
        assert_eq!(scores.shape("weights/bias").unwrap(), [3]);
        let figures = scores.scores().unwrap();
        assert_eq!(figures[0].0, "accuracy");
        assert_eq!(figures[1].0, "train_accuracy");
        assert!(figures.iter().all(|(_, share)| *share > 0.9), "{figures:?}");
        assert_eq!(
            digest(&scores),
            "cd0690d1154c858b9106aa42429060f5bb84a66eaed229de0721395bb9cdf6cc"
        );
    }
}
