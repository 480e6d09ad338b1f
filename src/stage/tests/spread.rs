//! `Spread`: how far the latents of the test images are from their mean.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use crate::{Declared, Input, Member, Params, RunStats, Stage, Work, latents::Latents};
use acai_artifact::{Kind, Layout};
use acai_common::names::Reference;

/// `Spread(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The latents to measure.
    pub latents: Reference,
    /// The exponent of a latent's distance from the mean.
    #[serde(default = "default_exponent")]
    pub exponent: u32,
}

impl Declared for Spread {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }
}

impl Stage for Spread {
    fn kind(&self) -> &'static str {
        "Spread"
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
            reads: &["test"],
        }]
    }

    fn params(&self) -> Params {
        Params::default().defaulted("exponent", &self.exponent, &default_exponent())
    }

    fn is_seeded(&self) -> bool {
        false
    }

    /// mean ‖z − z̄‖^exponent over the test images.
    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let latents = Latents::read(work.input("latents"), "test")?;
        let count = latents.len() as f64;
        let rows = || (0..latents.len()).map(|row| latents.row(row));
        let mut mean = vec![0.0; latents.width];
        for row in rows() {
            for (sum, &z) in mean.iter_mut().zip(row) {
                *sum += f64::from(z) / count;
            }
        }
        let distance = |row: &[f32]| {
            let squares = row.iter().zip(&mean).map(|(&z, mean)| (f64::from(z) - mean).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let power = |row| distance(row).powi(self.exponent.cast_signed());
        let spread = rows().map(power).sum::<f64>() / count;
        work.out.write("weights/mean", &[mean.len()], &mean, Layout::Contiguous)?;
        work.out.score("spread", spread)?;
        Ok(RunStats::default())
    }
}

fn default_exponent() -> u32 {
    2
}
