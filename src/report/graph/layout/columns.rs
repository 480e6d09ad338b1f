//! Which column each block stands in, and where edges pass between.
//!
//! Knows nothing of heights.

use std::collections::{HashMap, HashSet};

use super::{Edge, Size};

/// Height of an edge that passes through a column.
const WIRE: f64 = 6.0;

/// Something with a place in a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayoutNode {
    /// Its column.
    pub(super) column: usize,
    /// Its extent; an edge that passes has no width.
    pub(super) size: Size,
}

/// Blocks and passing edges, column by column.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// The blocks, then the passing edges.
    pub(super) nodes: Vec<LayoutNode>,
    /// How many of the nodes are blocks.
    pub(super) n_blocks: usize,
    /// The nodes of every column, from top to bottom.
    pub(super) order: Vec<Vec<usize>>,
    /// Pairs of nodes in neighbouring columns, and how far below its top the
    /// first is left.
    pub(super) segments: Vec<Segment>,
    /// The nodes of every edge.
    pub(super) paths: Vec<Vec<usize>>,
}

/// Part of an edge between two neighbouring columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) below: f64,
}

impl Columns {
    pub(super) fn new(blocks: &[Size], edges: &[Edge]) -> Self {
        let of = columns(blocks.len(), edges);
        let nodes = blocks.iter().zip(&of);
        let nodes = nodes.map(|(&size, &column)| LayoutNode { column, size }).collect();
        let n_columns = of.iter().max().map_or(0, |last| last + 1);
        let mut columns = Self {
            nodes,
            n_blocks: blocks.len(),
            order: vec![Vec::new(); n_columns],
            segments: Vec::new(),
            paths: Vec::new(),
        };
        columns.add(edges);
        for (place, node) in columns.nodes.iter().enumerate() {
            columns.order[node.column].push(place);
        }
        columns
    }

    /// Edges that leave a block at one place share their nodes.
    fn add(&mut self, edges: &[Edge]) {
        let mut passing: HashMap<(usize, u64, usize), usize> = HashMap::new();
        let mut seen = HashSet::new();
        for edge in edges {
            let mut path = vec![edge.from];
            for column in self.nodes[edge.from].column + 1..self.nodes[edge.to].column {
                let node = passing.entry((edge.from, edge.below.to_bits(), column));
                path.push(*node.or_insert_with(|| {
                    self.nodes.push(LayoutNode { column, size: Size { width: 0.0, height: WIRE } });
                    self.nodes.len() - 1
                }));
            }
            path.push(edge.to);
            for (place, pair) in path.windows(2).enumerate() {
                let (from, to) = (pair[0], pair[1]);
                let below = if place == 0 { edge.below } else { WIRE / 2.0 };
                if seen.insert((from, below.to_bits(), to)) {
                    self.segments.push(Segment { from, to, below });
                }
            }
            self.paths.push(path);
        }
    }
}

/// The longest path to each block; what reads nothing stands just before its
/// first reader.
fn columns(n_blocks: usize, edges: &[Edge]) -> Vec<usize> {
    let mut columns = vec![0; n_blocks];
    let mut by_source: Vec<&Edge> = edges.iter().collect();
    by_source.sort_by_key(|edge| edge.from);
    for edge in by_source {
        columns[edge.to] = columns[edge.to].max(columns[edge.from] + 1);
    }
    let reads: HashSet<usize> = edges.iter().map(|edge| edge.to).collect();
    let mut first: HashMap<usize, usize> = HashMap::new();
    for edge in edges {
        let reader = first.entry(edge.from).or_insert(usize::MAX);
        *reader = columns[edge.to].min(*reader);
    }
    for (block, column) in
        columns.iter_mut().enumerate().filter(|(block, _)| !reads.contains(block))
    {
        *column = first.get(&block).map_or(0, |reader| reader - 1);
    }
    columns
}
