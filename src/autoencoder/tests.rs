//! The training step against finite differences of the losses as the paper
//! writes them, which loss trains which net, and ACAI's health numbers.

#[expect(unreachable_pub, reason = "docs/extending.md adds it to a public module")]
mod code_norm;
mod examples;
mod golden;
#[expect(unreachable_pub, reason = "docs/extending.md adds it to a public module")]
mod sparse;
mod tables;
mod variants;

use super::{
    AutoencoderSpec, RegularizerSpec, Trainer, critic,
    regularizer::{
        Regularizer, RegularizerInput,
        acai::{Acai, mixing_coefficient, partner},
    },
    step::{Gradients, Nets, StepContext, StepOutput, StepRng},
};
use acai_net::{
    Batch, DeviceKind, Net, NetKind, NetSize, SIDE, Shape, build_net, initial_parameters,
    layer::ParameterSpec, linear::Linear,
};
use acai_random::RngStream;

const RNG: StepRng = StepRng { seed: 5, step: 9 };
const COUNT: usize = 6;
const LABELS: [u8; COUNT] = [0, 1, 2, 0, 1, 2];

fn nets() -> Nets {
    let size = NetSize { depth: 2, latent: 2, width: 8 };
    let build = |role, name| {
        let mut weights = initial_parameters(1, name);
        // Biases keep most activations clear of LeakyReLU's kink at zero.
        let mut value = |spec: &ParameterSpec| match spec.fan_in {
            0 => RngStream::new(1, name, 0).normals(spec.shape[0], 1.0),
            _ => weights(spec),
        };
        build_net(DeviceKind::Cpu, role, 1, size, &mut value).unwrap()
    };
    Nets {
        encoder: build(NetKind::Encoder, "encoder"),
        decoder: build(NetKind::Decoder, "decoder"),
        critic: Some(build(NetKind::Encoder, "critic")),
        extra: Vec::new(),
    }
}

fn images(count: usize) -> Batch {
    let shape = Shape { channels: 1, side: SIDE };
    Batch::from_rows(shape, &RngStream::new(2, "images", 0).normals(count * shape.len(), 0.7))
}

fn step(nets: &Nets, acai: Option<Acai>) -> StepOutput {
    let regularizer = acai.as_ref().map(|acai| acai as &dyn Regularizer);
    let images = &images(COUNT);
    let context = StepContext { nets, images, regularizer, rng: RNG };
    AutoencoderSpec::plain().step(&context).unwrap()
}

fn term(step: &StepOutput, name: &str) -> f64 {
    step.terms.iter().find(|term| term.0 == name).expect(name).1
}

/// Checks ⟨g, v⟩ for v along g against the loss on either side.
#[track_caller]
fn assert_slope(
    pick: impl Fn(&mut Nets) -> &mut dyn Net,
    gradient: &Gradients,
    loss: impl Fn(&Nets) -> f64,
) {
    let norm = gradient.iter().flatten().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
    let step = 2e-3;
    let at = |side: f64| {
        let mut nets = nets();
        let scale = (side * step / norm) as f32;
        for (parameter, gradient) in pick(&mut nets).parameters_mut().iter_mut().zip(gradient) {
            for (w, g) in parameter.data.iter_mut().zip(gradient) {
                *w += scale * g;
            }
        }
        loss(&nets)
    };
    let numeric = (at(1.0) - at(-1.0)) / (2.0 * step);
    assert!((numeric / norm - 1.0).abs() < 5e-3, "slope {numeric} against {norm}");
}

#[test]
fn gradients_are_those_of_the_papers_losses() {
    let acai = Acai { lambda: 0.7, gamma: 0.3, depth: None };
    let output = step(&nets(), Some(acai));
    let autoencoder = |nets: &Nets| {
        let step = step(nets, Some(acai));
        term(&step, "mse") + acai.lambda * term(&step, "adversarial")
    };
    let critic = |nets: &Nets| {
        let step = step(nets, Some(acai));
        term(&step, "critic_mixed") + term(&step, "critic_blended")
    };
    assert_slope(|nets| &mut *nets.encoder, &output.encoder, autoencoder);
    assert_slope(|nets| &mut *nets.decoder, &output.decoder, autoencoder);
    assert_slope(|nets| &mut **nets.critic.as_mut().unwrap(), &output.critic, critic);
}

#[test]
fn the_critics_loss_does_not_train_the_autoencoder() {
    let plain = step(&nets(), None);
    let weightless = step(&nets(), Some(Acai { lambda: 0.0, ..Acai::default() }));
    let same = |a: &Gradients, b: &Gradients| a.iter().flatten().eq(b.iter().flatten());
    assert!(same(&plain.encoder, &weightless.encoder));
    assert!(same(&plain.decoder, &weightless.decoder));
    let heavy = step(&nets(), Some(Acai { lambda: 9.0, ..Acai::default() }));
    assert!(same(&heavy.critic, &weightless.critic), "λ weighs the autoencoder's loss only");
    assert!(!same(&heavy.encoder, &weightless.encoder));
    assert!(!same(&heavy.decoder, &weightless.decoder));
}

#[test]
fn every_net_is_trained_in_every_step_and_the_probe_trains_none() {
    let train = |labels: &[u8]| {
        let nets = nets();
        let probe =
            Linear::new(nets.encoder.output().len(), 3, &mut RngStream::new(0, "probe.init", 0));
        let acai = Some(RegularizerSpec::of_the_paper());
        let mut trainer = Trainer::with_weights(nets, probe, AutoencoderSpec::plain(), acai, 1e-4);
        for step in 1..=2 {
            trainer.step(&images(COUNT), labels, StepRng { seed: 0, step }).unwrap();
        }
        trainer
    };
    let (one, other) = (train(&LABELS), train(&[2; COUNT]));
    let data = |net: &dyn Net| -> Vec<Vec<f32>> {
        net.parameters().iter().map(|parameter| parameter.data.clone()).collect()
    };
    let of = |nets: &Nets| {
        let critic = nets.critic.as_ref().unwrap();
        [data(&*nets.encoder), data(&*nets.decoder), data(&**critic)]
    };
    assert_eq!(of(&one.nets), of(&other.nets), "the probe's loss does not train the encoder");
    assert_ne!(one.probe, other.probe);
    for (before, after) in of(&nets()).iter().zip(&of(&one.nets)) {
        for (before, after) in before.iter().zip(after) {
            assert_ne!(before, after, "a parameter that was not trained");
        }
    }
}

#[test]
fn alpha_is_uniform_up_to_one_half() {
    assert_eq!([0.0, 0.3, 0.5, 0.9].map(mixing_coefficient)[..3], [0.0, 0.3, 0.5]);
    assert!((mixing_coefficient(0.9) - 0.1).abs() < 1e-15);
    let mut stream = RngStream::new(0, "alpha", 1);
    let alpha: Vec<f64> = (0..100_000).map(|_| mixing_coefficient(stream.uniform())).collect();
    let mean = alpha.iter().sum::<f64>() / 1e5;
    let variance = alpha.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / 1e5;
    assert!(alpha.iter().all(|a| (0.0..=0.5).contains(a)));
    assert!(
        (mean - 0.25).abs() < 2e-3 && (variance - 1.0 / 48.0).abs() < 3e-4,
        "{mean} {variance}"
    );
}

#[test]
fn partners_come_from_the_other_end() {
    let partners: Vec<usize> = (0..6).map(|i| partner(i, 6)).collect();
    assert_eq!(partners, [5, 4, 3, 2, 1, 0]);
}

/// Nets whose critic scores everything 1/8.
fn blind() -> Nets {
    let mut nets = nets();
    let critic = nets.critic.as_mut().unwrap();
    let mut parameters = critic.parameters_mut();
    parameters.iter_mut().for_each(|parameter| parameter.data.fill(0.0));
    parameters.last_mut().unwrap().data.fill(0.125);
    drop(parameters);
    nets
}

/// The terms that ACAI adds beside a loss of its own scale.
fn added(
    acai: Acai,
    nets: &Nets,
    [images, codes, reconstructions]: [&Batch; 3],
    rng: StepRng,
) -> Vec<(&'static str, f64)> {
    let decode = |codes| nets.decode(codes);
    let critic = nets.critic.as_deref();
    let input =
        RegularizerInput { critic, images, codes, reconstructions, decode: &decode, weight: 1.0 };
    acai.step(&input, rng).unwrap().terms
}

#[test]
fn a_blind_critic_settles_at_five_ninety_sixths() {
    let (nets, acai) = (blind(), Acai::default());
    let x = images(64);
    let z = nets.encoder.forward(&x).unwrap();
    let (mut mixed, steps) = (0.0, 60);
    for step in 1..=steps {
        let terms = added(acai, &nets, [&x, &z, &x], StepRng { seed: 0, step });
        assert!((terms[1].1 - 1.0 / 64.0).abs() < 1e-9, "blended {}", terms[1].1);
        assert!((terms[2].1 - 1.0 / 64.0).abs() < 1e-9, "adversarial {}", terms[2].1);
        mixed += terms[0].1 / steps as f64;
    }
    assert!((mixed + 1.0 / 64.0 - 5.0 / 96.0).abs() < 2e-3, "{mixed}");
}

#[test]
fn gamma_is_the_share_of_the_real_image() {
    let nets = nets();
    let (x, more) = (images(COUNT), images(2 * COUNT));
    let decoded = Batch::from_rows(x.shape, &more.to_rows()[COUNT * x.shape.len()..]);
    let z = nets.encoder.forward(&x).unwrap();
    let blended =
        |gamma: f64| added(Acai { gamma, ..Acai::default() }, &nets, [&x, &z, &decoded], RNG)[1].1;
    let seen = |x: &Batch| {
        let output = nets.critic.as_ref().unwrap().forward(x).unwrap();
        critic::scores(&output).iter().map(|c| c * c).sum::<f64>() / COUNT as f64
    };
    assert!((blended(1.0) - seen(&x)).abs() < 1e-12);
    assert!((blended(0.0) - seen(&decoded)).abs() < 1e-12);
}
