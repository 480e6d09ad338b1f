//! What each autoencoder is beside its formulas: how it becomes the plain one,
//! which nets learn by which loss, that it learns at all, and always the same.

use super::{
    super::{
        Autoencoder, Counts, Regularizer, StepReport, Trainer,
        named_parameter::UpdateRule,
        step::{Gradients, Nets, Step, StepRng},
    },
    COUNT, DRAWS, images, nets, term,
};
use acai_dataset::lines;
use acai_kernel as kernel;
use acai_net::{Batch, SIDE, Shape, linear::Linear};
use acai_random::Stream;

const ALL: usize = 6;

fn all() -> [Autoencoder; ALL] {
    [
        Autoencoder::Baseline {},
        Autoencoder::Denoising { noise: 0.5 },
        Autoencoder::Dropout { keep: 0.5 },
        Autoencoder::Vae { beta: 1.0 },
        Autoencoder::Aae { lr: 1e-3, hidden: vec![20, 10] },
        Autoencoder::VqVae { codes: 32, vectors: 2, beta: 10.0, counts: Counts::Mended },
    ]
}

fn acai(lambda: f64) -> Regularizer {
    Regularizer::Acai { lambda, gamma: 0.2, depth: None }
}

fn with_parts(autoencoder: &Autoencoder) -> Nets {
    let nets = nets();
    Nets { parts: autoencoder.build().parts(nets.encoder.output(), 0), ..nets }
}

fn step(autoencoder: &Autoencoder, regularizer: Option<Regularizer>) -> Step {
    let regularizer = regularizer.map(|regularizer| regularizer.build());
    let nets = with_parts(autoencoder);
    let autoencoder = autoencoder.build();
    autoencoder.step(&nets, &images(COUNT), regularizer.as_deref(), DRAWS).unwrap()
}

fn same(a: &Gradients, b: &Gradients) -> bool {
    a.len() == b.len() && a.iter().flatten().eq(b.iter().flatten())
}

#[test]
fn without_noise_and_with_everything_kept_they_are_the_plain_autoencoder() {
    let plain = step(&Autoencoder::Baseline {}, Some(acai(0.5)));
    let kept = step(&Autoencoder::Dropout { keep: 1.0 }, Some(acai(0.5)));
    assert_eq!(plain.terms, kept.terms);
    assert!(same(&plain.encoder, &kept.encoder) && same(&plain.decoder, &kept.decoder));
    let plain = step(&Autoencoder::Baseline {}, None);
    let clean = step(&Autoencoder::Denoising { noise: 0.0 }, None);
    assert_eq!(plain.terms, clean.terms);
    assert!(same(&plain.encoder, &clean.encoder) && same(&plain.decoder, &clean.decoder));
}

#[test]
fn the_probe_sees_neither_noise_nor_gaps_nor_samples() {
    let plain = step(&Autoencoder::Baseline {}, None).probed;
    for autoencoder in &all()[1..5] {
        assert_eq!(step(autoencoder, None).probed, plain, "{autoencoder:?}");
        assert_eq!(step(autoencoder, Some(acai(0.5))).probed, plain, "{autoencoder:?}");
    }
    assert_ne!(step(&all()[5], None).probed, plain, "what lies behind the bottleneck");
}

#[test]
fn dropout_scales_what_it_keeps() {
    let mut stream = DRAWS.stream("dropout");
    let kept = (0..10_000).filter(|_| stream.uniform() < 0.75).count();
    assert!(kept.abs_diff(7_500) < 150, "{kept}");
}

#[test]
fn beta_weighs_the_divergence_alone() {
    let [none, some] = [0.0, 3.0].map(|beta| step(&Autoencoder::Vae { beta }, None));
    assert_eq!(none.terms, some.terms);
    assert!(same(&none.decoder, &some.decoder));
    assert!(!same(&none.encoder, &some.encoder));
}

#[test]
fn a_posterior_at_the_prior_diverges_by_nothing() {
    let vae = Autoencoder::Vae { beta: 1.0 };
    let mut nets = with_parts(&vae);
    nets.parts.iter_mut().for_each(|part| part.data.fill(0.0));
    let step = vae.build().step(&nets, &images(COUNT), None, DRAWS).unwrap();
    assert!(term(&step, "divergence").abs() < 1e-12);
    nets.parts[1].data.fill(2.0);
    let step = vae.build().step(&nets, &images(COUNT), None, DRAWS).unwrap();
    // ½ · 128 dimensions · 2²
    assert!((term(&step, "divergence") - 256.0).abs() < 1e-9);
}

/// λ = 0 leaves an autoencoder as it is, with any regularizer; what the critic
/// learns does not depend on λ.
#[test]
fn regularizers_compose_with_every_autoencoder() {
    for autoencoder in all() {
        let alone = step(&autoencoder, None);
        for regularizer in [acai as fn(f64) -> _, |lambda| Regularizer::Lsgan { lambda }] {
            let [without, with] =
                [0.0, 9.0].map(|lambda| step(&autoencoder, Some(regularizer(lambda))));
            let what = format!("{autoencoder:?} {:?}", regularizer(0.0));
            for (a, b) in [
                (&alone.encoder, &without.encoder),
                (&alone.decoder, &without.decoder),
                (&alone.parts, &without.parts),
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

fn trainer(autoencoder: &Autoencoder, regularizer: Option<Regularizer>, lr: f64) -> Trainer {
    let mut nets = with_parts(autoencoder);
    nets.critic = nets.critic.filter(|_| regularizer.is_some());
    let probe = Linear::new(nets.encoder.output().len(), 10, &mut Stream::new(0, "probe.init", 0));
    Trainer::new(nets, probe, autoencoder, regularizer.map(|some| some.build()), lr)
}

fn train(trainer: &mut Trainer, steps: u64) -> Vec<StepReport> {
    let shape = Shape { channels: 1, side: SIDE };
    let step = |step| {
        let lines = lines::sample(&mut Stream::new(0, "data", step), 16);
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
            let told = train(&mut trainer, 60);
            let mean = |told: &[StepReport]| told.iter().map(|told| told.mse).sum::<f64>() / 10.0;
            let (first, last) = (mean(&told[..10]), mean(&told[50..]));
            assert!(last < 0.8 * first, "{autoencoder:?}: {first} to {last}");
        }
    }
}

#[test]
fn every_part_learns_and_the_discriminator_at_its_own_rate() {
    for autoencoder in all() {
        let mut trainer = trainer(&autoencoder, Some(acai(0.5)), 1e-3);
        let before = trainer.nets.parts.clone();
        train(&mut trainer, 2);
        for (before, after) in before.iter().zip(&trainer.nets.parts) {
            assert_ne!(before.data, after.data, "{} did not learn", before.name);
        }
    }
    // Adam's first step is the rate wherever there is a gradient to speak of.
    let mut trainer = trainer(&Autoencoder::Aae { lr: 0.25, hidden: vec![4] }, None, 1e-6);
    let before = trainer.nets.parts.clone();
    train(&mut trainer, 1);
    let (before, after) = (&before.last().unwrap().data, &trainer.nets.parts.last().unwrap().data);
    assert!(((before[0] - after[0]).abs() - 0.25).abs() < 1e-4, "{before:?} {after:?}");
}

#[test]
fn the_discriminator_never_feels_the_autoencoders_loss() {
    let aae = Autoencoder::Aae { lr: 1e-3, hidden: vec![4] };
    let [one, other] = [None, Some(Regularizer::Lsgan { lambda: 9.0 })].map(|r| step(&aae, r));
    assert!(same(&one.parts, &other.parts));
    assert!(
        with_parts(&aae)
            .parts
            .iter()
            .all(|part| part.learns == UpdateRule::OwnOptimizer { lr: 1e-3 })
    );
}

#[test]
fn threads_change_no_bit() {
    let weights = |autoencoder: &Autoencoder, threads| {
        kernel::with_threads(threads, || {
            let mut trainer = trainer(autoencoder, Some(acai(0.5)), 1e-3);
            let told = train(&mut trainer, 3);
            let mse: Vec<u64> = told.iter().map(|told| told.mse.to_bits()).collect();
            let data = |part: super::super::named_parameter::NamedParameter| part.data;
            let parts: Vec<Vec<f32>> = trainer.nets.parts.into_iter().map(data).collect();
            (mse, parts, trainer.probe.weight)
        })
        .unwrap()
    };
    for autoencoder in all() {
        assert_eq!(weights(&autoencoder, 1), weights(&autoencoder, 3), "{autoencoder:?}");
    }
}
