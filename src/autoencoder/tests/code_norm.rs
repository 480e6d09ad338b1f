//! A penalty on the codes' squares.
//!
//! Knows nothing of which autoencoder it is added to.

use serde::{Deserialize, Serialize};

use crate::{
    field_check::FieldCheck,
    regularizer::{Regularizer, RegularizerInput, RegularizerOutput},
    step::StepRng,
};
use acai_net::NetError;

/// Keeps codes near zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeNorm {
    /// Weight λ of the codes' mean square.
    pub lambda: f64,
}

impl Default for CodeNorm {
    fn default() -> Self {
        Self { lambda: 0.1 }
    }
}

impl Regularizer for CodeNorm {
    fn field_checks(&self) -> Vec<FieldCheck> {
        vec![FieldCheck::non_negative("lambda", self.lambda)]
    }

    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[("code_norm", "mean square of the codes, before λ")]
    }

    /// Adds λ · mean(z²) to the autoencoder's loss.
    fn step(
        &self,
        input: &RegularizerInput<'_, '_>,
        _: StepRng,
    ) -> Result<RegularizerOutput, NetError> {
        let codes = input.codes;
        let n = (codes.count * codes.shape.len()) as f64;
        let squares: f64 = codes.to_rows().iter().map(|&z| f64::from(z).powi(2)).sum();
        let slope = (2.0 * input.weight * self.lambda / n) as f32;
        Ok(RegularizerOutput {
            terms: vec![("code_norm", squares / n)],
            codes: Some(codes.map(|z, _| slope * z)),
            ..RegularizerOutput::default()
        })
    }
}
