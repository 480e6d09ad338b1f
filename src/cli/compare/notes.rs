//! What a comparison lacks, in words, and how to get it.
//!
//! Knows nothing of what the rest of it says.

use acai_common::text::some_of;
use acai_engine::status::{State, Status};
use acai_report::compare::{Question, ScoreRow, VariantScores};

/// The notes, a line each; none if nothing is missing. `runs` are what was compared and
/// the command that runs each.
pub(crate) fn lines<'a>(
    variants: &[VariantScores],
    rows: &[ScoreRow],
    question: &Question,
    runs: impl Iterator<Item = (String, &'a [Status])>,
) -> Vec<String> {
    let mut lines = missing(variants);
    if !lines.is_empty() {
        let is_open = |statuses: &[Status]| statuses.iter().any(|one| one.state != State::Cached);
        let open = runs.filter(|(_, statuses)| is_open(statuses));
        let commands = open.map(|(command, _)| format!("`{command}`"));
        lines.push(format!(
            "{} makes what is missing",
            commands.collect::<Vec<_>>().join(", then ")
        ));
    }
    lines.extend(rows.iter().filter(|row| !row.not_finite.is_empty()).map(not_finite));
    lines.extend(corrections(rows, question));
    lines
}

/// How many comparisons are corrected together, which p-values depend on; and the
/// primary score, where nothing has it.
fn corrections(rows: &[ScoreRow], question: &Question) -> Vec<String> {
    let tested = rows.iter().filter(|row| row.against.is_some_and(|one| one.p_value.is_some()));
    let (primary, others): (Vec<&ScoreRow>, Vec<&ScoreRow>) =
        tested.partition(|row| question.is_primary(row));
    let mut lines = Vec::new();
    if let Some((stage, score)) = &question.primary
        && !rows.is_empty()
        && !rows.iter().any(|row| question.is_primary(row))
    {
        lines.push(format!("the primary score, {score} of {stage}, is not there"));
    }
    if others.len() > 1 {
        let rest = match &question.primary {
            Some((stage, score)) => format!(
                "; those of the primary score, {score} of {stage}, over {} on their own",
                primary.len()
            ),
            None => "; a `primary` score in the pipeline would stand on its own".to_owned(),
        };
        let count = others.len();
        lines.push(format!(
            "p-values are corrected by Holm's method over {count} comparisons{rest}"
        ));
    }
    lines
}

/// Seeds that a variant lacks, and the stages where it does.
struct Gap<'a> {
    variant: &'a str,
    seeds: Vec<u64>,
    stages: Vec<&'a str>,
}

/// Stages where a variant lacks the same seeds share a line.
fn missing(variants: &[VariantScores]) -> Vec<String> {
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    for VariantScores { stage, label, seeds, .. } in variants {
        let seeds = seeds.iter().filter(|(_, scores)| scores.is_none());
        let seeds: Vec<u64> = seeds.map(|(&seed, _)| seed).collect();
        let alike = gaps.iter_mut().find(|gap| gap.variant == label && gap.seeds == seeds);
        match alike {
            _ if seeds.is_empty() => {}
            Some(gap) => gap.stages.push(stage.as_str()),
            None => gaps.push(Gap { variant: label, seeds, stages: vec![stage.as_str()] }),
        }
    }
    let line = |gap: &Gap<'_>| {
        let (seeds, stages) = (listed(&gap.seeds), some_of(&gap.stages));
        format!("missing: {}, {seeds}, at {stages}", gap.variant)
    };
    gaps.iter().map(line).collect()
}

fn not_finite(row: &ScoreRow) -> String {
    let ScoreRow { score, stage, variant, not_finite, .. } = row;
    let seeds = listed(not_finite);
    format!("not a finite number: {score} of {variant} at {stage}, {seeds}; counted as missing")
}

/// `seed 3`, `seeds 3, 4`.
fn listed(seeds: &[u64]) -> String {
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    format!("{word} {}", some_of(seeds))
}
