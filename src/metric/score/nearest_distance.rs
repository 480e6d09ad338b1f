//! The score `nearest_distance`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "nearest_distance",
    title: "nearest distance",
    meaning: "Distance of the decoded images from the nearest test image, the mean over all points of all paths.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
