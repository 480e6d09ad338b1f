//! The picture as SVG: one file that needs nothing else, for light and dark.
//!
//! A page that embeds it may set the colours: custom properties `--graph-…`,
//! listed in `style.css`. Knows nothing of HTML pages.

mod card;
mod frame;

use std::fmt::Write as _;

use self::{
    card::Card,
    frame::{MARGIN, foot, head},
};
use super::{
    Graph, Link,
    layout::{Edge, Layout, Point, layout},
};

const STYLE: &str = include_str!("style.css");

/// Length of an arrow's head.
const HEAD: f64 = 7.0;

/// Draws the picture.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let cards: Vec<Card<'_>> = graph.blocks.iter().map(Card::new).collect();
    let sizes: Vec<_> = cards.iter().map(Card::size).collect();
    let edges: Vec<Edge> = graph.links.iter().map(|link| edge(graph, link, &cards)).collect();
    let layout = layout(&sizes, &edges);
    let mut body = String::new();
    for (link, route) in graph.links.iter().zip(&layout.routes) {
        wire(graph, link, route, &mut body);
    }
    for (card, place) in cards.iter().zip(&layout.blocks) {
        card.draw(*place, &mut body);
    }
    whole(graph, &layout, &body)
}

fn edge(graph: &Graph, link: &Link, cards: &[Card<'_>]) -> Edge {
    let below = match link.row {
        Some(row) => cards[link.from].middle_of(row),
        None => cards[link.from].size().height / 2.0,
    };
    let label = graph.label(link).map_or(0.0, |text| width(text, 10.0));
    Edge { from: link.from, below, to: link.to, label }
}

fn whole(graph: &Graph, layout: &Layout, body: &str) -> String {
    let (head, below) = head(graph);
    let (foot, foot_size) = foot(graph);
    let across = layout.size.width.max(foot_size.width) + 2.0 * MARGIN;
    let foot_top = below + layout.size.height + MARGIN;
    let down = foot_top + foot_size.height + MARGIN;
    let (across, down) = (number(across), number(down));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"acai-graph\" role=\"img\" \
         aria-label=\"{label}\" viewBox=\"0 0 {across} {down}\" width=\"{across}\" \
         height=\"{down}\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{head}\
         <g transform=\"translate({MARGIN} {below})\">\n{body}</g>\n\
         <g transform=\"translate({MARGIN} {foot_top})\">\n{foot}</g>\n</svg>\n",
        label = escaped(&frame::label(graph)),
        below = number(below),
        foot_top = number(foot_top),
    )
}

/// An edge with its head and its label.
fn wire(graph: &Graph, link: &Link, route: &[Point], svg: &mut String) {
    let [.., end] = route else { return };
    let label = graph.label(link);
    // Along its label and its head an edge is level.
    let level = label.map_or(0.0, |text| width(text, 10.0) + 4.0) + HEAD;
    let (x, y) = (number(end.x), number(end.y));
    let (back, wing) = (number(end.x - HEAD), HEAD / 2.0);
    let (up, down) = (number(end.y - wing), number(end.y + wing));
    let _ = write!(
        svg,
        "<g class=\"wire\"><title>{}</title><path d=\"{}H{}\"/>\
         <polygon points=\"{back},{up} {x},{y} {back},{down}\"/>",
        escaped(&told(graph, link)),
        curve(route, level),
        number(end.x - HEAD + 1.0),
    );
    if let Some(label) = label {
        let (x, y) = (number(end.x - HEAD - 2.0), number(end.y - 4.0));
        let _ = write!(svg, "<text class=\"field\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(label));
    }
    svg.push_str("</g>\n");
}

/// The path of an edge, up to `level` before its end.
fn curve(route: &[Point], level: f64) -> String {
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

/// A text as it may stand in an element or in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Without digits that nobody sees.
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
