//! Sweeps: scores against a number that alone differs between variants.
//!
//! Knows nothing of which numbers there are.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::report_data::{ReportData, VariantInstances};
use crate::{
    chart::{Chart, ChartLine, panel},
    compare::{ScoreRow, statistics::Summary},
};
use acai_artifact::Kind;
use acai_metric::score::{self, label};
use acai_stage::{Param, Params};

/// Fewer values of a number are no sweep.
const LEAST: usize = 3;

/// Variants that differ in one number.
#[derive(Clone, Debug, PartialEq)]
struct Sweep {
    /// The number's name, such as `regularizer.lambda`.
    param: String,
    /// Variants with their values of it, rising.
    values: VariantValues,
}

/// The sweeps of every family of models, a chart for each score.
pub(super) fn sections(found: ReportData<'_>, rows: &[ScoreRow]) -> Vec<(String, Markup)> {
    let families = found.families(Kind::Model).into_iter();
    families
        .filter_map(|(stage, members)| {
            let sweep = find(&params(found, &members))?;
            Some((stage.to_string(), section(&sweep, rows)))
        })
        .collect()
}

fn params(found: ReportData<'_>, members: &[VariantInstances<'_>]) -> Vec<(String, Params)> {
    let params = |member: &VariantInstances<'_>| {
        let place = *member.places.first()?;
        Some((member.label(), found.instance(place).stage.params()))
    };
    members.iter().filter_map(params).collect()
}

/// The longest sweep there is.
fn find(variants: &[(String, Params)]) -> Option<Sweep> {
    let names: BTreeSet<&str> = variants
        .iter()
        .flat_map(|(_, params)| &params.0)
        .map(|param| param.name.as_str())
        .collect();
    let sweeps = names.into_iter().filter_map(|name| of_param(variants, name));
    sweeps.max_by_key(|sweep| sweep.values.len())
}

/// All parameters of a variant but one, by name.
type OtherParams<'a> = Vec<(&'a str, &'a str)>;

/// Variants, each with its value of a number.
type VariantValues = Vec<(String, f64)>;

/// The most variants that differ in the number called `name` alone.
fn of_param(variants: &[(String, Params)], name: &str) -> Option<Sweep> {
    let mut groups: Vec<(OtherParams<'_>, VariantValues)> = Vec::new();
    for (variant, Params(params)) in variants {
        let Some(value) = params.iter().find(|param| param.name == name).and_then(number) else {
            continue;
        };
        let rest = params.iter().filter(|param| param.name != name);
        let rest: OtherParams<'_> =
            rest.map(|param| (param.name.as_str(), param.value.as_str())).collect();
        match groups.iter_mut().find(|(known, _)| *known == rest) {
            Some((_, values)) => values.push((variant.clone(), value)),
            None => groups.push((rest, vec![(variant.clone(), value)])),
        }
    }
    let (_, mut values) = groups.into_iter().max_by_key(|(_, values)| values.len())?;
    values.sort_by(|a, b| a.1.total_cmp(&b.1));
    (values.len() >= LEAST).then(|| Sweep { param: name.to_owned(), values })
}

fn number(param: &Param) -> Option<f64> {
    param.value.parse().ok().filter(|value: &f64| value.is_finite())
}

fn section(sweep: &Sweep, rows: &[ScoreRow]) -> Markup {
    let scores = rows.chunk_by(|a, b| (&a.stage, &a.score) == (&b.stage, &b.score));
    let comparable = scores
        .filter(|rows| score::find(&rows[0].score).is_some_and(|score| score.direction.is_some()));
    let charts: Vec<Markup> = comparable.filter_map(|rows| chart(sweep, rows)).collect();
    html! {
        p {
            "Each score against " code { (sweep.param) } ", all else equal: the mean of the seeds, \
             with a band from the least of them to the greatest. Dashed: the variant that the \
             others are compared with, where it is none of them."
        }
        div.panels { @for chart in charts { (chart) } }
    }
}

fn chart(sweep: &Sweep, rows: &[ScoreRow]) -> Option<Markup> {
    let summary = |variant: &str| rows.iter().find(|row| row.variant == variant)?.summary;
    let points = sweep.values.iter();
    let points: Vec<(f64, Summary)> =
        points.filter_map(|(variant, value)| Some((*value, summary(variant)?))).collect();
    let ends = (points.first()?.0, points.last()?.0);
    let baseline = rows.iter().find(|row| row.against.is_none());
    let baseline = baseline
        .filter(|row| sweep.values.iter().all(|(variant, _)| *variant != row.variant))
        .and_then(|row| {
            let mean = row.summary?.mean;
            Some(ChartLine {
                name: row.variant.clone(),
                class: "ideal".to_owned(),
                points: vec![(ends.0, mean), (ends.1, mean)],
                band: Vec::new(),
            })
        });
    let name = sweep.param.rsplit('.').next().unwrap_or_default();
    let line = ChartLine {
        name: String::new(),
        class: "v1".to_owned(),
        points: points.iter().map(|(x, summary)| (*x, summary.mean)).collect(),
        band: points.iter().map(|(x, summary)| (*x, summary.ends.0, summary.ends.1)).collect(),
    };
    let title = format!("{} {}", rows[0].stage, label(&rows[0].score));
    let lines = std::iter::once(line).chain(baseline).collect();
    let alt = format!("{title} against {name}");
    let chart = Chart { alt, unit: name, lines, may_be_log: false, from_zero: false };
    Some(panel(&title, "", &chart.draw()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(
        name: &str,
        regularizer: &str,
        lambda: Option<&str>,
        gamma: &str,
    ) -> (String, Params) {
        let params = Params::default()
            .required("kimg", &48_u64)
            .required("regularizer", &regularizer)
            .required("regularizer.gamma", &gamma.parse::<f64>().unwrap());
        let params = match lambda {
            Some(lambda) => params.required("regularizer.lambda", &lambda.parse::<f64>().unwrap()),
            None => params,
        };
        (name.to_owned(), params)
    }

    #[test]
    fn variants_that_differ_in_one_number_are_a_sweep() {
        let mut variants = vec![
            variant("plain", "None", None, "0.2"),
            variant("b", "Acai", Some("0.5"), "0.2"),
            variant("c", "Acai", Some("1"), "0.2"),
            variant("a", "Acai", Some("0.25"), "0.2"),
        ];
        let found = find(&variants).unwrap();
        let values = [("a", 0.25), ("b", 0.5), ("c", 1.0)].map(|(name, at)| (name.to_owned(), at));
        assert_eq!(found, Sweep { param: "regularizer.lambda".into(), values: values.to_vec() });
        variants[1] = variant("b", "Acai", Some("0.5"), "0.3");
        assert_eq!(find(&variants), None, "two of them are no sweep");
    }
}
