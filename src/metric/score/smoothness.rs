//! The score `smoothness`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "smoothness",
    title: "smoothness",
    meaning: "The largest turn between neighbours as a share of the whole path, less the share on an even path; a path without a turn counts as 0.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
