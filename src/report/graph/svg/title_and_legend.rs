//! What stands around the blocks: the title, and the legend below.
//!
//! Knows nothing of blocks.

use maud::{Markup, html};

use super::{number, stage_box::mark, width};
use crate::graph::{
    Graph, STATES,
    layout::{GraphPoint, Size},
    summary,
};
use acai_engine::status::State;

/// Around everything.
pub(super) const MARGIN: f64 = 20.0;

/// Height of the title.
pub(super) const TITLE_HEIGHT: f64 = 54.0;

/// The picture in words, for those who cannot see it.
pub(super) fn label(graph: &Graph) -> String {
    format!("pipeline {}: {}: {}", graph.pipeline, counts(graph), summary(graph))
}

/// The title.
pub(super) fn title(graph: &Graph) -> Markup {
    html! {
        text.name x=(MARGIN) y="34" {
            (graph.pipeline)
            tspan.note dx="10" font-weight="400" { (counts(graph)) }
        }
    }
}

fn counts(graph: &Graph) -> String {
    let (stages, instances) = (graph.blocks.len(), graph.cells().count());
    let plural = |n: usize, word: &str| if n == 1 { word.to_owned() } else { format!("{word}s") };
    format!("{stages} {}, {instances} {}", plural(stages, "stage"), plural(instances, "instance"))
}

/// The legend: each state with its sign, its word, how many, and what it means.
pub(super) fn legend(graph: &Graph) -> (Markup, Size) {
    const SIDE: f64 = 18.0;
    const GAP: f64 = 18.0;
    let mut x = 0.0;
    let entry = |(state, word, meaning): (State, &str, &str)| {
        let what = format!("{} {word}", graph.count(state));
        let (left, text) = (x, x + SIDE + 7.0);
        x = text + width(&what, 12.0) + 6.0 + width(meaning, 11.0) + GAP;
        html! {
            g class=(word) {
                (mark(state, GraphPoint { x: left, y: 0.0 }, SIDE))
                text x=(number(text)) y="13.5" { (what) tspan.note dx="6" { (meaning) } }
            }
            "\n"
        }
    };
    let entries = STATES.map(entry);
    let legend = html! { @for entry in entries { (entry) } };
    (legend, Size { width: x - GAP, height: SIDE })
}
