//! The score `probe_accuracy`.

use super::{Direction, Score};

pub(super) const SCORE: Score = Score {
    name: "probe_accuracy",
    title: "probe accuracy",
    meaning: "Share of the test images that the probe trained beside the model classifies rightly.",
    direction: Some(Direction::MoreIsBetter),
    unit: Some("share"),
};
