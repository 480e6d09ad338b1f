//! A chart of one score along training, as a file of its own.
//!
//! Knows nothing of where the points come from.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::CurvePoint;
use crate::chart::{Chart, ChartLine};
use acai_common::shown::markup;
use acai_metric::score::label;

/// Number of colours for variants.
const COLOURS: usize = 8;

/// A value that is drawn as a line across, such as a published one.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceLine {
    /// What it is called.
    pub name: String,
    /// The value.
    pub value: f64,
}

/// The chart of `score`: a line per variant, the mean of its seeds with a band from the
/// least to the greatest; none if no point is of that score.
#[must_use]
pub fn svg(points: &[CurvePoint], score: &str, references: &[ReferenceLine]) -> Option<String> {
    let points: Vec<&CurvePoint> = points.iter().filter(|point| point.score == score).collect();
    let mut variants: Vec<&str> = Vec::new();
    for point in &points {
        if !variants.contains(&point.variant.as_str()) {
            variants.push(&point.variant);
        }
    }
    let lines = variants.iter().enumerate().map(|(place, variant)| {
        let own = points.iter().copied().filter(|point| point.variant == *variant);
        line(variant, format!("v{}", place % COLOURS), own)
    });
    let kimgs = points.iter().map(|point| point.kimg);
    let end = kimgs.fold(0.0, f64::max);
    let references = references.iter().map(|ReferenceLine { name, value }| ChartLine {
        name: name.clone(),
        class: "ideal".to_owned(),
        points: vec![(0.0, *value), (end, *value)],
        band: Vec::new(),
    });
    let lines: Vec<ChartLine> = lines.chain(references).collect();
    let title = label(score);
    let chart = Chart {
        alt: format!("{title} over training"),
        unit: "kimg",
        lines,
        may_be_log: true,
        from_zero: false,
    };
    Some(markup(document(&title, &chart.draw()?).into_string()))
}

/// A variant's line.
fn line<'a>(
    variant: &str,
    class: String,
    points: impl Iterator<Item = &'a CurvePoint>,
) -> ChartLine {
    let mut at: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for point in points {
        // Bits of what is not negative have its order.
        at.entry(point.kimg.abs().to_bits()).or_default().push(point.value);
    }
    let entries = || at.iter().map(|(bits, values)| (f64::from_bits(*bits), values));
    let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let reach = |values: &Vec<f64>| {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        (least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    let has_band = at.values().any(|values| values.len() > 1);
    let band = entries().map(|(kimg, values)| {
        let (low, high) = reach(values);
        (kimg, low, high)
    });
    ChartLine {
        name: variant.to_owned(),
        class,
        points: entries().map(|(kimg, values)| (kimg, mean(values))).collect(),
        band: if has_band { band.collect() } else { Vec::new() },
    }
}

fn document(title: &str, chart: &Markup) -> Markup {
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 380 240" width="760" height="480" {
            title { (title) }
            style { (PreEscaped(include_str!("svg.css"))) }
            rect.paper width="380" height="240" {}
            text.title x="12" y="20" { (title) }
            g transform="translate(4 26)" {
                svg width="360" height="210" { (chart) }
            }
        }
        "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(variant: &str, seed: u64, kimg: f64, value: f64) -> CurvePoint {
        CurvePoint {
            stage: "paths".into(),
            variant: variant.into(),
            seed,
            kimg,
            score: "mean_distance".into(),
            value,
        }
    }

    #[test]
    fn seeds_become_a_mean_and_a_band_in_the_order_of_training() {
        let points = [
            point("a", 0, 128.0, 2.0),
            point("a", 0, 64.0, 4.0),
            point("a", 1, 64.0, 8.0),
            point("a", 1, 128.0, 4.0),
        ];
        let line = line("a", "v0".into(), points.iter());
        assert_eq!(line.points, [(64.0, 6.0), (128.0, 3.0)]);
        assert_eq!(line.band, [(64.0, 4.0, 8.0), (128.0, 2.0, 4.0)]);
    }

    #[test]
    fn a_chart_has_every_variant_and_reference_and_its_title() {
        let points = [point("plain", 0, 64.0, 0.02), point("<acai>", 0, 64.0, 0.001)];
        let reference = ReferenceLine { name: "paper".into(), value: 0.0002 };
        let drawn = svg(&points, "mean_distance", &[reference]).unwrap();
        for text in ["mean distance ↓", ">plain<", ">&lt;acai&gt;<", ">paper<", "xmlns="] {
            assert!(drawn.contains(text), "{text}");
        }
        assert!(svg(&points, "smoothness", &[]).is_none());
    }
}
