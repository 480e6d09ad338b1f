//! The paper's tables: a row for each dataset and size of latents, a column for each
//! autoencoder, a table for each thing that is measured.
//!
//! Knows nothing of statistics beyond a mean and a spread.

use std::collections::BTreeMap;

use super::{statistics::Summary, study::Side};
use crate::{Table, csv};
use acai_common::format::number;
use acai_metric::score::{self, Direction, label};
use acai_plan::{Instance, Plan};
use acai_stage::Params;

/// What the paper has tables of: the kind of stage, its score, and the table's title.
const MEASURES: &[(&str, &str, &str)] = &[
    ("Interpolate", "mean_distance", "Interpolation"),
    ("Interpolate", "smoothness", "Interpolation"),
    ("Interpolate", "nearest_distance", "Interpolation"),
    ("Encode", "reference_probe_accuracy", "Classification, beside training as in the paper"),
    ("Probe", "accuracy", "Classification, solved"),
    ("KMeans", "accuracy", "Clustering"),
    ("Encode", "test_mse", "Reconstruction"),
];

/// One of the paper's tables.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperTable {
    /// What it shows, such as `Clustering: accuracy ↑`.
    pub title: String,
    /// The variants, in the order of the pipelines.
    pub variants: Vec<String>,
    /// By rows: what was trained on and how long a latent is, and a summary over seeds
    /// for each variant that has one.
    pub rows: Vec<(String, Vec<Option<Summary>>)>,
    /// Which way is better.
    direction: Option<Direction>,
}

/// How the best value of a row is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    /// With a star behind it.
    Star,
    /// Bold.
    Bold,
}

/// The tables that some pipelines have values for.
#[must_use]
pub fn paper_tables(sides: &[Side<'_>]) -> Vec<PaperTable> {
    MEASURES.iter().filter_map(|&(kind, score, title)| table(sides, kind, score, title)).collect()
}

fn table(sides: &[Side<'_>], kind: &str, score: &str, title: &str) -> Option<PaperTable> {
    let mut variants: Vec<String> = Vec::new();
    let mut rows: Vec<(String, BTreeMap<usize, Vec<f64>>)> = Vec::new();
    for (instance, value, plan) in values(sides, kind, score) {
        let Some(variant) = &instance.name.variant else { continue };
        let variant = place(&mut variants, &variant.to_string());
        let name = row_name(plan, instance);
        let known = rows.iter().position(|(known, _)| *known == name);
        let row = known.unwrap_or_else(|| {
            rows.push((name, BTreeMap::new()));
            rows.len() - 1
        });
        rows[row].1.entry(variant).or_default().push(value);
    }
    let summaries = |values: &BTreeMap<usize, Vec<f64>>| -> Vec<Option<Summary>> {
        (0..variants.len()).map(|variant| Summary::of(values.get(&variant)?)).collect()
    };
    let rows: Vec<_> =
        rows.iter().map(|(name, values)| (name.clone(), summaries(values))).collect();
    (!rows.is_empty()).then(|| PaperTable {
        title: format!("{title}: {}", label(score)),
        direction: score::direction(score),
        variants: variants.clone(),
        rows,
    })
}

/// The finite values of a score, with their instances.
fn values<'a>(sides: &[Side<'a>], kind: &str, score: &str) -> Vec<(&'a Instance, f64, &'a Plan)> {
    let mut found = Vec::new();
    for side in sides {
        for (instance, status) in side.plan.instances.iter().zip(side.statuses) {
            let Some(record) = status.record.as_ref().filter(|_| instance.kind == kind) else {
                continue;
            };
            let value = record.scores.iter().find(|(name, _)| name == score);
            let value = value.map(|(_, value)| *value).filter(|value| value.is_finite());
            found.extend(value.map(|value| (instance, value, side.plan)));
        }
    }
    found
}

/// The place of `name`, which is added if it is new.
fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

/// `mnist, 32`: the dataset and the length of a latent.
fn row_name(plan: &Plan, instance: &Instance) -> String {
    let Some(model) = trained(plan, instance) else { return instance.name.stage.to_string() };
    let data = model.inputs.iter().find(|edge| edge.field == "data");
    let source = data.and_then(|edge| param(&plan.instances[edge.from].stage.params(), "source"));
    let source = source.unwrap_or_default().trim_matches('"').to_owned();
    let params = model.stage.params();
    let number = |name: &str| param(&params, name)?.parse::<usize>().ok();
    if param(&params, "autoencoder").as_deref() == Some("Identity") {
        return format!("{source}, pixels");
    }
    match (number("net.latent"), number("net.width")) {
        (Some(latent), Some(width)) => format!("{source}, {}", latent * width * width),
        _ => source,
    }
}

/// The training that an instance goes back to.
fn trained<'a>(plan: &'a Plan, instance: &'a Instance) -> Option<&'a Instance> {
    if instance.kind == "Train" {
        return Some(instance);
    }
    instance.inputs.iter().find_map(|edge| trained(plan, &plan.instances[edge.from]))
}

fn param(params: &Params, name: &str) -> Option<String> {
    Some(params.0.iter().find(|param| param.name == name)?.value.clone())
}

impl PaperTable {
    /// As a table for people, the best of each row marked.
    #[must_use]
    pub fn for_people(&self, emphasis: Emphasis) -> Table {
        let head = std::iter::once(&self.title).chain(&self.variants).cloned().collect();
        let rows = self.rows.iter().map(|(name, summaries)| {
            let best = self.best(summaries);
            let cells = summaries.iter().enumerate().map(|(at, summary)| match summary {
                Some(summary) if best == Some(at) => emphasis.mark(&cell(summary)),
                Some(summary) => cell(summary),
                None => "–".to_owned(),
            });
            std::iter::once(name.clone()).chain(cells).collect()
        });
        Table { head, rows: rows.collect(), text_columns: 1 }
    }

    /// The variant with the best mean of a row.
    fn best(&self, summaries: &[Option<Summary>]) -> Option<usize> {
        let means = summaries.iter().enumerate();
        let means = means.filter_map(|(at, summary)| Some((at, summary.as_ref()?.mean)));
        match self.direction? {
            Direction::LessIsBetter => means.min_by(|a, b| a.1.total_cmp(&b.1)),
            Direction::MoreIsBetter => means.max_by(|a, b| a.1.total_cmp(&b.1)),
        }
        .map(|(at, _)| at)
    }
}

/// All tables as comma-separated values, a line per value.
#[must_use]
pub fn csv(tables: &[PaperTable]) -> String {
    let head = ["table", "row", "variant", "n", "mean", "std"].map(str::to_owned).to_vec();
    let lines = tables.iter().flat_map(|table| {
        table.rows.iter().flat_map(move |(row, summaries)| {
            let there = table.variants.iter().zip(summaries);
            there.filter_map(move |(variant, summary)| {
                let Summary { n, mean, std, .. } = summary.as_ref()?;
                let std = std.map_or_else(String::new, |std| std.to_string());
                let figures = [n.to_string(), mean.to_string(), std];
                let names = [table.title.clone(), row.clone(), variant.clone()];
                Some(names.into_iter().chain(figures).collect())
            })
        })
    });
    csv::table(std::iter::once(head).chain(lines))
}

fn cell(summary: &Summary) -> String {
    let spread = summary.std.map_or_else(String::new, |std| format!(" ± {}", number(std)));
    format!("{}{spread}", number(summary.mean))
}

impl Emphasis {
    fn mark(self, text: &str) -> String {
        match self {
            Self::Star => format!("{text} *"),
            // Whoever draws the table makes it bold.
            Self::Bold => format!("{}{text}", crate::BOLD),
        }
    }
}
