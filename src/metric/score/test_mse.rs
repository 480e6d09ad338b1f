//! The score `test_mse`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "test_mse",
    title: "test mse",
    meaning: "Squared error per pixel value of the test images encoded and decoded with nothing added: no noise, no dropout, a VAE's mean code.",
    direction: Some(Direction::LessIsBetter),
    unit: Some("pixel values squared"),
    scale: Scale::Ratio,
};
