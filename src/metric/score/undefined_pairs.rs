//! The score `undefined_pairs`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "undefined_pairs",
    title: "undefined pairs",
    meaning: "How many paths have no smoothness, because they do not move or are not finite.",
    direction: Some(Direction::LessIsBetter),
    unit: Some("paths"),
    scale: Scale::Difference,
};
