//! The score `inertia`.

use super::{Direction, Score};

pub(super) const SCORE: Score = Score {
    name: "inertia",
    title: "inertia",
    meaning: "Sum of the squared distances of the (whitened) latents from the centre of their cluster.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
};
