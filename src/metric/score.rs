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
    /// On which scale two of its values are compared.
    pub scale: Scale,
}

/// On which scale two values of a score are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// By their difference: shares and counts.
    Difference,
    /// By their ratio, on the scale of logarithms: positive quantities, whose spread
    /// grows with their size.
    Ratio,
}

/// An end of the 95 % interval of a score that is a share of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The lower end, stored as `accuracy_low`.
    Low,
    /// The upper end, stored as `accuracy_high`.
    High,
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
    test_mse => TEST_MSE;
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
    reference_probe_accuracy => REFERENCE_PROBE_ACCURACY;
    accuracy => ACCURACY;
    cross_entropy => CROSS_ENTROPY;
    train_accuracy => TRAIN_ACCURACY;
    codes_in_use => CODES_IN_USE;
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

/// Under which name an end of the interval of `score` is stored.
#[must_use]
pub fn bound_name(score: &str, bound: Bound) -> String {
    format!("{score}{}", bound.suffix())
}

/// Whether `name` is that of an end of another score's interval, which tables show
/// with that score and not on its own.
#[must_use]
pub fn is_bound(name: &str) -> bool {
    [Bound::Low, Bound::High]
        .iter()
        .filter_map(|bound| name.strip_suffix(bound.suffix()))
        .any(|score| find(score).is_some_and(|score| score.unit == Some("share")))
}

/// On which scale values of the score stored as `name` are compared; by their
/// difference if that is unknown.
#[must_use]
pub fn scale(name: &str) -> Scale {
    find(name).map_or(Scale::Difference, |score| score.scale)
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

impl Bound {
    fn suffix(self) -> &'static str {
        match self {
            Self::Low => "_low",
            Self::High => "_high",
        }
    }
}

impl Scale {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Difference => "difference",
            Self::Ratio => "ratio",
        }
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
