//! The autoencoder that docs/extending.md adds is what it says there.

use super::{COUNT, DRAWS, assert_slope, images, nets, shrunk::Shrunk, step, term};
use crate::{
    autoencode::Autoencode,
    regularizer::Acai,
    step::{Nets, Step},
};

fn shrunk(nets: &Nets, backward: f64, acai: Option<Acai>) -> Step {
    let acai = acai.as_ref().map(|acai| acai as &dyn super::Regularize);
    Shrunk { backward }.step(nets, &images(COUNT), acai, DRAWS).unwrap()
}

#[test]
fn without_a_pull_it_is_the_plain_autoencoder() {
    let acai = Some(Acai { lambda: 0.5, gamma: 0.2 });
    let (plain, shrunk) = (step(&nets(), acai), shrunk(&nets(), 0.0, acai));
    assert_eq!(plain.terms, shrunk.terms);
    assert!(plain.encoder == shrunk.encoder && plain.decoder == shrunk.decoder);
}

#[test]
fn the_pull_is_the_slope_of_what_it_adds() {
    let backward = 0.7;
    let loss = |nets: &Nets| {
        let codes = nets.encoder.forward(&images(COUNT)).unwrap().to_rows();
        let squares = codes.iter().map(|&z| f64::from(z).powi(2)).sum::<f64>();
        term(&shrunk(nets, backward, None), "mse") + backward * squares / codes.len() as f64
    };
    let found = shrunk(&nets(), backward, None);
    assert_slope(|nets| &mut *nets.encoder, &found.encoder, loss);
}
