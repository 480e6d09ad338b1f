//! The picture for Graphviz: a cluster per stage.
//!
//! An edge from cluster to cluster stands for those between their instances.
//! Knows nothing of where things go; Graphviz does that.

use std::fmt::Write as _;

use super::{Graph, Link, STATES, StageBlock, VariantRow, summary, word};
use acai_common::shown::{Dot, Shown};
use acai_engine::status::State;

const HEAD: &str = r##"  rankdir=LR; compound=true; nodesep=0.12; ranksep=0.35;
  fontname="Helvetica"; labelloc=t; fontsize=14;
  node [fontname="Helvetica", fontsize=10, height=0.28, margin="0.08,0.03", style=filled];
  edge [color="#6d7784", arrowsize=0.7, fontname="Helvetica", fontsize=9, fontcolor="#5b6470"];
"##;

/// Writes the picture; `dot -Tpng` draws it.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let title = format!("{}: {}", graph.pipeline, summary(graph));
    let mut text = format!("digraph {} {{\n{HEAD}", quoted(graph.pipeline.as_str()));
    let _ = writeln!(text, "  label={};\n", quoted(&title));
    for block in &graph.blocks {
        cluster(block, &mut text);
    }
    text.push('\n');
    for link in &graph.links {
        edge(graph, link, &mut text);
    }
    legend(&mut text);
    text.push_str("}\n");
    text
}

fn cluster(block: &StageBlock, text: &mut String) {
    let StageBlock { stage, kind, rows } = block;
    if !block.is_family() {
        let cell = &rows[0].cells[0];
        let label = format!("{stage} ({kind})");
        let _ = writeln!(
            text,
            "  {} [label={}, {}];",
            quoted(&cell.instance),
            quoted(&label),
            look(cell.state)
        );
        return;
    }
    let (id, label) = (quoted(&format!("cluster_{stage}")), quoted(&format!("{stage} ({kind})")));
    let _ = writeln!(
        text,
        "  subgraph {id} {{\n    label={label}; style=rounded; color=\"#c3c9d2\"; fontsize=12;"
    );
    for row in rows {
        for cell in &row.cells {
            let prefix = format!("{stage}/");
            let label = cell.instance.strip_prefix(&prefix).unwrap_or(&cell.instance);
            let (id, label) = (quoted(&cell.instance), quoted(label));
            let _ = writeln!(text, "    {id} [label={label}, {}];", look(cell.state));
        }
    }
    grid(rows, text);
    text.push_str("  }\n");
}

/// Rows side by side: what has the same place in its row has the same rank.
fn grid(rows: &[VariantRow], text: &mut String) {
    for row in rows.iter().filter(|row| row.cells.len() > 1) {
        let names: Vec<String> = row.cells.iter().map(|cell| quoted(&cell.instance)).collect();
        let _ = writeln!(text, "    {} [style=invis, weight=100];", names.join(" -> "));
    }
    let across = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    for column in (0..across).filter(|_| rows.len() > 1) {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        let names: Vec<String> = cells.map(|cell| quoted(&cell.instance)).collect();
        let _ = writeln!(text, "    {{rank=same; {};}}", names.join("; "));
    }
}

/// From the last instance of the row that is read, or of the middle one, to the
/// first of the reader's middle row.
fn edge(graph: &Graph, link: &Link, text: &mut String) {
    let (from, to) = (&graph.blocks[link.from], &graph.blocks[link.to]);
    let middle = |block: &StageBlock| (block.rows.len() - 1) / 2;
    let source = &from.rows[link.row.unwrap_or(middle(from))].cells;
    let tail = &source[source.len() - 1].instance;
    let head = &to.rows[middle(to)].cells[0].instance;
    let mut looks = Vec::new();
    if from.is_family() && link.row.is_none() {
        looks.push(format!("ltail={}", quoted(&format!("cluster_{}", from.stage))));
    }
    if to.is_family() {
        looks.push(format!("lhead={}", quoted(&format!("cluster_{}", to.stage))));
    }
    looks.extend(graph.label(link).map(|label| format!("label={}", quoted(label))));
    let (tail, head) = (quoted(tail), quoted(head));
    let looks = if looks.is_empty() { String::new() } else { format!(" [{}]", looks.join(", ")) };
    let _ = writeln!(text, "  {tail} -> {head}{looks};");
}

fn legend(text: &mut String) {
    text.push_str("\n  subgraph \"cluster/legend\" {\n    label=\"\"; style=invis;\n");
    for (state, word, meaning) in STATES {
        let (id, label) =
            (quoted(&format!("legend/{word}")), quoted(&format!("{word}: {meaning}")));
        let _ = writeln!(text, "    {id} [label={label}, {}];", look(state));
    }
    text.push_str("  }\n");
}

/// A state shows in shape and border as well as in colour.
fn look(state: State) -> String {
    let look = match state {
        State::Cached | State::Copied => {
            r##"shape=box, style="rounded,filled", fillcolor="#dcecf7", color="#0072b2""##
        }
        State::Run | State::Fetched => {
            r##"shape=box, style="filled", penwidth=2.5, fillcolor="#ffa94d", color="#8a3b00""##
        }
        State::Maybe => {
            r##"shape=ellipse, style="dashed,filled", fillcolor="#fff8d6", color="#75600a""##
        }
    };
    format!("{look}, class={}", word(state))
}

/// A text as Graphviz reads it back.
pub(super) fn quoted(text: &str) -> String {
    Shown::<Dot>::new(text).into()
}
