//! Variants side by side over seeds, and what can be said of their difference.
//!
//! One content, [`ScoreRow`]s, for every syntax. Variants are compared stage by stage
//! and seed by seed, because variants of one seed share initial weights and images.
//! See `docs/comparing.md`.
//!
//! Knows nothing of pipelines, of the store and of how a comparison is written
//! down.

pub mod changes;
mod long;
pub mod paper;
mod settings;
pub mod statistics;
pub mod study;
pub mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use self::statistics::{Estimate, Summary, holm};
use acai_common::names::Name;
use acai_metric::score::{self, Bound, Direction, Scale, bound_name};

/// A corrected p-value below this decides.
const LEVEL: f64 = 0.05;

/// What one variant scored at one stage.
#[derive(Clone, Debug)]
pub struct VariantScores {
    /// The stage.
    pub stage: Name,
    /// The variant; with its pipeline, where two pipelines mean different
    /// things by it.
    pub label: String,
    /// Whether the other variants of the stage are compared with it.
    pub is_baseline: bool,
    /// By seed, every seed once: the scores by name, none while they are missing.
    pub seeds: BTreeMap<u64, Option<Vec<(String, f64)>>>,
}

/// What was decided before looking at any score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The stage and the score that the study is about, if the pipeline names them.
    pub primary: Option<(Name, String)>,
    /// Within how large a difference (or share of a ratio) variants count as
    /// equivalent, if that is asked.
    pub margin: Option<f64>,
}

impl Question {
    /// Whether a row is of the primary score.
    #[must_use]
    pub fn is_primary(&self, row: &ScoreRow) -> bool {
        let primary = self.primary.as_ref();
        primary.is_some_and(|(stage, score)| row.stage == *stage && row.score == *score)
    }
}

/// One score of one variant.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreRow {
    /// The score's name.
    pub score: String,
    /// The stage.
    pub stage: Name,
    /// The variant's label.
    pub variant: String,
    /// Mean and spread over seeds; none if every seed is missing.
    pub summary: Option<Summary>,
    /// For a share of images: its 95 % interval over them, by seed.
    pub image_intervals: BTreeMap<u64, (f64, f64)>,
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
    /// Whether the estimates are of differences, or of logarithms of ratios.
    pub scale: Scale,
    /// This variant against the other, over seeds that both have; none if there are
    /// none.
    pub paired: Option<Estimate>,
    /// The same from the two means alone; none if one is missing.
    pub welch: Option<Estimate>,
    /// The p-value of the paired estimate, corrected for how many comparisons are
    /// made; none where nothing is tested.
    pub p_value: Option<f64>,
    /// What that says.
    pub verdict: Verdict,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The variant is on the better side.
    Better,
    /// The variant is on the worse side.
    Worse,
    /// There is a difference, and it is unknown which side is better.
    Differs,
    /// The difference is within the margin that was asked for.
    Equivalent,
    /// These seeds do not decide.
    Inconclusive,
    /// The score is not comparable between variants.
    NotTested,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Differs => "differs",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
            Self::NotTested => "not tested",
        }
    }
}

impl Comparison {
    /// The difference or the ratio, whichever the scale is.
    #[must_use]
    pub fn effect(&self) -> Option<f64> {
        Some(self.shown(self.paired?.mean))
    }

    /// The 95 % interval of [`Comparison::effect`], by pairs.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        let (low, high) = self.paired?.interval()?;
        Some((self.shown(low), self.shown(high)))
    }

    /// The 95 % interval that does without pairs.
    #[must_use]
    pub fn welch_interval(&self) -> Option<(f64, f64)> {
        let (low, high) = self.welch?.interval()?;
        Some((self.shown(low), self.shown(high)))
    }

    fn shown(&self, estimate: f64) -> f64 {
        match self.scale {
            Scale::Difference => estimate,
            Scale::Ratio => libm::exp(estimate),
        }
    }
}

impl VariantScores {
    /// Whether nothing has been measured yet.
    fn is_empty(&self) -> bool {
        self.seeds.values().all(Option::is_none)
    }

    /// Every value of a score, by seed.
    fn values(&self, score: &str) -> impl Iterator<Item = (u64, f64)> {
        self.seeds.iter().filter_map(move |(&seed, scores)| {
            let mut scores = scores.as_ref()?.iter();
            Some((seed, scores.find(|(name, _)| name == score)?.1))
        })
    }

    /// Those that are numbers.
    fn finite(&self, score: &str) -> BTreeMap<u64, f64> {
        self.values(score).filter(|(_, value)| value.is_finite()).collect()
    }

    /// The intervals over images that were stored with a score, by seed.
    fn image_intervals(&self, score: &str) -> BTreeMap<u64, (f64, f64)> {
        let ends = [Bound::Low, Bound::High]
            .map(|bound| self.values(&bound_name(score, bound)).collect::<BTreeMap<u64, f64>>());
        let [low, high] = &ends;
        low.iter().filter_map(|(seed, &low)| Some((*seed, (low, *high.get(seed)?)))).collect()
    }
}

/// The rows of all variants: stage by stage, score by score, variant by variant, each
/// in the order they came.
#[must_use]
pub fn rows(variants: &[VariantScores], question: &Question) -> Vec<ScoreRow> {
    let mut seen = HashSet::new();
    let stages = variants.iter().map(|variant| &variant.stage).filter(|&stage| seen.insert(stage));
    let blocks = stages.map(|stage| {
        let variants = variants.iter().filter(|variant| variant.stage == *stage);
        of_stage(&variants.collect::<Vec<_>>())
    });
    let mut rows: Vec<ScoreRow> = blocks.flatten().collect();
    judge(&mut rows, question);
    rows
}

fn of_stage(variants: &[&VariantScores]) -> Vec<ScoreRow> {
    let baseline = variants.iter().find(|variant| variant.is_baseline);
    let mut seen = HashSet::new();
    let all = variants.iter().flat_map(|variant| variant.seeds.values().flatten().flatten());
    let names = all.map(|(score, _)| score.as_str());
    let scores = names.filter(|&score| !score::is_bound(score) && seen.insert(score));
    let blocks = scores.map(|score| {
        let has = |variant: &&&VariantScores| {
            variant.is_empty() || variant.values(score).next().is_some()
        };
        let row = |variant: &&VariantScores| row(score, variant, baseline.copied());
        variants.iter().filter(has).map(row).collect::<Vec<_>>()
    });
    blocks.flatten().collect()
}

fn row(score: &str, variant: &VariantScores, baseline: Option<&VariantScores>) -> ScoreRow {
    let finite = variant.finite(score);
    let missing = variant.seeds.keys().filter(|seed| !finite.contains_key(seed));
    let strange = variant.values(score).filter(|(_, value)| !value.is_finite());
    let other = baseline.filter(|_| !variant.is_baseline);
    ScoreRow {
        score: score.to_owned(),
        stage: variant.stage.clone(),
        variant: variant.label.clone(),
        summary: Summary::of(&finite.values().copied().collect::<Vec<_>>()),
        image_intervals: variant.image_intervals(score),
        against: other.map(|other| against(score, other, variant)),
        missing: missing.copied().collect(),
        not_finite: strange.map(|(seed, _)| seed).collect(),
    }
}

/// How `variant` stands against `other` in a score. What that says is for
/// [`judge`], which knows how many comparisons are made.
fn against(score: &str, other: &VariantScores, variant: &VariantScores) -> Comparison {
    let (mut first, mut second) = (other.finite(score), variant.finite(score));
    let are_positive = first.values().chain(second.values()).all(|&value| value > 0.0);
    let scale = if are_positive { score::scale(score) } else { Scale::Difference };
    if scale == Scale::Ratio {
        first.values_mut().chain(second.values_mut()).for_each(|value| *value = libm::log(*value));
    }
    let pairs = first.iter().filter_map(|(seed, &value)| Some((value, *second.get(seed)?)));
    let values = |of: &BTreeMap<u64, f64>| of.values().copied().collect::<Vec<_>>();
    Comparison {
        scale,
        paired: Estimate::paired(&pairs.collect::<Vec<_>>()),
        welch: Estimate::welch(&values(&first), &values(&second)),
        p_value: None,
        verdict: Verdict::NotTested,
    }
}

/// How the scores of `variant` stand against those of `other`, a variant of another
/// pipeline.
#[must_use]
pub fn moved(
    other: &VariantScores,
    variant: &VariantScores,
    question: &Question,
) -> Vec<[ScoreRow; 2]> {
    let both = [other, variant];
    let scores = of_stage(&both);
    let pairs = scores.chunk_by(|a, b| a.score == b.score).filter(|both| both.len() == 2);
    let mut seconds: Vec<ScoreRow> = pairs
        .clone()
        .map(|both| {
            let against = Some(against(&both[1].score, other, variant));
            ScoreRow { against, ..both[1].clone() }
        })
        .collect();
    judge(&mut seconds, question);
    pairs.zip(seconds).map(|(both, second)| [both[0].clone(), second]).collect()
}

/// Gives every comparison its corrected p-value and its verdict. The comparisons of
/// the primary score are corrected among themselves, all others together; scores that
/// are not comparable are not tested.
fn judge(rows: &mut [ScoreRow], question: &Question) {
    let (primary, others): (Vec<&mut ScoreRow>, Vec<&mut ScoreRow>) = rows
        .iter_mut()
        .filter(|row| is_comparable(&row.score))
        .partition(|row| question.is_primary(row));
    for family in [primary, others] {
        let mut family: Vec<(Option<Direction>, &mut Comparison)> = family
            .into_iter()
            .filter_map(|row| Some((score::direction(&row.score), row.against.as_mut()?)))
            .collect();
        let p_value = |comparison: &Comparison| comparison.paired?.p_value();
        let p_values: Vec<f64> =
            family.iter().filter_map(|(_, comparison)| p_value(comparison)).collect();
        let mut corrected = holm(&p_values).into_iter();
        for (direction, comparison) in &mut family {
            comparison.p_value = p_value(comparison).and_then(|_| corrected.next());
            comparison.verdict = verdict(*direction, comparison, question.margin);
        }
    }
}

/// Whether values of a score may be compared between variants: unless the table of
/// scores says that neither way is better.
fn is_comparable(score: &str) -> bool {
    score::find(score).is_none_or(|score| score.direction.is_some())
}

fn verdict(better: Option<Direction>, comparison: &Comparison, margin: Option<f64>) -> Verdict {
    if is_equivalent(comparison, margin) {
        return Verdict::Equivalent;
    }
    let is_decided = comparison.p_value.is_some_and(|p_value| p_value < LEVEL);
    let Some(paired) = comparison.paired.filter(|_| is_decided) else {
        return Verdict::Inconclusive;
    };
    let moved = if paired.mean < 0.0 { Direction::LessIsBetter } else { Direction::MoreIsBetter };
    match better {
        None => Verdict::Differs,
        Some(better) if better == moved => Verdict::Better,
        Some(_) => Verdict::Worse,
    }
}

/// Whether the difference is within ± `margin`, or the ratio within 1 + `margin` and
/// its reciprocal, by two one-sided tests.
fn is_equivalent(comparison: &Comparison, margin: Option<f64>) -> bool {
    let (Some(margin), Some(paired)) = (margin, comparison.paired) else { return false };
    let reach = match comparison.scale {
        Scale::Difference => margin,
        Scale::Ratio => libm::log1p(margin),
    };
    paired.equivalence_p_value((-reach, reach)).is_some_and(|p_value| p_value < LEVEL)
}
