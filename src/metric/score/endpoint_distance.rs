//! The score `endpoint_distance`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "endpoint_distance",
    title: "endpoint distance",
    meaning: "Distance of the decoded ends of the paths, which are reconstructions, from the nearest test image.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
