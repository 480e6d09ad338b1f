//! The first steps of a training on lines as `Train` takes them: its initial
//! nets, its streams of random numbers, its trainer, and the weights on the way.
//!
//! Knows nothing of what they are compared with. The benchmark `first_steps`
//! and the test of that name share it, and the test holds it to `Train` itself.

use acai_autoencoder::{
    AutoencoderSpec, RegularizerSpec, Trainer, TrainerOptions,
    regularizer::acai::Acai,
    step::{Nets, StepRng},
};
use acai_dataset::lines;
use acai_net::{
    Batch, DeviceKind, Net, NetSize, Parameter, SIDE, Shape, layer::ParameterSpec, linear::Linear,
};
use acai_random::RngStream;

/// Images of a step.
pub(crate) const BATCH: usize = 64;

/// The variants: ACAI with the paper's λ and γ, or the plain autoencoder.
pub(crate) const VARIANTS: [(&str, Option<Acai>); 2] =
    [("baseline", None), ("acai", Some(Acai { lambda: 0.5, gamma: 0.2, depth: None }))];

const IMAGES: Shape = Shape { channels: 1, side: SIDE };

/// A variant before its first step.
pub(crate) fn trainer(size: NetSize, acai: Option<Acai>, seed: u64) -> Trainer {
    let (autoencoder, regularizer) = (AutoencoderSpec::plain(), acai.map(RegularizerSpec::Acai));
    let options = TrainerOptions {
        autoencoder: &autoencoder,
        regularizer: regularizer.as_ref(),
        net: size,
        channels: 1,
        classes: lines::CLASSES.into(),
        lr: 1e-4,
    };
    Trainer::new(options, DeviceKind::Cpu, seed).expect("memory")
}

/// What a step is trained on.
pub(crate) fn examples(seed: u64, step: u64) -> lines::Split {
    lines::sample(&mut RngStream::new(seed, "data", step), BATCH)
}

/// Takes a step, numbered from 1.
pub(crate) fn take(trainer: &mut Trainer, seed: u64, step: u64) {
    let lines::Split { images, labels, .. } = examples(seed, step);
    let images = Batch::from_rows(IMAGES, &images);
    trainer.step(&images, &labels, StepRng { seed, step }).expect("memory");
}

/// All that learns, by the names that a model gives it.
pub(crate) fn weights(trainer: &Trainer) -> Vec<(String, Parameter)> {
    let Nets { encoder, decoder, critic, .. } = &trainer.nets;
    let nets =
        [("encoder", Some(encoder)), ("decoder", Some(decoder)), ("critic", critic.as_ref())];
    let nets = nets.into_iter().filter_map(|(name, net)| Some(of_net(name, &**net?)));
    nets.flatten().chain(of_probe(&trainer.probe)).collect()
}

fn of_net<'a>(name: &'a str, net: &'a dyn Net) -> impl Iterator<Item = (String, Parameter)> + 'a {
    let parameters = net.parameters().iter();
    parameters.map(move |parameter| (format!("{name}/{}", parameter.spec.name), parameter.clone()))
}

fn of_probe(probe: &Linear) -> [(String, Parameter); 2] {
    let part = |name: &str, shape, fan_in, data: &[f32]| {
        let spec = ParameterSpec { name: name.to_owned(), shape, fan_in };
        (format!("probe/{name}"), Parameter { spec, data: data.to_vec() })
    };
    let (classes, inputs) = (probe.classes(), probe.inputs);
    [
        part("weight", vec![classes, inputs], inputs, &probe.weight),
        part("bias", vec![classes], 0, &probe.bias),
    ]
}
