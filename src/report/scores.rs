//! The score table of a pipeline: a row per stage and score, a column per
//! variant, seeds summed up as mean ± standard deviation.
//!
//! Knows nothing of how scores are computed.

use std::collections::{HashMap, HashSet};

use super::{Table, compare::statistics::Summary};
use acai_common::{
    format::number,
    names::{InstanceName, Name},
};
use acai_metric::score::{is_bound, label};

/// More variants than this become lines and not columns: a table that is
/// wider than a screen is not read.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// The scores of one instance.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Which instance.
    pub instance: InstanceName,
    /// By name.
    pub scores: Vec<(String, f64)>,
}

/// The content of the score table, a column per variant; a line per variant
/// where they are too many to stand side by side. None if there are no scores.
#[must_use]
pub fn table(scored: &[Scored]) -> Option<Table> {
    let grid = ScoreGrid::new(scored);
    let table = if grid.variants.len() > SIDE_BY_SIDE { grid.long() } else { grid.wide() };
    (!table.rows.is_empty()).then_some(table)
}

/// A stage and a score of it.
type ScoreLine<'a> = (&'a Name, &'a str);

/// All values by stage, score and variant, each in the order they came.
#[derive(Default)]
struct ScoreGrid<'a> {
    lines: Vec<ScoreLine<'a>>,
    variants: Vec<Option<&'a Name>>,
    values: HashMap<(&'a Name, &'a str, Option<&'a Name>), Vec<f64>>,
}

impl<'a> ScoreGrid<'a> {
    fn new(scored: &'a [Scored]) -> Self {
        let mut grid = Self::default();
        let (mut seen_lines, mut seen_variants) = (HashSet::new(), HashSet::new());
        for Scored { instance, scores } in scored {
            let (stage, variant) = (&instance.stage, instance.variant.as_ref());
            for (score, value) in scores.iter().filter(|(score, _)| !is_bound(score)) {
                let line = (stage, score.as_str());
                if seen_lines.insert(line) {
                    grid.lines.push(line);
                }
                if seen_variants.insert(variant) {
                    grid.variants.push(variant);
                }
                grid.values.entry((stage, score, variant)).or_default().push(*value);
            }
        }
        grid
    }

    fn wide(&self) -> Table {
        let rows = self.lines().map(|([stage, score], line)| {
            let cells = self.variants.iter().map(|&variant| cell(self.values(line, variant)));
            [stage, score].into_iter().chain(cells).collect()
        });
        let variants = self.variants.iter().map(|&variant| title(variant));
        let head = ["stage", "score"].map(str::to_owned).into_iter().chain(variants);
        Table { rows: rows.collect(), head: head.collect(), text_columns: 2 }
    }

    fn long(&self) -> Table {
        let rows = self.lines().flat_map(|([stage, score], line)| {
            let there =
                self.variants.iter().map(move |&variant| (variant, self.values(line, variant)));
            let there = there.filter(|(_, values)| !values.is_empty());
            let rest = || [String::new(), String::new()];
            let names = std::iter::once([stage, score]).chain(std::iter::repeat_with(rest));
            there.zip(names).map(|((variant, values), [stage, score])| {
                vec![stage, score, title(variant), cell(values)]
            })
        });
        let head = ["stage", "score", "variant", "value"].map(str::to_owned).to_vec();
        Table { rows: rows.collect(), head, text_columns: 3 }
    }

    /// Each line with what it is called; a stage is named once.
    fn lines(&self) -> impl Iterator<Item = ([String; 2], ScoreLine<'a>)> {
        let before = std::iter::once(None).chain(self.lines.iter().map(|(stage, _)| Some(*stage)));
        self.lines.iter().zip(before).map(|(&(stage, score), before)| {
            let shown = if before == Some(stage) { String::new() } else { stage.to_string() };
            ([shown, label(score)], (stage, score))
        })
    }

    fn values(&self, (stage, score): ScoreLine<'a>, variant: Option<&'a Name>) -> &[f64] {
        self.values.get(&(stage, score, variant)).map_or(&[], Vec::as_slice)
    }
}

fn title(variant: Option<&Name>) -> String {
    variant.map_or_else(|| "all".to_owned(), Name::to_string)
}

/// One value, or mean ± sample standard deviation over seeds.
fn cell(values: &[f64]) -> String {
    match Summary::of(values) {
        None => "–".to_owned(),
        Some(Summary { mean, std: None, .. }) => number(mean),
        Some(summary) => spread(&summary),
    }
}

/// ` [0.9331, 0.9426]`.
pub(super) fn bracketed((low, high): (f64, f64)) -> String {
    format!(" [{}, {}]", number(low), number(high))
}

/// Mean ± sample standard deviation, and how many they are of.
pub(super) fn spread(summary: &Summary) -> String {
    let Summary { n, mean, std, .. } = summary;
    let std = std.map_or_else(String::new, |std| format!(" ± {}", number(std)));
    format!("{}{std} (n={n})", number(*mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::draw;

    fn scored(stage: &str, variant: Option<&str>, seed: u64, scores: &[(&str, f64)]) -> Scored {
        Scored {
            instance: InstanceName {
                stage: stage.parse().unwrap(),
                variant: variant.map(|name| name.parse().unwrap()),
                seed: Some(seed),
            },
            scores: scores.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    #[test]
    fn variants_stand_side_by_side() {
        let table = table(&[
            scored("lines", None, 0, &[]),
            scored("models", Some("baseline"), 0, &[("test_mse", 0.01)]),
            scored("models", Some("acai"), 0, &[("test_mse", 0.012)]),
            scored("paths", Some("baseline"), 0, &[("mean_distance", 0.0047), ("smoothness", 0.3)]),
            scored(
                "paths",
                Some("acai"),
                0,
                &[("mean_distance", 0.0006), ("smoothness", f64::NAN)],
            ),
        ]);
        let drawn = draw(&table.unwrap());
        let lines = [
            " stage    score             baseline           acai",
            "────────────────────────────────────────────────────",
            " models   test mse ↓         0.01000        0.01200",
            " paths    mean distance ↓   0.004700      0.0006000",
            "          smoothness ↓        0.3000   not a number",
        ];
        assert_eq!(drawn.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn seeds_are_summed_up() {
        let three = [1.0, 2.0, 3.0].iter().zip(0..);
        let three: Vec<Scored> = three
            .map(|(&value, seed)| scored("paths", Some("acai"), seed, &[("smoothness", value)]))
            .collect();
        assert_eq!(table(&three).unwrap().rows[0][2], "2.000 ± 1.000 (n=3)");
    }

    #[test]
    fn many_variants_stand_below_each_other() {
        let names: Vec<String> = (0..9).map(|place| format!("v{place}")).collect();
        let models = names.iter().map(|name| scored("models", Some(name), 0, &[("test_mse", 0.5)]));
        let paths =
            scored("paths", Some("v8"), 0, &[("mean_distance", 0.25), ("smoothness", 0.125)]);
        let eight: Vec<Scored> = models.clone().take(8).collect();
        assert_eq!(table(&eight).unwrap().head.len(), 10);
        let drawn = draw(&table(&models.chain([paths]).collect::<Vec<_>>()).unwrap());
        let lines: Vec<&str> = drawn.lines().collect();
        let first = [
            " stage    score             variant    value",
            "─────────────────────────────────────────────",
            " models   test mse ↓        v0        0.5000",
            "                            v1        0.5000",
        ];
        assert_eq!(lines[..4], first);
        let last = [
            "                            v8        0.5000",
            " paths    mean distance ↓   v8        0.2500",
            "          smoothness ↓      v8        0.1250",
        ];
        assert_eq!(lines[10..], last);
    }

    #[test]
    fn the_ends_of_intervals_are_no_scores() {
        let ends = [("accuracy", 0.9), ("accuracy_high", 0.92), ("accuracy_low", 0.88)];
        let rows = table(&[scored("probe", Some("acai"), 0, &ends)]).unwrap().rows;
        assert_eq!(rows, [["probe", "accuracy ↑", "0.9000"].map(str::to_owned)]);
    }

    #[test]
    fn no_scores_no_table() {
        assert_eq!(table(&[scored("lines", None, 0, &[])]), None);
    }
}
