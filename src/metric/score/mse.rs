//! The score `mse`.

use super::{Scale, Score};

pub(super) const SCORE: Score = Score {
    name: "mse",
    title: "training mse",
    meaning: "Squared error of the reconstruction per pixel value as training saw it, on damaged images where they are damaged, the mean over the last 1,024 steps; not comparable between variants.",
    direction: None,
    unit: Some("pixel values squared"),
    scale: Scale::Ratio,
};
