//! Losses and gradients of every autoencoder with every regularizer against
//! PyTorch's, as `tests/reference/autoencoders.py` printed them.

use super::super::{
    AutoencoderSpec, RegularizerSpec,
    aae::Aae,
    denoising::Denoising,
    dropout::Dropout,
    named_parameter::{NamedParameter, UpdateRule},
    regularizer::{acai::Acai, lsgan::Lsgan},
    step::{Nets, StepContext, StepOutput, StepRng},
    vae::Vae,
    vqvae::{Counts, VqVae},
};
use acai_net::{
    Batch, DeviceKind, Net, NetKind, NetSize, SIDE, Shape, build_net, layer::ParameterSpec,
};

const PRINTED: &str = include_str!("../../../tests/reference/autoencoders.txt");
const COUNT: usize = 4;
const RNG: StepRng = StepRng { seed: 5, step: 9 };

/// What the reference printed of a case: terms, and figures of gradients by name.
struct Printed {
    names: [&'static str; 2],
    terms: Vec<(&'static str, f64)>,
    gradients: Vec<(&'static str, Vec<f64>)>,
}

fn printed() -> Vec<Printed> {
    let mut cases: Vec<Printed> = Vec::new();
    for line in PRINTED.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        match &words[..] {
            ["case", autoencoder, regularizer] => cases.push(Printed {
                names: [autoencoder, regularizer],
                terms: Vec::new(),
                gradients: Vec::new(),
            }),
            ["term", name, value] => {
                cases.last_mut().unwrap().terms.push((name, value.parse().unwrap()));
            }
            [name, numbers @ ..] => {
                let numbers = numbers.iter().map(|number| number.parse().unwrap()).collect();
                cases.last_mut().unwrap().gradients.push((name, numbers));
            }
            [] => {}
        }
    }
    cases
}

/// The formula of the program: scale · U(−1, 1), more or less.
fn values(number: usize, count: usize, scale: f64) -> Vec<f32> {
    let value = |i: usize| {
        let v = (12.9898 * (i + 1) as f64 + 78.233 * (number + 1) as f64).sin() * 437.5453;
        ((2.0 * (v - v.floor()) - 1.0) * scale) as f32
    };
    (0..count).map(value).collect()
}

fn convolutions(role: NetKind, first: usize) -> Box<dyn Net> {
    let size = NetSize { depth: 2, latent: 2, width: 8 };
    let mut number = first;
    let mut value = |spec: &ParameterSpec| {
        number += 1;
        let scale = if spec.fan_in == 0 { 0.3 } else { (8.0 / spec.fan_in as f64).sqrt() };
        values(number - 1, spec.shape.iter().product(), scale)
    };
    build_net(DeviceKind::Cpu, role, 1, size, &mut value).unwrap()
}

fn extra(autoencoder: &AutoencoderSpec, codes: Shape) -> Vec<NamedParameter> {
    let mut extra = autoencoder.extra_parameters(codes, 0);
    let learnt = extra.iter_mut().filter(|one| one.update != UpdateRule::Ema);
    for (number, one) in (300..).zip(learnt) {
        let scale = match one.shape[..] {
            [outputs, inputs] => (6.0 / (inputs + outputs) as f64).sqrt(),
            _ => 0.1,
        };
        one.data = values(number, one.data.len(), scale);
    }
    for one in extra.iter_mut().filter(|one| one.update == UpdateRule::Ema) {
        if one.shape.len() == 2 {
            one.data = values(350, one.data.len(), 0.3);
        }
    }
    extra
}

fn nets(autoencoder: &AutoencoderSpec) -> Nets {
    let encoder = convolutions(NetKind::Encoder, 0);
    Nets {
        extra: extra(autoencoder, encoder.output()),
        encoder,
        decoder: convolutions(NetKind::Decoder, 100),
        critic: Some(convolutions(NetKind::Encoder, 200)),
    }
}

/// The autoencoder and the regularizer of a case.
fn case([autoencoder, regularizer]: [&str; 2]) -> (AutoencoderSpec, Option<RegularizerSpec>) {
    use AutoencoderSpec as A;
    use RegularizerSpec as R;
    let vqvae = |counts| A::VqVae(VqVae { codes: 7, vectors: 3, beta: 4.0, counts });
    let autoencoder = match autoencoder {
        "Baseline" => A::plain(),
        "Denoising" => A::Denoising(Denoising { noise: 0.7 }),
        "Dropout" => A::Dropout(Dropout { keep: 0.75 }),
        "Vae" => A::Vae(Vae { beta: 2.5 }),
        "Aae" => A::Aae(Aae { lr: 1e-4, hidden: vec![7, 5] }),
        "VqVae" => vqvae(Counts::Mended),
        "VqVaeReference" => vqvae(Counts::Reference),
        other => panic!("{other}"),
    };
    let regularizer = match regularizer {
        "none" => None,
        "acai" => Some(R::Acai(Acai { lambda: 0.7, gamma: 0.3, depth: None })),
        "lsgan" => Some(R::Lsgan(Lsgan { lambda: 0.7 })),
        other => panic!("{other}"),
    };
    (autoencoder, regularizer)
}

/// The gradients of a step, by the program's names.
fn gradients<'a>(step: &'a StepOutput, nets: &'a Nets) -> Vec<(String, &'a [f32])> {
    let of = |name: &'static str, gradients: &'a [Vec<f32>]| {
        gradients.iter().enumerate().map(move |(i, g)| (format!("{name}/{i}"), &g[..]))
    };
    let extra = nets.extra.iter().zip(&step.extra).map(|(one, g)| (one.name.clone(), &g[..]));
    of("encoder", &step.encoder)
        .chain(of("decoder", &step.decoder))
        .chain(of("critic", &step.critic))
        .chain(extra)
        .collect()
}

/// Sum, sum of squares and first elements, to single precision.
fn assert_figures(what: &str, actual: &[f32], expected: &[f64]) {
    let sum = |of: &dyn Fn(f64) -> f64| actual.iter().map(|&v| of(f64::from(v))).sum::<f64>();
    let size = actual.len() as f64;
    let root = (expected[1] / size).sqrt();
    let close = |figure: &str, actual: f64, expected: f64, tolerance: f64| {
        assert!((actual - expected).abs() <= tolerance, "{what} {figure}: {actual} for {expected}");
    };
    close("sum", sum(&|v| v), expected[0], 2e-4 * root * size);
    close("squares", sum(&|v| v * v), expected[1], 2e-4 * expected[1]);
    for (i, (&actual, &expected)) in actual.iter().zip(&expected[2..]).enumerate() {
        close(&format!("element {i}"), f64::from(actual), expected, 2e-4 * (root + expected.abs()));
    }
}

#[test]
fn losses_and_gradients_are_pytorchs() {
    let cases = printed();
    assert_eq!(cases.len(), 19);
    for Printed { names, terms, gradients: expected_gradients } in cases {
        let (autoencoder, regularizer) = case(names);
        let nets = nets(&autoencoder);
        let shape = Shape { channels: 1, side: SIDE };
        let images = Batch::from_rows(shape, &values(400, COUNT * shape.len(), 0.9));
        let regularizer = regularizer.as_deref();
        let context = StepContext { nets: &nets, images: &images, regularizer, rng: RNG };
        let step = autoencoder.step(&context).unwrap();
        assert_eq!(step.terms.len(), terms.len(), "{names:?}");
        for (name, expected) in terms {
            let actual = step.terms.iter().find(|term| term.0 == name).unwrap().1;
            assert!(
                (actual / expected - 1.0).abs() < 1e-4,
                "{names:?} {name}: {actual} for {expected}"
            );
        }
        let gradients = gradients(&step, &nets);
        assert_eq!(gradients.len(), expected_gradients.len(), "{names:?}");
        for (name, expected) in expected_gradients {
            let actual = gradients.iter().find(|gradient| gradient.0 == name).unwrap().1;
            assert_figures(&format!("{names:?} {name}"), actual, &expected);
        }
    }
}
