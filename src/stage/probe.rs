//! `Probe`: a linear classifier on frozen latents.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{Declared, Figures, Input, Member, Params, Stage, Work, latents::Latents};
use crate::{
    artifact::{Kind, Layout},
    events::Progress,
    metric::accuracy::accuracy,
    names::Reference,
};

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

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<Figures> {
        let train = Latents::read(work.input("latents"), "train")?;
        let test = Latents::read(work.input("latents"), "test")?;
        let labels = train.labels.iter().chain(&test.labels);
        let classes = labels.max().map_or(1, |&label| usize::from(label) + 1);
        let head = fit::fit(&train, classes, self.epochs, work.seed, &mut |pass| {
            (work.report)(progress(pass, self.epochs));
            work.check_stop()
        })?;
        work.out.write(
            "weights/weight",
            &[classes, head.inputs],
            &head.weight,
            Layout::Compressed,
        )?;
        work.out.write("weights/bias", &[classes], &head.bias, Layout::Compressed)?;
        for (name, latents) in [("train_accuracy", &train), ("accuracy", &test)] {
            work.out.score(name, accuracy(&fit::classify(&head, latents), &latents.labels))?;
        }
        Ok(Figures::default())
    }
}

fn progress(pass: fit::Pass, epochs: usize) -> Progress {
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
