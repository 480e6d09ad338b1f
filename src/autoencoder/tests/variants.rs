//! Properties of each autoencoder beside its formulas: when it equals the plain
//! one, which loss trains which parameters, that the error falls, and that the
//! result does not depend on the number of threads.

use super::{
    super::{
        AutoencoderSpec, RegularizerSpec, StepReport, Trainer,
        aae::Aae,
        denoising::Denoising,
        dropout::Dropout,
        named_parameter::{NamedParameter, UpdateRule},
        regularizer::{acai::Acai, lsgan::Lsgan},
        step::{Gradients, Nets, StepContext, StepOutput, StepRng},
        term_meaning,
        vae::Vae,
        vqvae::VqVae,
    },
    COUNT, RNG, images, nets, term,
};
use acai_dataset::lines;
use acai_kernel as kernel;
use acai_net::{Batch, SIDE, Shape, linear::Linear};
use acai_random::RngStream;

const ALL: usize = 6;

pub(super) fn all() -> [AutoencoderSpec; ALL] {
    [
        AutoencoderSpec::plain(),
        AutoencoderSpec::Denoising(Denoising { noise: 0.5 }),
        dropout(0.5),
        vae(1.0),
        aae(vec![20, 10]),
        AutoencoderSpec::VqVae(VqVae { codes: 32, vectors: 2, ..VqVae::default() }),
    ]
}

fn dropout(keep: f64) -> AutoencoderSpec {
    AutoencoderSpec::Dropout(Dropout { keep })
}

fn vae(beta: f64) -> AutoencoderSpec {
    AutoencoderSpec::Vae(Vae { beta })
}

fn aae(hidden: Vec<usize>) -> AutoencoderSpec {
    AutoencoderSpec::Aae(Aae { lr: 1e-3, hidden })
}

fn acai(lambda: f64) -> RegularizerSpec {
    RegularizerSpec::Acai(Acai { lambda, ..Acai::default() })
}

fn lsgan(lambda: f64) -> RegularizerSpec {
    RegularizerSpec::Lsgan(Lsgan { lambda })
}

fn with_extra(autoencoder: &AutoencoderSpec) -> Nets {
    let nets = nets();
    Nets { extra: autoencoder.extra_parameters(nets.encoder.output(), 0), ..nets }
}

#[expect(clippy::needless_pass_by_value, reason = "tests read better with the value")]
fn step(autoencoder: &AutoencoderSpec, regularizer: Option<RegularizerSpec>) -> StepOutput {
    step_of(autoencoder, &with_extra(autoencoder), regularizer.as_ref())
}

fn step_of(
    autoencoder: &AutoencoderSpec,
    nets: &Nets,
    regularizer: Option<&RegularizerSpec>,
) -> StepOutput {
    let (images, regularizer) = (&images(COUNT), regularizer.map(|one| &**one));
    autoencoder.step(&StepContext { nets, images, regularizer, rng: RNG }).unwrap()
}

fn same(a: &Gradients, b: &Gradients) -> bool {
    a.len() == b.len() && a.iter().flatten().eq(b.iter().flatten())
}

#[test]
fn without_noise_and_with_everything_kept_they_are_the_plain_autoencoder() {
    let plain = step(&AutoencoderSpec::plain(), Some(acai(0.5)));
    let kept = step(&dropout(1.0), Some(acai(0.5)));
    assert_eq!(plain.terms, kept.terms);
    assert!(same(&plain.encoder, &kept.encoder) && same(&plain.decoder, &kept.decoder));
    let plain = step(&AutoencoderSpec::plain(), None);
    let clean = step(&AutoencoderSpec::Denoising(Denoising { noise: 0.0 }), None);
    assert_eq!(plain.terms, clean.terms);
    assert!(same(&plain.encoder, &clean.encoder) && same(&plain.decoder, &clean.decoder));
}

#[test]
fn the_probe_is_given_codes_without_noise_dropout_or_sampling() {
    let plain = step(&AutoencoderSpec::plain(), None).probe_input;
    for autoencoder in &all()[1..5] {
        assert_eq!(step(autoencoder, None).probe_input, plain, "{autoencoder:?}");
        assert_eq!(step(autoencoder, Some(acai(0.5))).probe_input, plain, "{autoencoder:?}");
    }
    assert_ne!(step(&all()[5], None).probe_input, plain, "the output of the bottleneck");
}

#[test]
fn dropout_scales_what_it_keeps() {
    let mut stream = RNG.stream("dropout");
    let kept = (0..10_000).filter(|_| stream.uniform() < 0.75).count();
    assert!(kept.abs_diff(7_500) < 150, "{kept}");
}

#[test]
fn beta_weighs_the_kl_term_alone() {
    let [none, some] = [0.0, 3.0].map(|beta| step(&vae(beta), None));
    assert_eq!(none.terms, some.terms);
    assert!(same(&none.decoder, &some.decoder));
    assert!(!same(&none.encoder, &some.encoder));
}

#[test]
fn a_posterior_at_the_prior_has_no_kl() {
    let vae = vae(1.0);
    let mut nets = with_extra(&vae);
    nets.extra.iter_mut().for_each(|one| one.data.fill(0.0));
    let step = step_of(&vae, &nets, None);
    assert!(term(&step, "kl").abs() < 1e-12);
    nets.extra[1].data.fill(2.0);
    let step = step_of(&vae, &nets, None);
    // ½ · 128 dimensions · 2²
    assert!((term(&step, "kl") - 256.0).abs() < 1e-9);
}

/// λ = 0 leaves an autoencoder as it is, with any regularizer; what the critic
/// learns does not depend on λ.
#[test]
fn regularizers_compose_with_every_autoencoder() {
    for autoencoder in all() {
        let alone = step(&autoencoder, None);
        for regularizer in [acai as fn(f64) -> _, lsgan] {
            let [without, with] =
                [0.0, 9.0].map(|lambda| step(&autoencoder, Some(regularizer(lambda))));
            let what = format!("{autoencoder:?} {:?}", regularizer(0.0));
            for (a, b) in [
                (&alone.encoder, &without.encoder),
                (&alone.decoder, &without.decoder),
                (&alone.extra, &without.extra),
                (&with.critic, &without.critic),
            ] {
                assert!(same(a, b), "{what}");
            }
            assert!(!same(&with.encoder, &without.encoder), "{what}");
            assert!(!same(&with.decoder, &without.decoder), "{what}");
            assert_eq!(with.mse.to_bits(), alone.mse.to_bits(), "{what}");
        }
    }
}

#[test]
fn every_term_has_a_meaning() {
    for autoencoder in all() {
        for regularizer in [acai(0.5), lsgan(0.5)] {
            for (name, _) in step(&autoencoder, Some(regularizer)).terms {
                assert!(term_meaning(name).is_some(), "{name}");
            }
        }
    }
    assert_eq!(term_meaning("mse"), Some("squared error per pixel value"));
    assert_eq!(term_meaning("msf"), None);
}

fn trainer(
    autoencoder: &AutoencoderSpec,
    regularizer: Option<RegularizerSpec>,
    lr: f64,
) -> Trainer {
    let mut nets = with_extra(autoencoder);
    nets.critic = nets.critic.filter(|_| regularizer.is_some());
    let probe =
        Linear::new(nets.encoder.output().len(), 10, &mut RngStream::new(0, "probe.init", 0));
    Trainer::with_weights(nets, probe, autoencoder.clone(), regularizer, lr)
}

fn train(trainer: &mut Trainer, steps: u64) -> Vec<StepReport> {
    let shape = Shape { channels: 1, side: SIDE };
    let step = |step| {
        let lines = lines::sample(&mut RngStream::new(0, "data", step), 16);
        let images = Batch::from_rows(shape, &lines.images);
        trainer.step(&images, &lines.labels, StepRng { seed: 0, step }).unwrap()
    };
    (1..=steps).map(step).collect()
}

#[test]
fn the_error_falls_on_lines() {
    for autoencoder in all() {
        for regularizer in [None, Some(acai(0.5))] {
            let mut trainer = trainer(&autoencoder, regularizer, 3e-3);
            let steps = train(&mut trainer, 60);
            let mean = |steps: &[StepReport]| steps.iter().map(|step| step.mse).sum::<f64>() / 10.0;
            let (first, last) = (mean(&steps[..10]), mean(&steps[50..]));
            assert!(last < 0.8 * first, "{autoencoder:?}: {first} to {last}");
        }
    }
}

#[test]
fn every_extra_parameter_learns_and_the_discriminator_at_its_own_rate() {
    for autoencoder in all() {
        let mut trainer = trainer(&autoencoder, Some(acai(0.5)), 1e-3);
        let before = trainer.nets.extra.clone();
        train(&mut trainer, 2);
        for (before, after) in before.iter().zip(&trainer.nets.extra) {
            assert_ne!(before.data, after.data, "{} was not trained", before.name);
        }
    }
    // Adam's first step is the rate wherever there is a gradient to speak of.
    let fast = AutoencoderSpec::Aae(Aae { lr: 0.25, hidden: vec![4] });
    let mut trainer = trainer(&fast, None, 1e-6);
    let before = trainer.nets.extra.clone();
    train(&mut trainer, 1);
    let (before, after) = (&before.last().unwrap().data, &trainer.nets.extra.last().unwrap().data);
    assert!(((before[0] - after[0]).abs() - 0.25).abs() < 1e-4, "{before:?} {after:?}");
}

#[test]
fn the_autoencoders_loss_does_not_train_the_discriminator() {
    let aae = aae(vec![4]);
    let [one, other] = [None, Some(lsgan(9.0))].map(|regularizer| step(&aae, regularizer));
    assert!(same(&one.extra, &other.extra));
    let own = UpdateRule::OwnOptimizer { lr: 1e-3 };
    assert!(with_extra(&aae).extra.iter().all(|one| one.update == own));
}

#[test]
fn threads_change_no_bit() {
    let weights = |autoencoder: &AutoencoderSpec, threads| {
        kernel::with_threads(threads, || {
            let mut trainer = trainer(autoencoder, Some(acai(0.5)), 1e-3);
            let steps = train(&mut trainer, 3);
            let mse: Vec<u64> = steps.iter().map(|step| step.mse.to_bits()).collect();
            let data = |one: NamedParameter| one.data;
            let extra: Vec<Vec<f32>> = trainer.nets.extra.into_iter().map(data).collect();
            (mse, extra, trainer.probe.weight)
        })
        .unwrap()
    };
    for autoencoder in all() {
        assert_eq!(weights(&autoencoder, 1), weights(&autoencoder, 3), "{autoencoder:?}");
    }
}
