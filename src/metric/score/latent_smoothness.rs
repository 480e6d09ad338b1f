//! The score `latent_smoothness`.

use super::{Direction, Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "latent_smoothness",
    title: "latent smoothness",
    meaning: "The longest step between the codes of decoded neighbours as a share of the whole path, less the share on an even path.",
    direction: Some(Direction::LessIsBetter),
    unit: None,
    scale: Scale::Ratio,
};
