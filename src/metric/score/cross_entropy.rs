//! The score `cross_entropy`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "cross_entropy",
    title: "cross-entropy",
    meaning: "Cross-entropy of a linear classifier on the test images, the mean per image.",
    direction: Some(Direction::LessIsBetter),
    unit: Some("nats"),
    scale: Scale::Ratio,
};
