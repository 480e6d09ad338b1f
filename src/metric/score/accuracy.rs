//! The score `accuracy`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "accuracy",
    title: "accuracy",
    meaning: "Share of the test images whose class is found: by a linear classifier, or by clusters under their best naming.",
    direction: Some(Direction::MoreIsBetter),
    unit: Some("share"),
    scale: Scale::Difference,
};
