//! The score `kl_divergence`.

use super::{Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "kl_divergence",
    title: "kl divergence",
    meaning: "How far the neighbourhoods on a t-SNE map are from those of the latents.",
    direction: None,
    unit: Some("nats"),
    scale: Scale::Difference,
};
