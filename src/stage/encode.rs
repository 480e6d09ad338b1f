//! `Encode`: the latents of a dataset under a trained encoder.
//!
//! Knows nothing of how its inputs were made.

use std::collections::BTreeSet;

use anyhow::ensure;
use serde::Deserialize;

use super::{
    CheckError, Declared, Input, InputFacts, Member, Params, RunStats, Stage, Work, model,
    snapshots::{At, SNAPSHOTS, Weights},
    trained::{Decoder, Encoder},
    write_interval,
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
    /// Which weights the scores are of; the latents are those of the final ones.
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

    /// 2: the test images are decoded again, and the accuracy has another name.
    fn version(&self) -> u32 {
        2
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
                    &["encoder", "decoder", "bottleneck", "probe"],
                    &["encoder", "decoder", "bottleneck", "probe", SNAPSHOTS],
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
        let model = Trained::read(work, &Weights::last())?;
        let labels = |split: &str| work.input("data").read::<u8>(&format!("labels/{split}"));
        let splits = [("train", labels("train")?.data), ("test", labels("test")?.data)];
        let total = splits.iter().map(|(_, labels)| labels.len()).sum();
        let (mut done, mut last) = (0, f64::NAN);
        for (split, labels) in &splits {
            let (latents, found) =
                model.encode(work, split, labels.len(), &mut |work, encoded| {
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
        let images = labels.len();
        let Reconstructed { mse, codes_in_use } = model.reconstruct(work, split, images)?;
        let scores = [score::REFERENCE_PROBE_ACCURACY, score::TEST_MSE];
        let written = self.at.score(work, scores, [last, mse], &mut |work, weights| {
            let model = Trained::read(work, weights)?;
            let (_, found) = model.encode(work, split, images, &mut |_, _| ())?;
            Ok([accuracy(&found, labels), model.reconstruct(work, split, images)?.mse])
        })?;
        write_interval(work.out, score::REFERENCE_PROBE_ACCURACY, written[0], images)?;
        if codes_in_use > 0 {
            work.out.score(score::CODES_IN_USE.name, codes_in_use as f64)?;
        }
        Ok(RunStats::default())
    }
}

/// A model: its nets, and the probe that was trained beside them.
struct Trained {
    encoder: Encoder,
    decoder: Decoder,
    probe: Linear,
}

/// How well images come back.
struct Reconstructed {
    /// Mean squared error per pixel value; NaN if there are no images.
    mse: f64,
    /// How many vectors of a codebook they use; 0 without a codebook.
    codes_in_use: usize,
}

impl Trained {
    fn read(work: &Work<'_>, weights: &Weights) -> anyhow::Result<Self> {
        let model = work.input("model");
        let encoder = Encoder::read(model, weights, work.device)?;
        let probe = model::read_probe(model, weights)?;
        ensure!(probe.inputs == encoder.code_len(), "the probe is of another net");
        let decoder = Decoder::read(model, weights, work.device)?;
        Ok(Self { encoder, decoder, probe })
    }

    /// Encodes and decodes the images of a split.
    fn reconstruct(
        &self,
        work: &Work<'_>,
        split: &str,
        count: usize,
    ) -> anyhow::Result<Reconstructed> {
        let (mut squares, mut values, mut in_use) = (0.0, 0, BTreeSet::new());
        for rows in model::chunks(count) {
            work.check_stop()?;
            let images = model::read_images(work.input("data"), split, rows)?;
            let found = self.encoder.reconstruct(&self.decoder, &images)?;
            let (images, found, indices) =
                (images.to_rows(), found.images.to_rows(), found.codebook_indices);
            values += images.len();
            for (x, y) in images.iter().zip(&found) {
                let error = f64::from(*y) - f64::from(*x);
                squares += error * error;
            }
            in_use.extend(indices);
        }
        Ok(Reconstructed { mse: squares / values as f64, codes_in_use: in_use.len() })
    }

    /// The latents of a split, by rows, and the classes that the probe finds.
    fn encode(
        &self,
        work: &mut Work<'_>,
        split: &str,
        count: usize,
        told: &mut dyn FnMut(&mut Work<'_>, usize),
    ) -> anyhow::Result<(Vec<f32>, Vec<u8>)> {
        let Self { encoder, probe, .. } = self;
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
        let scores = latents.scores().unwrap();
        let names: Vec<&str> = scores.iter().map(|(name, _)| name.as_str()).collect();
        let wanted = [
            "reference_probe_accuracy",
            "reference_probe_accuracy_high",
            "reference_probe_accuracy_low",
            "test_mse",
        ];
        assert_eq!(names, wanted);
        let [accuracy, high, low, mse] = [0, 1, 2, 3].map(|at| scores[at].1);
        assert!(0.0 <= low && low <= accuracy && accuracy <= high && high <= 1.0);
        assert!(mse > 0.0 && mse < 4.0, "{mse}");
        assert_eq!(
            digest(&latents),
            "881744423eb8d2fc7031210a7bce5f508ca5a7e052dee64f78d3dadadbbc019f"
        );
    }
}
