//! The score `mse`.

use super::{Direction, Score};

pub(super) const SCORE: Score = Score {
    name: "mse",
    title: "mse",
    meaning: "Squared error of the reconstruction per pixel value, the mean over the last 1,024 steps of training.",
    direction: Some(Direction::LessIsBetter),
    unit: Some("pixel values squared"),
};
