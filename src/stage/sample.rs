//! `Sample`: images decoded from draws of N(0, I).
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{
    Declared, Input, Member, Params, RangeError, RunStats, Stage, Work, model, snapshots::Weights,
    trained::Decoder,
};
use acai_artifact::{Kind, Layout};
use acai_common::names::Reference;
use acai_net::{SIDE, Shape};
use acai_random::RngStream;

/// `Sample(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The trained models.
    pub model: Reference,
    /// How many draws.
    #[serde(default = "default_count")]
    pub count: usize,
}

/// Most draws.
const MOST: u64 = 1_000_000;

impl Declared for Sample {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_errors(&self) -> Vec<RangeError> {
        let least = RangeError::less_than("count", self.count, 1);
        let most = RangeError::more_than("count", self.count, MOST);
        least.into_iter().chain(most).collect()
    }
}

impl Stage for Sample {
    fn kind(&self) -> &'static str {
        "Sample"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Samples
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            field: "model",
            reference: self.model.clone(),
            wants: Kind::Model,
            reads: &["decoder", "bottleneck"],
        }]
    }

    fn params(&self) -> Params {
        Params::default().defaulted("count", &self.count, &default_count())
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let decoder = Decoder::read(work.input("model"), &Weights::last(), work.device)?;
        let codes = decoder.codes();
        let (mut latents, mut decoded) = (Vec::new(), Vec::new());
        for rows in model::chunks(self.count) {
            work.check_stop()?;
            let drawn = draws(work.seed, codes, rows.clone());
            decoded.extend(decoder.decode(&decoder.batch(&drawn))?.to_rows());
            latents.extend(drawn);
            work.progress(rows.end, self.count, "samples");
        }
        let channels = decoded.len() / (self.count * SIDE * SIDE);
        let shape = [self.count, channels, SIDE, SIDE];
        let out = &mut *work.out;
        out.write("samples/decoded", &shape, &decoded, Layout::Compressed)?;
        out.write("samples/latents", &[self.count, codes.len()], &latents, Layout::Compressed)?;
        Ok(RunStats::default())
    }
}

/// Latents drawn from N(0, I), by rows; a row depends on seed and place alone.
fn draws(seed: u64, codes: Shape, rows: std::ops::Range<usize>) -> Vec<f32> {
    let draw = |row: usize| RngStream::new(seed, "sample", row as u64).normals(codes.len(), 1.0);
    rows.flat_map(draw).collect()
}

fn default_count() -> usize {
    64
}

#[cfg(test)]
mod tests {
    use super::{super::test_util::*, *};
    use acai_artifact::Reader;
    use acai_net::DeviceKind;

    fn run(test_util: &TestStage, count: usize) -> Reader {
        test_util.run(&Sample { model: "model".parse().unwrap(), count }).unwrap()
    }

    #[test]
    fn draws_of_a_standard_normal_are_decoded() {
        let test_util = TestStage::new();
        give_model(&test_util);
        let samples = run(&test_util, 300);
        assert_eq!(samples.shape("samples/decoded").unwrap(), [300, 1, 32, 32]);
        assert_eq!(samples.shape("samples/latents").unwrap(), [300, 128]);
        let latents = samples.read::<f32>("samples/latents").unwrap().data;
        let mean =
            |power| latents.iter().map(|&z| f64::from(z).powi(power)).sum::<f64>() / 38_400.0;
        assert!(mean(1).abs() < 0.02 && (mean(2) - 1.0).abs() < 0.02, "{} {}", mean(1), mean(2));
        let decoder =
            Decoder::read(&test_util.open("model"), &Weights::last(), DeviceKind::Cpu).unwrap();
        let last = decoder.decode(&decoder.batch(&latents[299 * 128..])).unwrap().to_rows();
        let decoded = samples.read::<f32>("samples/decoded").unwrap().data;
        assert_eq!(decoded[299 * 1024..], last);
        assert_eq!(
            digest(&samples),
            "799758ae2f48c3d391d6e9a4bce13902e1571a46e50332ff40d5c5ef747801d8"
        );
    }

    #[test]
    fn more_draws_start_with_the_same() {
        let test_util = TestStage::new();
        give_model(&test_util);
        let of = |count| run(&test_util, count).read::<f32>("samples/decoded").unwrap().data;
        assert_eq!(of(3), of(5)[..3 * 1024]);
        let codes = Shape { channels: 2, side: 8 };
        assert_ne!(draws(0, codes, 0..1), draws(1, codes, 0..1), "each seed draws its own");
        assert_ne!(draws(0, codes, 0..1), draws(0, codes, 1..2));
    }
}
