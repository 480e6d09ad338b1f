//! The score `pixel_smoothness`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "pixel_smoothness",
    title: "pixel smoothness",
    meaning: "The longest step between decoded neighbours as a share of the whole path, less the share on an even path.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
