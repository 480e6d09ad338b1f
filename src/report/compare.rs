//! Variants side by side over seeds, and what can be said of their difference.
//!
//! One content, [`ScoreRow`]s, for every syntax. An arm is all that was measured of
//! one variant at one stage; arms are compared seed by seed, because variants of
//! one seed share initial weights and images. See `docs/comparing.md`.
//!
//! Knows nothing of pipelines, of the store and of how a comparison is written
//! down.

pub mod changes;
mod long;
mod settings;
pub mod statistics;
pub mod study;
pub mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use self::statistics::{Difference, Summary};
use acai_common::names::Name;
use acai_metric::score::{self, Direction};

/// What one variant scored at one stage.
#[derive(Clone, Debug)]
pub struct VariantScores {
    /// The stage.
    pub stage: Name,
    /// The variant; with its pipeline, where two pipelines mean different
    /// things by it.
    pub label: String,
    /// Whether the other arms of the stage are compared with it.
    pub is_baseline: bool,
    /// By seed, every seed once: the scores by name, none while they are missing.
    pub seeds: BTreeMap<u64, Option<Vec<(String, f64)>>>,
}

/// One score of one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreRow {
    /// The score's name.
    pub score: String,
    /// The stage.
    pub stage: Name,
    /// The arm's label.
    pub variant: String,
    /// Mean and spread over seeds; none if every seed is missing.
    pub summary: Option<Summary>,
    /// How it stands against the baseline; none for the baseline itself, and
    /// where the stage has none.
    pub against: Option<Comparison>,
    /// Seeds without a finite value.
    pub missing: Vec<u64>,
    /// Those of them that have a value which is no finite number.
    pub not_finite: Vec<u64>,
}

/// The comparison of one variant with another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// This arm − the other, over seeds that both have; none if there are none.
    pub difference: Option<Difference>,
    /// What that says.
    pub verdict: Verdict,
}

/// What an interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval is on the better side of zero.
    Better,
    /// The whole interval is on the worse side of zero.
    Worse,
    /// Zero is outside, and it is unknown which side is better.
    Differs,
    /// Zero is inside, or there is no interval.
    Inconclusive,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Differs => "differs",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl VariantScores {
    /// Whether nothing has been measured yet.
    fn is_empty(&self) -> bool {
        self.seeds.values().all(Option::is_none)
    }

    /// Every value of a score, by seed.
    fn values<'a>(&'a self, score: &'a str) -> impl Iterator<Item = (u64, f64)> + 'a {
        self.seeds.iter().filter_map(move |(&seed, scores)| {
            let mut scores = scores.as_ref()?.iter();
            Some((seed, scores.find(|(name, _)| name == score)?.1))
        })
    }

    /// Those that are numbers.
    fn finite(&self, score: &str) -> BTreeMap<u64, f64> {
        self.values(score).filter(|(_, value)| value.is_finite()).collect()
    }
}

/// The rows of all arms: stage by stage, score by score, arm by arm, each in the
/// order they came.
#[must_use]
pub fn rows(arms: &[VariantScores]) -> Vec<ScoreRow> {
    let mut seen = HashSet::new();
    let stages = arms.iter().map(|arm| &arm.stage).filter(|&stage| seen.insert(stage));
    let blocks = stages.map(|stage| {
        let arms: Vec<&VariantScores> = arms.iter().filter(|arm| arm.stage == *stage).collect();
        of_stage(&arms)
    });
    blocks.flatten().collect()
}

fn of_stage(arms: &[&VariantScores]) -> Vec<ScoreRow> {
    let baseline = arms.iter().find(|arm| arm.is_baseline);
    let mut seen = HashSet::new();
    let all = arms.iter().flat_map(|arm| arm.seeds.values().flatten().flatten());
    let scores = all.map(|(score, _)| score.as_str()).filter(|&score| seen.insert(score));
    let blocks = scores.map(|score| {
        let has = |arm: &&&VariantScores| arm.is_empty() || arm.values(score).next().is_some();
        let row = |arm: &&VariantScores| row(score, arm, baseline.copied());
        arms.iter().filter(has).map(row).collect::<Vec<_>>()
    });
    blocks.flatten().collect()
}

fn row(score: &str, arm: &VariantScores, baseline: Option<&VariantScores>) -> ScoreRow {
    let finite = arm.finite(score);
    let missing = arm.seeds.keys().filter(|seed| !finite.contains_key(seed));
    let strange = arm.values(score).filter(|(_, value)| !value.is_finite());
    ScoreRow {
        score: score.to_owned(),
        stage: arm.stage.clone(),
        variant: arm.label.clone(),
        summary: Summary::of(&finite.values().copied().collect::<Vec<_>>()),
        against: baseline.filter(|_| !arm.is_baseline).map(|other| against(score, other, arm)),
        missing: missing.copied().collect(),
        not_finite: strange.map(|(seed, _)| seed).collect(),
    }
}

/// How `arm` stands against `other` in a score.
#[must_use]
pub fn against(score: &str, other: &VariantScores, arm: &VariantScores) -> Comparison {
    let (first, second) = (other.finite(score), arm.finite(score));
    let pairs = first.iter().filter_map(|(seed, &value)| Some((value, *second.get(seed)?)));
    let difference = Difference::of(&pairs.collect::<Vec<_>>());
    let interval = difference.and_then(|difference| difference.interval);
    Comparison { difference, verdict: verdict(score::direction(score), interval) }
}

fn verdict(better: Option<Direction>, interval: Option<(f64, f64)>) -> Verdict {
    let moved = match interval {
        Some((_, high)) if high < 0.0 => Direction::LessIsBetter,
        Some((low, _)) if low > 0.0 => Direction::MoreIsBetter,
        _ => return Verdict::Inconclusive,
    };
    match better {
        None => Verdict::Differs,
        Some(better) if better == moved => Verdict::Better,
        Some(_) => Verdict::Worse,
    }
}
