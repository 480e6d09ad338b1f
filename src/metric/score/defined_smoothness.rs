//! The score `defined_smoothness`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "defined_smoothness",
    title: "defined smoothness",
    meaning: "Smoothness, the mean over the paths that turn at all.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
