//! The score `inertia`.

use super::{Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "inertia",
    title: "inertia",
    meaning: "Sum of the squared distances of the (whitened) latents from the centre of their cluster; it compares restarts, not variants, whose latents differ in scale and dimensions.",
    direction: None,
    unit: None,
    scale: Scale::Ratio,
};
