//! The autoencoder and the regularizer that docs/extending.md adds compute what
//! it says there.

use super::{
    COUNT, RNG, assert_slope, code_norm::CodeNorm, images, nets, sparse::Sparse, step, term,
};
use crate::{
    Autoencoder, Regularizer,
    baseline::Baseline,
    regularizer::acai::Acai,
    step::{Nets, StepContext, StepOutput},
};

fn step_of(
    autoencoder: &dyn Autoencoder,
    nets: &Nets,
    regularizer: Option<&dyn Regularizer>,
) -> StepOutput {
    let images = &images(COUNT);
    autoencoder.step(&StepContext { nets, images, regularizer, rng: RNG }).unwrap()
}

/// Mean of f(z) over all elements of the codes.
fn mean_of_codes(nets: &Nets, f: impl Fn(f64) -> f64) -> f64 {
    let codes = nets.encoder.forward(&images(COUNT)).unwrap().to_rows();
    codes.iter().map(|&z| f(f64::from(z))).sum::<f64>() / codes.len() as f64
}

#[test]
fn sparse_without_weight_is_the_plain_autoencoder() {
    let acai = Acai::default();
    let (plain, sparse) =
        (step(&nets(), Some(acai)), step_of(&Sparse { l1: 0.0 }, &nets(), Some(&acai)));
    assert_eq!(plain.terms, sparse.terms);
    assert!(plain.encoder == sparse.encoder && plain.decoder == sparse.decoder);
}

#[test]
fn sparse_has_the_gradient_of_its_loss() {
    let sparse = Sparse { l1: 0.7 };
    let loss = |nets: &Nets| {
        term(&step_of(&sparse, nets, None), "mse") + sparse.l1 * mean_of_codes(nets, f64::abs)
    };
    let encoder = step_of(&sparse, &nets(), None).encoder;
    assert_slope(|nets| &mut *nets.encoder, &encoder, loss);
}

#[test]
fn code_norm_has_the_gradient_of_its_loss() {
    let norm = CodeNorm { lambda: 0.7 };
    let step = |nets: &Nets| step_of(&Baseline {}, nets, Some(&norm));
    let loss = |nets: &Nets| {
        let output = step(nets);
        let squares = mean_of_codes(nets, |z| z * z);
        assert!((term(&output, "code_norm") / squares - 1.0).abs() < 1e-12);
        term(&output, "mse") + norm.lambda * squares
    };
    assert_slope(|nets| &mut *nets.encoder, &step(&nets()).encoder, loss);
}
