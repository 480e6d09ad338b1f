//! The picture as SVG: one file that needs nothing else, for light and dark.
//!
//! A page that embeds it may set the colours: custom properties `--graph-…`,
//! listed in `style.css`. Knows nothing of HTML pages.

mod card;
mod frame;

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use self::{
    card::Card,
    frame::{HEAD_HEIGHT, MARGIN, foot, head},
};
use super::{
    Graph, Link,
    layout::{Edge, Layout, Point, layout},
};

const STYLE: &str = include_str!("style.css");

/// Length of an arrow.
const ARROW: f64 = 7.0;

/// Draws the picture.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let cards: Vec<Card<'_>> = graph.blocks.iter().map(Card::new).collect();
    let sizes: Vec<_> = cards.iter().map(Card::size).collect();
    let edges: Vec<Edge> = graph.links.iter().map(|link| edge(graph, link, &cards)).collect();
    let layout = layout(&sizes, &edges);
    let svg = whole(
        graph,
        &layout,
        &html! {
            @for (link, route) in graph.links.iter().zip(&layout.routes) {
                (wire(graph, link, route)) "\n"
            }
            @for (card, place) in cards.iter().zip(&layout.blocks) { (card.draw(*place)) "\n" }
        },
    );
    svg.into_string()
}

fn edge(graph: &Graph, link: &Link, cards: &[Card<'_>]) -> Edge {
    let below = match link.row {
        Some(row) => cards[link.from].middle_of(row),
        None => cards[link.from].size().height / 2.0,
    };
    let label = graph.label(link).map_or(0.0, |text| width(text, 10.0));
    Edge { from: link.from, below, to: link.to, label }
}

fn whole(graph: &Graph, layout: &Layout, body: &Markup) -> Markup {
    let (foot, foot_size) = foot(graph);
    let across = number(layout.size.width.max(foot_size.width) + 2.0 * MARGIN);
    let foot_top = HEAD_HEIGHT + layout.size.height + MARGIN;
    let down = number(foot_top + foot_size.height + MARGIN);
    html! {
        svg
            xmlns="http://www.w3.org/2000/svg"
            class="acai-graph"
            role="img"
            aria-label=(frame::label(graph))
            viewBox={ "0 0 " (across) " " (down) }
            width=(across)
            height=(down)
        {
            "\n"
            style { (PreEscaped(STYLE)) }
            "\n"
            rect.paper width="100%" height="100%" {}
            "\n"
            (head(graph))
            "\n"
            g transform={ "translate(" (MARGIN) " " (number(HEAD_HEIGHT)) ")" } { "\n" (body) }
            "\n"
            g transform={ "translate(" (MARGIN) " " (number(foot_top)) ")" } { (foot) }
            "\n"
        }
        "\n"
    }
}

/// An edge with its arrow and its label.
fn wire(graph: &Graph, link: &Link, route: &[Point]) -> Markup {
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
