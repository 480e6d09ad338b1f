//! `--set` arguments: one that would do, edited, on every shipped pipeline.

use super::{pipeline, run, text_edit};
use crate::mutants::survives as planned_or_refused;

/// What people set.
const SETTINGS: [&str; 12] = [
    "models.kimg=64",
    "seeds=[0,1,2]",
    "models.variants.acai.regularizer.lambda=0.25",
    "models.net=(depth: 16, latent: 8, width: 16)",
    "clusters.restarts=10",
    "name=\"other\"",
    "images.source=\"./own.ron\"",
    "models.variants.acai=(autoencoder: Baseline)",
    "probe.rule=Reference(kimg: 1)",
    "paths.along=Spherical",
    "models.snapshots=[1, 2]",
    "models.variants={}",
];

#[test]
fn survives() {
    let texts = pipeline::texts();
    let settings = SETTINGS.map(str::to_owned);
    run("setting", (text_edit::mutants(), 0..texts.len()), |(mutant, which)| {
        planned_or_refused(&texts[which], &[mutant.of(&settings)]);
    });
}
