//! `Encode`: the latents of a dataset under a trained encoder.
//!
//! Knows nothing of how its inputs were made.

use anyhow::ensure;
use serde::Deserialize;

use super::{
    CheckError, Declared, Input, InputFacts, Member, Params, RunStats, Stage, Work, model,
    snapshots::{At, SNAPSHOTS, Weights},
    trained::Encoder,
};
use acai_artifact::{Kind, Layout};
use acai_autoencoder::Encoded;
use acai_common::names::Reference;
use acai_metric::{accuracy::accuracy, score};
use acai_net::linear::{Linear, classify};

/// `Encode(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encode {
    /// The trained models.
    pub model: Reference,
    /// The images to encode.
    pub data: Reference,
    /// Which weights the co-trained probe's accuracy is of; the latents are
    /// those of the final ones.
    #[serde(default)]
    pub at: At,
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
                reads: self.at.reads(
                    &["encoder", "bottleneck", "probe"],
                    &["encoder", "bottleneck", "probe", SNAPSHOTS],
                ),
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
        Params::default().defaulted("at", &self.at, &At::Final)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn check(&self, known: InputFacts) -> Vec<CheckError> {
        self.at.check(known.model).into_iter().collect()
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let probed = Probed::read(work, &Weights::last())?;
        let labels = |split: &str| work.input("data").read::<u8>(&format!("labels/{split}"));
        let splits = [("train", labels("train")?.data), ("test", labels("test")?.data)];
        let total = splits.iter().map(|(_, labels)| labels.len()).sum();
        let (mut done, mut last) = (0, f64::NAN);
        for (split, labels) in &splits {
            let (latents, found) =
                probed.encode(work, split, labels.len(), &mut |work, encoded| {
                    work.progress(done + encoded, total, "images");
                })?;
            done += labels.len();
            let shape = [labels.len(), latents.len() / labels.len().max(1)];
            work.out.write(&format!("latents/{split}"), &shape, &latents, Layout::Compressed)?;
            let path = format!("labels/{split}");
            work.out.write(&path, &[labels.len()], labels, Layout::Compressed)?;
            last = accuracy(&found, labels);
        }
        let [_, (split, labels)] = &splits;
        self.at.score(work, [score::PROBE_ACCURACY], [last], &mut |work, weights| {
            let probed = Probed::read(work, weights)?;
            let (_, found) = probed.encode(work, split, labels.len(), &mut |_, _| ())?;
            Ok([accuracy(&found, labels)])
        })?;
        Ok(RunStats::default())
    }
}

/// An encoder with the probe that was trained along.
struct Probed {
    encoder: Encoder,
    probe: Linear,
}

impl Probed {
    fn read(work: &Work<'_>, weights: &Weights) -> anyhow::Result<Self> {
        let model = work.input("model");
        let encoder = Encoder::read(model, weights, work.device)?;
        let probe = model::read_probe(model, weights)?;
        ensure!(probe.inputs == encoder.code_len(), "the probe is of another net");
        Ok(Self { encoder, probe })
    }

    /// The latents of a split, by rows, and the classes that the probe finds.
    fn encode(
        &self,
        work: &mut Work<'_>,
        split: &str,
        count: usize,
        told: &mut dyn FnMut(&mut Work<'_>, usize),
    ) -> anyhow::Result<(Vec<f32>, Vec<u8>)> {
        let Self { encoder, probe } = self;
        let (mut latents, mut found) = (Vec::with_capacity(count * probe.inputs), Vec::new());
        for rows in model::chunks(count) {
            work.check_stop()?;
            let images = model::read_images(work.input("data"), split, rows.clone())?;
            let Encoded { codes, probe_input } = encoder.encode(&images, split, rows.start)?;
            let scores =
                probe.forward(&probe_input.as_ref().unwrap_or(&codes).data, codes.padded_batch());
            found.extend(classify(&scores, codes.padded_batch(), codes.count));
            latents.extend(codes.to_rows());
            told(work, rows.end);
        }
        Ok((latents, found))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::test_util::*, *};

    #[test]
    fn latents_are_the_encoders_output_row_by_row() {
        let test_util = TestStage::new();
        give_lines(&test_util);
        give_model(&test_util);
        let reference = |name: &str| name.parse().unwrap();
        let (model, data) = (reference("model"), reference("data"));
        let encode = Encode { model, data, at: At::Final };
        let latents = test_util.run(&encode).unwrap();
        assert_eq!(latents.shape("latents/train").unwrap(), [20, 128]);
        assert_eq!(latents.shape("latents/test").unwrap(), [300, 128]);
        assert_eq!(latents.shape("labels/test").unwrap(), [300]);
        let (name, accuracy) = latents.scores().unwrap().remove(0);
        assert_eq!(name, "probe_accuracy");
        assert!((0.0..=1.0).contains(&accuracy));
        assert_eq!(
            digest(&latents),
            "d841f9f2793a09a1f9244b9708ff75c3c19b0bcc60e07e470636d1b7faf01b76"
        );
    }
}
