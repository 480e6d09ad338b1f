//! The score `codes_in_use`.

use super::{Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "codes_in_use",
    title: "codes in use",
    meaning: "How many vectors of a codebook the test images use.",
    direction: None,
    unit: Some("codes"),
    scale: Scale::Ratio,
};
