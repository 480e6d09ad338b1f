//! The score `explained_variance`.

use super::{Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "explained_variance",
    title: "explained variance",
    meaning: "Share of the variance of the latents that lies along the two directions of the map.",
    direction: None,
    unit: Some("share"),
    scale: Scale::Difference,
};
