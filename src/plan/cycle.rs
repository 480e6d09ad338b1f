//! The order of stages, and why there may be none.
//!
//! Knows nothing of what stages do.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

use petgraph::{algo::tarjan_scc, graph::DiGraph};

use super::draft::{Draft, Link};
use acai_common::diagnostics::Diagnostic;
use acai_config::Pipeline;

/// Tells every group of stages that read each other, by one of its shortest
/// cycles.
pub(super) fn find(pipeline: &Pipeline, drafts: &[Draft], diagnostics: &mut Vec<Diagnostic>) {
    let mut graph = DiGraph::<(), ()>::with_capacity(drafts.len(), drafts.len());
    let nodes: Vec<_> = drafts.iter().map(|_| graph.add_node(())).collect();
    for (place, link) in links(drafts) {
        graph.add_edge(nodes[link.from], nodes[place], ());
    }
    for group in tarjan_scc(&graph) {
        let start = group.iter().map(|node| node.index()).min().expect("a group has a member");
        let path = path_back(drafts, start);
        if !path.is_empty() {
            diagnostics.push(cycle(pipeline, &path));
        }
    }
}

/// Stages after all that they read, those of cycles left out; in the order of
/// the file as far as that allows.
pub(super) fn order(drafts: &[Draft]) -> Vec<usize> {
    let mut readers = vec![Vec::new(); drafts.len()];
    for (place, link) in links(drafts) {
        readers[link.from].push(place);
    }
    let mut missing: Vec<usize> = drafts.iter().map(|draft| draft.links.len()).collect();
    let first = (0..drafts.len()).filter(|&place| missing[place] == 0);
    let mut ready: BinaryHeap<_> = first.map(Reverse).collect();
    let mut order = Vec::with_capacity(drafts.len());
    while let Some(Reverse(place)) = ready.pop() {
        order.push(place);
        for &reader in &readers[place] {
            missing[reader] -= 1;
            if missing[reader] == 0 {
                ready.push(Reverse(reader));
            }
        }
    }
    order
}

fn links(drafts: &[Draft]) -> impl Iterator<Item = (usize, &Link)> {
    let drafts = drafts.iter().enumerate();
    drafts.flat_map(|(place, draft)| draft.links.iter().map(move |link| (place, link)))
}

/// The shortest way from `start` along what is read back to `start`: each
/// reader with its link. Empty if there is none.
fn path_back(drafts: &[Draft], start: usize) -> Vec<(usize, &Link)> {
    let mut came_by: HashMap<usize, (usize, &Link)> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(reader) = queue.pop_front() {
        for link in &drafts[reader].links {
            if came_by.contains_key(&link.from) {
                continue;
            }
            came_by.insert(link.from, (reader, link));
            queue.push_back(link.from);
        }
        if came_by.contains_key(&start) {
            return backtrack(&came_by, start);
        }
    }
    Vec::new()
}

fn backtrack<'a>(
    came_by: &HashMap<usize, (usize, &'a Link)>,
    start: usize,
) -> Vec<(usize, &'a Link)> {
    let mut path = Vec::new();
    let mut at = start;
    loop {
        let step = came_by[&at];
        path.push(step);
        at = step.0;
        if at == start {
            path.reverse();
            return path;
        }
    }
}

fn cycle(pipeline: &Pipeline, path: &[(usize, &Link)]) -> Diagnostic {
    let name = |place: usize| pipeline.stages[place].name.as_str();
    let mut names: Vec<&str> = path.iter().map(|step| name(step.0)).collect();
    names.push(names[0]);
    let message = format!("these stages read each other in a cycle: {}", names.join(" → "));
    path.iter().fold(Diagnostic::new(message), |diagnostic, (reader, link)| {
        diagnostic.at(link.span, format!("`{}` reads `{}`", name(*reader), name(link.from)))
    })
}
