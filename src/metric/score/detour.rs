//! The score `detour`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "detour",
    title: "detour",
    meaning: "How many times the shortest arc between its ends a path turns; 1 is ideal.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
