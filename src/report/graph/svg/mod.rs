//! The picture as SVG: one file that needs nothing else, for light and dark.
//!
//! A page that embeds it may set the colours: custom properties `--graph-…`,
//! listed in `style.css`. Knows nothing of HTML pages.

mod stage_box;
mod title_and_legend;

use std::fmt::Write as _;

use acai_common::shown::markup;
use maud::{Markup, PreEscaped, html};

use self::{
    stage_box::StageBox,
    title_and_legend::{MARGIN, TITLE_HEIGHT, legend, title},
};
use super::{
    Graph, Link,
    layout::{Edge, GraphLayout, GraphPoint, layout},
};

/// The styles of a picture, as they are in it.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Length of an arrow.
const ARROW: f64 = 7.0;

/// Draws the picture.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let boxes: Vec<StageBox<'_>> = graph.blocks.iter().map(StageBox::new).collect();
    let sizes: Vec<_> = boxes.iter().map(StageBox::size).collect();
    let edges: Vec<Edge> = graph.links.iter().map(|link| edge(graph, link, &boxes)).collect();
    let layout = layout(&sizes, &edges);
    let svg = whole(
        graph,
        &layout,
        &html! {
            @for (link, route) in graph.links.iter().zip(&layout.routes) {
                (wire(graph, link, route)) "\n"
            }
            @for (stage_box, place) in boxes.iter().zip(&layout.blocks) { (stage_box.draw(*place)) "\n" }
        },
    );
    markup(svg.into_string())
}

fn edge(graph: &Graph, link: &Link, boxes: &[StageBox<'_>]) -> Edge {
    let below = match link.row {
        Some(row) => boxes[link.from].middle_of(row),
        None => boxes[link.from].size().height / 2.0,
    };
    let label = graph.label(link).map_or(0.0, |text| width(text, 10.0));
    Edge { from: link.from, below, to: link.to, label }
}

fn whole(graph: &Graph, layout: &GraphLayout, body: &Markup) -> Markup {
    let (legend, legend_size) = legend(graph);
    let across = number(layout.size.width.max(legend_size.width) + 2.0 * MARGIN);
    let legend_top = TITLE_HEIGHT + layout.size.height + MARGIN;
    let down = number(legend_top + legend_size.height + MARGIN);
    html! {
        svg
            xmlns="http://www.w3.org/2000/svg"
            class="acai-graph"
            role="img"
            aria-label=(title_and_legend::label(graph))
            viewBox={ "0 0 " (across) " " (down) }
            width=(across)
            height=(down)
        {
            "\n"
            style { (PreEscaped(STYLE)) }
            "\n"
            rect.paper width="100%" height="100%" {}
            "\n"
            (title(graph))
            "\n"
            g transform={ "translate(" (MARGIN) " " (number(TITLE_HEIGHT)) ")" } { "\n" (body) }
            "\n"
            g transform={ "translate(" (MARGIN) " " (number(legend_top)) ")" } { (legend) }
            "\n"
        }
        "\n"
    }
}

/// An edge with its arrow and its label.
fn wire(graph: &Graph, link: &Link, route: &[GraphPoint]) -> Markup {
    let [.., end] = route else { return html! {} };
    let label = graph.label(link);
    // Along its label and its arrow an edge is level.
    let level = label.map_or(0.0, |text| width(text, 10.0) + 4.0) + ARROW;
    let (x, y) = (number(end.x), number(end.y));
    let (back, wing) = (number(end.x - ARROW), ARROW / 2.0);
    let (up, down) = (number(end.y - wing), number(end.y + wing));
    html! {
        g.wire {
            title { (told(graph, link)) }
            path d={ (curve(route, level)) "H" (number(end.x - ARROW + 1.0)) } {}
            polygon points={ (back) "," (up) " " (x) "," (y) " " (back) "," (down) } {}
            @if let Some(label) = label {
                text.field x=(number(end.x - ARROW - 2.0)) y=(number(end.y - 4.0)) { (label) }
            }
        }
    }
}

/// The path of an edge, up to `level` before its end.
fn curve(route: &[GraphPoint], level: f64) -> String {
    let mut path = format!("M{} {}", number(route[0].x), number(route[0].y));
    for (place, pair) in route.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        let x = if place + 2 == route.len() { to.x - level } else { to.x };
        if place % 2 == 0 || (from.y - to.y).abs() < 0.05 {
            let _ = write!(path, "L{} {}", number(x), number(to.y));
        } else {
            let half = number(f64::midpoint(from.x, x));
            let (a, b) = (number(from.y), number(to.y));
            let _ = write!(path, "C{half} {a} {half} {b} {} {b}", number(x));
        }
    }
    path
}

/// `latents.model reads models/acai`.
fn told(graph: &Graph, link: &Link) -> String {
    let source = &graph.blocks[link.from];
    let variant = link.row.and_then(|row| source.rows[row].variant.as_ref());
    let variant = variant.map_or(String::new(), |variant| format!("/{variant}"));
    format!("{}.{} reads {}{variant}", graph.blocks[link.to].stage, link.field, source.stage)
}

/// A coordinate to a tenth, which is finer than a pixel.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// About how wide a text is in the widest of common sans-serif fonts.
fn width(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' | '|' | ' ' => 0.34,
        'f' | 'r' | 't' | '-' | '/' | '(' | ')' => 0.43,
        'm' | 'w' | 'M' | 'W' => 0.96,
        c if c.is_ascii_uppercase() => 0.74,
        _ => 0.63,
    };
    text.chars().map(of).sum::<f64>() * size
}
