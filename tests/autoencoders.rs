//! Every autoencoder through a whole pipeline: trained, encoded, interpolated,
//! clustered; the same bits every time.
//!
//! Knows nothing of losses.

use crate::support::{Space, counts};

const ALL: &str = r#"Pipeline(
    name: "all",
    stages: {
        "lines":  Dataset(source: "lines", train: 96, test: 64),
        "models": Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 1,
            variants: {
                "baseline":  (autoencoder: Baseline),
                "denoising": (autoencoder: Denoising, regularizer: Acai),
                "dropout":   (autoencoder: Dropout, regularizer: Lsgan),
                "vae":       (autoencoder: Vae),
                "vae-acai":  (autoencoder: Vae, regularizer: Acai),
                "aae":       (autoencoder: Aae),
                "vqvae":     (autoencoder: VqVae(codes: 64), regularizer: Acai),
            },
        ),
        "latents":  Encode(model: "models", data: "lines"),
        "clusters": KMeans(latents: "latents", restarts: 2),
        "paths":    Interpolate(model: "models", data: "lines", pairs: 8),
        "samples":  Sample(model: "models", count: 8),
    },
)
"#;

#[test]
fn every_autoencoder_runs_through_and_gives_the_same_bits() {
    let space = Space::new(ALL);
    assert_eq!(counts(&space.run(&["--threads", "1"])), (36, 0, 0, 0));
    let digests = space.digests();
    let again = Space::new(ALL);
    again.run(&["--threads", "3"]);
    assert_eq!(digests, again.digests());
    let written = ALL
        .replace("Denoising,", "Denoising(noise: 1.0),")
        .replace("Dropout,", "Dropout(keep: 0.5),")
        .replace("Vae,", "Vae(beta: 1),")
        .replace("Aae)", "Aae(hidden: [100, 100], lr: 1e-4))")
        .replace("codes: 64", "codes: 64, counts: Mended, vectors: 10, beta: 10")
        .replace("Lsgan", "Lsgan(lambda: 0.5)");
    assert_ne!(written, ALL);
    space.write(&written);
    assert_eq!(counts(&space.run(&[])), (0, 36, 0, 0), "written defaults do not count");
}

#[test]
fn what_only_training_uses_runs_nothing_else_again() {
    let one = |autoencoder: &str| {
        let lines = ALL.lines().filter(|line| !line.contains("(autoencoder:"));
        let text = lines.collect::<Vec<_>>().join("\n");
        text.replace("variants: {", &format!("variants: {{ \"one\": (autoencoder: {autoencoder}),"))
    };
    let space = Space::new(&one("Vae(beta: 1)"));
    assert_eq!(counts(&space.run(&[])), (6, 0, 0, 0));
    space.write(&one("Vae(beta: 2)"));
    assert_eq!(counts(&space.run(&[])), (5, 1, 0, 0), "another β is another model");
    // Another name for the same codes: without noise it is the plain autoencoder.
    space.write(&one("Baseline"));
    assert_eq!(counts(&space.run(&[])), (5, 1, 0, 0));
    space.write(&one("Denoising(noise: 0)"));
    assert_eq!(counts(&space.run(&[])), (1, 5, 0, 0), "the same bits leave the rest cached");
}
