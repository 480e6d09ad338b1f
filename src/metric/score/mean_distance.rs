//! The score `mean_distance`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "mean_distance",
    title: "mean distance",
    meaning: "Cosine distance of the decoded images from the nearest true line, the mean over all points of all paths.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
