//! What stands around the blocks: the title, and the legend below.
//!
//! Knows nothing of blocks.

use std::fmt::Write as _;

use super::{card::mark, escaped, number, width};
use crate::graph::{
    Graph, STATES,
    layout::{Point, Size},
    summary,
};

/// Around everything.
pub(super) const MARGIN: f64 = 20.0;

/// The picture in words, for those who cannot see it.
pub(super) fn label(graph: &Graph) -> String {
    format!("pipeline {}: {}: {}", graph.pipeline, counts(graph), summary(graph))
}

/// The title, and how far down it reaches.
pub(super) fn head(graph: &Graph) -> (String, f64) {
    let name = escaped(graph.pipeline.as_str());
    let text = format!(
        "<text class=\"name\" x=\"{MARGIN}\" y=\"34\">{name}\
         <tspan class=\"note\" dx=\"10\" font-weight=\"400\">{}</tspan></text>\n",
        counts(graph)
    );
    (text, 54.0)
}

fn counts(graph: &Graph) -> String {
    let (stages, instances) = (graph.blocks.len(), graph.cells().count());
    let plural = |n: usize, word: &str| if n == 1 { word.to_owned() } else { format!("{word}s") };
    format!("{stages} {}, {instances} {}", plural(stages, "stage"), plural(instances, "instance"))
}

/// The legend: each state with its sign, its word, how many, and what it means.
pub(super) fn foot(graph: &Graph) -> (String, Size) {
    const SIDE: f64 = 18.0;
    let mut text = String::new();
    let mut x = 0.0;
    for (state, word, meaning) in STATES {
        let count = graph.count(state);
        let _ = write!(text, "<g class=\"{word}\">");
        mark(state, Point { x, y: 0.0 }, SIDE, &mut text);
        x += SIDE + 7.0;
        let what = format!("{count} {word}");
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"13.5\">{what}<tspan class=\"note\" dx=\"6\">{meaning}</tspan>\
             </text></g>",
            number(x)
        );
        x += width(&what, 12.0) + 6.0 + width(meaning, 11.0) + 18.0;
    }
    (text, Size { width: x - 18.0, height: SIDE })
}
