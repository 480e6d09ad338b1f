//! The score `reference_probe_accuracy`.

use super::{Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "reference_probe_accuracy",
    title: "reference probe accuracy",
    meaning: "Share of the test images that the classifier trained beside the model, as in the paper, finds the class of; it grows with the scale of the latents and the length of training.",
    direction: None,
    unit: Some("share"),
    scale: Scale::Difference,
};
