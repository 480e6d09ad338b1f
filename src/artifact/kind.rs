//! The kinds of artifact, and which part of an artifact a dataset belongs to.
//!
//! Knows nothing of files or digests.

use std::{fmt, str::FromStr};

/// The kinds of artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Images and labels of both splits.
    Images,
    /// Trained nets.
    Model,
    /// Encoded images.
    Latents,
    /// A clustering.
    Clusters,
    /// Scores alone.
    Scores,
    /// Decoded paths between images.
    Interpolations,
    /// Latents laid out in two dimensions.
    Projection,
    /// Decoded draws.
    Samples,
}

/// A text that names no [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of artifact")]
pub struct UnknownKind(pub String);

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Images,
        Self::Model,
        Self::Latents,
        Self::Clusters,
        Self::Scores,
        Self::Interpolations,
        Self::Projection,
        Self::Samples,
    ];

    /// The name as written in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Images => "Images",
            Self::Model => "Model",
            Self::Latents => "Latents",
            Self::Clusters => "Clusters",
            Self::Scores => "Scores",
            Self::Interpolations => "Interpolations",
            Self::Projection => "Projection",
            Self::Samples => "Samples",
        }
    }

    /// The part that the dataset at `path` belongs to.
    ///
    /// Images and latents are divided by split, the last segment (`labels/train`
    /// → `train`); everything else, and scores and those of snapshots always, by
    /// the first (`encoder/0/weight` → `encoder`).
    #[must_use]
    pub fn part_of(self, path: &str) -> &str {
        let first = path.split('/').next().unwrap_or(path);
        let is_figure = matches!(first, "scores" | "snapshots");
        let by_split = matches!(self, Self::Images | Self::Latents) && !is_figure;
        if by_split { path.rsplit('/').next().unwrap_or(path) } else { first }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("Image".parse::<Kind>(), Err(UnknownKind("Image".to_owned())));
    }

    #[test]
    fn parts_follow_the_split_or_the_group() {
        assert_eq!(Kind::Images.part_of("labels/train"), "train");
        assert_eq!(Kind::Latents.part_of("latents/test"), "test");
        assert_eq!(Kind::Latents.part_of("scores/test_mse"), "scores");
        assert_eq!(Kind::Latents.part_of("snapshots/kimg"), "snapshots");
        assert_eq!(Kind::Model.part_of("encoder/0/weight"), "encoder");
        assert_eq!(Kind::Interpolations.part_of("pairs/smoothness"), "pairs");
    }
}
