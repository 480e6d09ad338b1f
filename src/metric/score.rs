//! The scores: what each is called, what it means, and which way is better.
//!
//! Stages write scores through this table, and tables, pages and docs read it.
//! To add a score: one file in `score/` and one line in `scores!` below.

/// What is known of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Its name in artifacts, records and JSON, such as `mean_distance`.
    pub name: &'static str,
    /// Its name in tables, such as `mean distance`.
    pub title: &'static str,
    /// One sentence on what it is.
    pub meaning: &'static str,
    /// Which way is better, if either is.
    pub direction: Option<Direction>,
    /// What it counts, unless it is a plain number.
    pub unit: Option<&'static str>,
}

/// Which way a score is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less is better.
    LessIsBetter,
    /// More is better.
    MoreIsBetter,
}

/// The table of scores: the file and the constant of each.
macro_rules! scores {
    ($($file:ident => $constant:ident;)+) => {
        $(mod $file;)+

        $(
            #[doc = concat!("The score `", stringify!($file), "`.")]
            pub const $constant: Score = $file::SCORE;
        )+

        /// Every score.
        pub const SCORES: &[Score] = &[$($constant),+];

        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($file)),+];
    };
}

scores! {
    mse => MSE;
    mean_distance => MEAN_DISTANCE;
    smoothness => SMOOTHNESS;
    defined_smoothness => DEFINED_SMOOTHNESS;
    detour => DETOUR;
    undefined_pairs => UNDEFINED_PAIRS;
    endpoint_mse => ENDPOINT_MSE;
    pixel_smoothness => PIXEL_SMOOTHNESS;
    latent_smoothness => LATENT_SMOOTHNESS;
    nearest_distance => NEAREST_DISTANCE;
    endpoint_distance => ENDPOINT_DISTANCE;
    probe_accuracy => PROBE_ACCURACY;
    accuracy => ACCURACY;
    train_accuracy => TRAIN_ACCURACY;
    inertia => INERTIA;
    explained_variance => EXPLAINED_VARIANCE;
    kl_divergence => KL_DIVERGENCE;
}

/// The score stored as `name`; none if another program, or another version of
/// this one, wrote it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Score> {
    SCORES.iter().find(|score| score.name == name)
}

/// Which way the score stored as `name` is better; none if that is unknown.
#[must_use]
pub fn direction(name: &str) -> Option<Direction> {
    find(name)?.direction
}

/// What the score stored as `name` is called in tables, with an arrow the way
/// that is better. An unknown one is called by its name and has no arrow.
#[must_use]
pub fn label(name: &str) -> String {
    let title = find(name).map_or_else(|| name.replace('_', " "), |score| score.title.to_owned());
    match direction(name) {
        Some(direction) => format!("{title} {}", direction.arrow()),
        None => title,
    }
}

impl Direction {
    /// An arrow the way that is better.
    #[must_use]
    pub fn arrow(self) -> char {
        match self {
            Self::LessIsBetter => '↓',
            Self::MoreIsBetter => '↑',
        }
    }
}

#[cfg(test)]
mod tests;
