//! The score `endpoint_mse`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "endpoint_mse",
    title: "endpoint mse",
    meaning: "Squared error per pixel value of both decoded ends of a path, the mean over all paths.",
    direction: Some(Direction::LessIsBetter),
    unit: Some("pixel values squared"),
    scale: Scale::Ratio,
};
