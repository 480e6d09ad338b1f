//! What the paper's reference implementation fixes and a pipeline file may leave
//! out: the defaults, and where its nets are linear.
//!
//! Knows nothing of how anything is computed.

use acai_config::Pipeline;
use acai_net::{
    Batch, COMPILED_SIZES, CompiledSize, DeviceKind, NetKind, build_net, layer::ParameterSpec,
};
use acai_plan::Plan;

const SHORTEST: &str = r#"Pipeline(
    name: "shortest",
    stages: {
        "lines": Dataset(source: "lines"),
        "models": Train(
            data: "lines",
            net: (depth: 16, latent: 16, width: 2),
            variants: {
                "acai": (autoencoder: Baseline, regularizer: Acai),
                "denoising": (autoencoder: Denoising),
                "dropout": (autoencoder: Dropout()),
                "vae": (autoencoder: Vae),
                "aae": (autoencoder: Aae, regularizer: Lsgan),
                "vqvae": (autoencoder: VqVae),
            },
        ),
        "latents": Encode(model: "models", data: "lines"),
        "clusters": KMeans(latents: "latents"),
        "probe": Probe(latents: "latents"),
        "paths": Interpolate(model: "models", data: "lines"),
    },
)"#;

/// Names and values of everything that a file need not say.
fn defaults(instance: &str) -> Vec<(String, String)> {
    let plan = Pipeline::parse("shortest.ron", SHORTEST, &[]).and_then(|read| Plan::new(&read));
    let plan = plan.expect("the pipeline is sound");
    let place = plan.position(instance).expect("there is such an instance");
    let params = plan.instances[place].stage.params().0.into_iter();
    params.filter(|param| param.is_default).map(|param| (param.name, param.value)).collect()
}

/// Of one variant's autoencoder and regularizer alone.
fn defaults_of_variant(variant: &str) -> Vec<(String, String)> {
    let found = defaults(&format!("models/{variant}/0")).into_iter();
    let found = found.filter(|(name, _)| name.contains('.'));
    found.map(|(name, value)| (name.rsplit('.').next().unwrap().to_owned(), value)).collect()
}

#[test]
fn defaults_of_autoencoders_are_the_references() {
    for (variant, wanted) in [
        ("denoising", &[("noise", "1.0")][..]),
        ("dropout", &[("keep", "0.5")]),
        ("vae", &[("beta", "1.0")]),
        ("aae", &[("lr", "0.0001"), ("hidden", "[100,100]"), ("lambda", "0.5")]),
        ("vqvae", &[("codes", "16384"), ("vectors", "10"), ("beta", "10.0"), ("counts", "Mended")]),
    ] {
        let found = defaults_of_variant(variant);
        let found: Vec<_> = found.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(found, wanted, "{variant}");
    }
}

#[test]
fn defaults_are_the_references() {
    for (instance, wanted) in [
        ("lines", &[("train", "10240"), ("test", "5000")][..]),
        (
            "models/acai/0",
            &[
                ("kimg", "16384"),
                ("batch", "64"),
                ("lr", "0.0001"),
                ("regularizer.lambda", "0.5"),
                ("regularizer.gamma", "0.2"),
                ("regularizer.depth", "16"),
                ("snapshots", "None"),
            ],
        ),
        (
            "clusters/acai/0",
            &[("k", "10"), ("restarts", "1000"), ("whiten", "true"), ("fit", "60000")],
        ),
        ("probe/acai/0", &[("rule", "Converged")]),
        (
            "paths/acai/0",
            &[("pairs", "256"), ("points", "16"), ("at", "Final"), ("along", "Linear")],
        ),
    ] {
        let found = defaults(instance);
        let found: Vec<_> = found.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(found, wanted, "{instance}");
    }
}

/// Parameters that hand channel 0 through, and start it at −1.
fn passing(spec: &ParameterSpec) -> Vec<f32> {
    let mut data = vec![0.0; spec.shape.iter().product()];
    match spec.shape[..] {
        [_, _, k, _] => data[(k / 2) * k + k / 2] = 1.0,
        _ if spec.name == "00/bias" => data[0] = -1.0,
        _ => {}
    }
    data
}

/// A negative value shrinks to a fifth at every activation: two per scale and one
/// more. The first layer of the encoder and the last of both nets have none.
#[test]
fn nets_are_leaky_where_the_references_are() {
    for &CompiledSize { channels, size, .. } in COMPILED_SIZES {
        let scales = (32 / size.width).ilog2();
        for role in [NetKind::Encoder, NetKind::Decoder] {
            let net =
                build_net(DeviceKind::Cpu, role, channels, size, &mut passing).expect("memory");
            let y = net.forward(&Batch::zeros(net.input(), 1)).expect("memory").to_rows();
            // A decoder starts with an activation; an encoder with a linear layer.
            let wanted = -libm::pow(0.2, f64::from(2 * scales + 1));
            let found = f64::from(y[0]);
            assert!((found / wanted - 1.0).abs() < 1e-5, "{role:?} {size:?}: {found} for {wanted}");
        }
    }
}
