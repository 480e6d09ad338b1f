//! The picture for Mermaid, as Markdown pages draw it: a subgraph per stage.
//!
//! Knows nothing of where things go; Mermaid does that.

use std::fmt::Write as _;

use super::{Graph, Link, STATES, StageBlock, word};
use acai_common::{
    names::Name,
    shown::{Mermaid, Shown},
};
use acai_engine::status::State;

const STAGE: &str = "fill:#f7f8fa,stroke:#c3c9d2,color:#1c2127";

const LOOKS: &str = "  classDef cached fill:#dcecf7,stroke:#0072b2,color:#1c2127
  classDef run fill:#ffa94d,stroke:#8a3b00,stroke-width:3px,color:#1c2127
  classDef maybe fill:#fff8d6,stroke:#75600a,stroke-dasharray:4 3,color:#1c2127
";

/// Writes the picture.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let title = quoted(graph.pipeline.as_str());
    let mut text = format!("---\ntitle: {title}\n---\nflowchart LR\n");
    for (place, block) in graph.blocks.iter().enumerate() {
        subgraph(place, block, &mut text);
    }
    for link in &graph.links {
        edge(graph, link, &mut text);
    }
    text.push_str("  subgraph legend\n    direction LR\n");
    for (state, word, meaning) in STATES {
        let label = quoted(&format!("{word}: {meaning}"));
        let _ = writeln!(text, "    legend_{word}{}", node(state, &label));
    }
    let _ = writeln!(text, "  end\n  style legend {STAGE}");
    let last = graph.blocks.len() - 1;
    let _ = writeln!(text, "  {} ~~~ legend", whole(graph, last));
    text.push_str(LOOKS);
    text
}

/// Numbers stand for names, which Mermaid might take for words of its own.
fn id(block: usize, row: usize, cell: usize) -> String {
    format!("n{block}_{row}_{cell}")
}

fn whole(graph: &Graph, place: usize) -> String {
    if graph.blocks[place].is_family() { format!("s{place}") } else { id(place, 0, 0) }
}

fn subgraph(place: usize, block: &StageBlock, text: &mut String) {
    let StageBlock { stage, kind, rows } = block;
    let title = quoted(&format!("{stage} ({kind})"));
    if !block.is_family() {
        let _ = writeln!(text, "  {}{}", id(place, 0, 0), node(rows[0].cells[0].state, &title));
        return;
    }
    let _ = writeln!(text, "  subgraph s{place} [{title}]\n    direction LR");
    for (number, row) in rows.iter().enumerate() {
        for (column, cell) in row.cells.iter().enumerate() {
            let prefix = format!("{stage}/");
            let label = quoted(cell.instance.strip_prefix(&prefix).unwrap_or(&cell.instance));
            let _ = writeln!(text, "    {}{}", id(place, number, column), node(cell.state, &label));
        }
        if row.cells.len() > 1 {
            let ids: Vec<String> =
                (0..row.cells.len()).map(|column| id(place, number, column)).collect();
            let _ = writeln!(text, "    {}", ids.join(" ~~~ "));
        }
    }
    let _ = writeln!(text, "  end\n  style s{place} {STAGE}");
}

/// Edges join whole stages, for one that ends at an instance makes Mermaid lay
/// its stage out anew; the variant that is read is said beside it.
fn edge(graph: &Graph, link: &Link, text: &mut String) {
    let variant = link.row.and_then(|row| graph.blocks[link.from].rows[row].variant.as_ref());
    let said = graph.label(link).into_iter().chain(variant.map(Name::as_str));
    let said: Vec<&str> = said.collect();
    let label =
        if said.is_empty() { String::new() } else { format!("|{}|", quoted(&said.join(" "))) };
    let _ = writeln!(text, "  {} -->{label} {}", whole(graph, link.from), whole(graph, link.to));
}

/// A state shows in shape and border as well as in colour.
fn node(state: State, label: &str) -> String {
    let (open, close) = match state {
        State::Cached | State::Copied => ("([", "])"),
        State::Run | State::Fetched => ("[", "]"),
        State::Maybe => ("{{", "}}"),
    };
    format!("{open}{label}{close}:::{}", word(state))
}

/// A text as Mermaid reads it back.
pub(super) fn quoted(text: &str) -> String {
    Shown::<Mermaid>::new(text).into()
}
