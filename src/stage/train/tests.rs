//! Trainings on drawn lines with the tiny net.
//!
//! Knows nothing of evaluation.

use super::{
    super::test_util::{TestStage, digest, give_lines},
    *,
};
use acai_autoencoder::{aae::Aae, regularizer::acai::Acai, vae::Vae, vqvae::VqVae};
use acai_common::text::{default_variant, from_str};

fn member(regularizer: Option<RegularizerSpec>) -> TrainOne {
    TrainOne {
        data: "data".parse().unwrap(),
        net: NetSize { depth: 2, latent: 2, width: 8 },
        kimg: 1,
        batch: 8,
        lr: 1e-3,
        snapshots: None,
        autoencoder: AutoencoderSpec::plain(),
        regularizer,
        variant: "one".parse().unwrap(),
    }
}

#[test]
fn a_model_holds_its_nets_its_probe_and_its_history() {
    let fixture = TestStage::new();
    give_lines(&fixture);
    let acai = RegularizerSpec::of_the_paper();
    let model = fixture.run(&member(Some(acai))).unwrap();
    assert_eq!(model.shape("encoder/00/weight").unwrap(), [2, 1, 1, 1]);
    assert_eq!(model.shape("decoder/05/bias").unwrap(), [1]);
    assert_eq!(model.shape("critic/06/weight").unwrap(), [2, 8, 3, 3]);
    assert_eq!(model.shape("probe/weight").unwrap(), [10, 128]);
    assert_eq!(model.read::<u32>("history/step").unwrap().data, [64, 128]);
    let mse = model.read::<f32>("history/mse").unwrap().data;
    assert!(mse[1] < mse[0], "the loss falls: {mse:?}");
    for term in ["critic_mixed", "critic_blended", "adversarial", "probe"] {
        assert_eq!(model.shape(&format!("history/{term}")).unwrap(), [2], "{term}");
    }
    assert_eq!(digest(&model), "bda1cca1566f15913d2ef8ff83b27d8eadf83b5821c8000c271d59316be82ad1");
}

#[test]
fn a_name_alone_means_every_default_and_unknown_fields_are_refused() {
    fn unknown_field<T: serde::de::DeserializeOwned>(name: &str) -> String {
        let read = from_str::<T>("x.ron", &format!("{name}(nothing: 1)"));
        read.err().expect("it has no field `nothing`").to_string()
    }
    for &name in AutoencoderSpec::NAMES {
        assert_eq!(default_variant(name), AutoencoderSpec::by_name(name));
        assert!(unknown_field::<AutoencoderSpec>(name).contains("`nothing`"), "{name}");
    }
    for &name in RegularizerSpec::NAMES {
        assert_eq!(default_variant(name), RegularizerSpec::by_name(name));
        assert!(unknown_field::<RegularizerSpec>(name).contains("`nothing`"), "{name}");
    }
}

#[test]
fn variants_of_one_seed_start_alike_and_diverge() {
    let weights = |lambda: Option<f64>| {
        let fixture = TestStage::new();
        give_lines(&fixture);
        let acai = |lambda| RegularizerSpec::Acai(Acai { lambda, ..Acai::default() });
        let model = fixture.run(&member(lambda.map(acai))).unwrap();
        assert_eq!(model.has("critic/00/weight"), lambda.is_some());
        model.read::<f32>("encoder/06/weight").unwrap().data
    };
    let plain = weights(None);
    assert_eq!(plain, weights(Some(0.0)), "λ = 0 is the plain autoencoder");
    assert_ne!(plain, weights(Some(0.5)));
}

/// A training with snapshots, and after how many kimg they are.
pub(crate) fn with_snapshots() -> (TrainOne, [u32; 2]) {
    (long(AutoencoderSpec::plain()), [1, 2])
}

/// A training of twice 1,024 images that keeps snapshots, with everything that a
/// step changes: nets, critic, extra parameters of every kind.
fn long(autoencoder: AutoencoderSpec) -> TrainOne {
    let acai = RegularizerSpec::of_the_paper();
    let snapshots = Some(Snapshots { every: 1, last: 2 });
    TrainOne { kimg: 2, snapshots, autoencoder, ..member(Some(acai)) }
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_bits() {
    for autoencoder in [
        AutoencoderSpec::plain(),
        AutoencoderSpec::Vae(Vae { beta: 1.0 }),
        AutoencoderSpec::Aae(Aae { lr: 1e-3, hidden: vec![4] }),
        AutoencoderSpec::VqVae(VqVae { codes: 8, vectors: 2, beta: 1.0, ..VqVae::default() }),
    ] {
        let train = long(autoencoder);
        let whole = TestStage::new();
        give_lines(&whole);
        let wanted = digest(&whole.run(&train).unwrap());
        let broken = TestStage::new();
        give_lines(&broken);
        for done in [512, 1536] {
            broken.stop_after(done);
            assert_eq!(broken.run(&train).err().unwrap().to_string(), "interrupted");
        }
        let model = broken.run(&train).unwrap();
        assert_eq!(digest(&model), wanted, "{:?}", train.autoencoder);
        assert_eq!(
            broken.notes(),
            [
                "goes on after step 64 of 256, from a checkpoint",
                "goes on after step 192 of 256, from a checkpoint"
            ]
        );
    }
}

#[test]
fn a_damaged_checkpoint_is_reported_and_skipped() {
    let train = long(AutoencoderSpec::plain());
    let fixture = TestStage::new();
    give_lines(&fixture);
    fixture.stop_after(512);
    assert!(fixture.run(&train).is_err());
    fixture.damage_checkpoints();
    let wanted = TestStage::new();
    give_lines(&wanted);
    let wanted = digest(&wanted.run(&train).unwrap());
    assert_eq!(digest(&fixture.run(&train).unwrap()), wanted);
    let notes = fixture.notes();
    assert!(notes[0].starts_with("a checkpoint is of no use: "), "{notes:?}");
    assert_eq!(notes.len(), 1);
}

#[test]
fn snapshots_are_what_a_shorter_training_ends_with() {
    let weights = |train: &TrainOne, path: &str| {
        let fixture = TestStage::new();
        give_lines(&fixture);
        fixture.run(train).unwrap().read::<f32>(path).unwrap().data
    };
    let train = long(AutoencoderSpec::Vae(Vae { beta: 1.0 }));
    let short = TrainOne { kimg: 1, snapshots: None, ..train.clone() };
    for path in ["encoder/06/weight", "decoder/00/bias", "probe/weight", "bottleneck/mean/weight"] {
        assert_eq!(weights(&train, &format!("snapshots/00000001/{path}")), weights(&short, path));
        assert_eq!(weights(&train, &format!("snapshots/00000002/{path}")), weights(&train, path));
    }
    let with = |every, last| {
        let fixture = TestStage::new();
        give_lines(&fixture);
        fixture
            .run(&TrainOne { snapshots: Some(Snapshots { every, last }), ..short.clone() })
            .unwrap()
    };
    assert!(
        with(64, 20).has("snapshots/00000001/probe/bias"),
        "the end is one if it is the only one"
    );
    let two = TrainOne { snapshots: Some(Snapshots { every: 1, last: 1 }), ..train };
    let fixture = TestStage::new();
    give_lines(&fixture);
    assert!(
        !fixture.run(&two).unwrap().has("snapshots/00000001/probe/bias"),
        "only the last is kept"
    );
}

/// A trainer of the tiny net, before its first step.
pub(crate) fn fresh_trainer(
    autoencoder: &AutoencoderSpec,
    regularizer: Option<&RegularizerSpec>,
) -> Trainer {
    let net = NetSize { depth: 2, latent: 2, width: 8 };
    let options =
        TrainerOptions { autoencoder, regularizer, net, channels: 1, classes: 10, lr: 1e-3 };
    Trainer::new(options, acai_net::DeviceKind::Cpu, 0).unwrap()
}

/// Among them the VQ-VAE, whose nets filled with NaN while its error stayed finite.
#[test]
fn no_training_with_a_huge_learning_rate_passes_with_nan_in_it() {
    let fixture = TestStage::new();
    give_lines(&fixture);
    for (place, &name) in AutoencoderSpec::NAMES.iter().enumerate() {
        for lr in [10.0, 1e30] {
            let autoencoder = AutoencoderSpec::by_name(name).unwrap();
            let regularizer = autoencoder
                .has_nets()
                .then(|| RegularizerSpec::by_name(RegularizerSpec::NAMES[place % 2]).unwrap());
            let stage = TrainOne { autoencoder, kimg: 1, lr, ..member(regularizer) };
            match fixture.run(&stage) {
                Err(error) => {
                    let told = error.to_string();
                    assert!(told.starts_with("training diverged at step "), "{name}: {told}");
                }
                Ok(model) => {
                    for path in model.datasets("").unwrap() {
                        let Ok(read) = model.read::<f32>(&path) else { continue };
                        let finite = read.data.iter().all(|value| value.is_finite());
                        assert!(finite, "{name} at {lr}: {path}");
                    }
                }
            }
        }
    }
}
