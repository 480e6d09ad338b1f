//! Where blocks and edges go: columns from left to right, after Sugiyama.
//!
//! A block's column is the length of the longest path to it. An edge that
//! crosses a column has a place of its own there, shared by all edges of one
//! source, so that no edge runs over a block. Columns are ordered by
//! barycenters, then every block is moved to where its neighbours want it.
//!
//! Knows nothing of what blocks are.

mod columns;
mod heights;
mod order;
#[cfg(test)]
mod tests;

use self::columns::{Columns, LayoutNode};

/// Between two columns, at least.
const GAP: f64 = 56.0;

/// An extent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A place; `y` grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GraphPoint {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// An edge between blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    /// Place of the block it leaves.
    pub(super) from: usize,
    /// How far below that block's top.
    pub(super) below: f64,
    /// Place of the block it enters, after that of `from`.
    pub(super) to: usize,
    /// Room that its label wants before the block.
    pub(super) label: f64,
}

/// The places of everything.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GraphLayout {
    /// Left upper corners of the blocks.
    pub(super) blocks: Vec<GraphPoint>,
    /// The points of each edge. Between the first two, the next two and so on it
    /// is level; from one such pair to the next it swings.
    pub(super) routes: Vec<Vec<GraphPoint>>,
    /// All of it.
    pub(super) size: Size,
}

/// Lays blocks out; edges lead from a block to a later one.
pub(super) fn layout(blocks: &[Size], edges: &[Edge]) -> GraphLayout {
    let mut columns = Columns::new(blocks, edges);
    order::order(&mut columns);
    let tops = heights::tops(&columns);
    let lefts = lefts(&columns, edges);
    let place =
        |block: usize| GraphPoint { x: lefts[columns.nodes[block].column].0, y: tops[block] };
    let places: Vec<GraphPoint> = (0..blocks.len()).map(place).collect();
    let routes = routes(&columns, edges, &tops, &lefts);
    let bottoms = columns.nodes.iter().zip(&tops).map(|(node, top)| top + node.size.height);
    let height = bottoms.fold(0.0, f64::max);
    let width = lefts.last().map_or(0.0, |(left, width)| left + width);
    GraphLayout { blocks: places, routes, size: Size { width, height } }
}

/// Left edge and width of every column.
fn lefts(columns: &Columns, edges: &[Edge]) -> Vec<(f64, f64)> {
    let mut left = 0.0;
    let mut lefts: Vec<(f64, f64)> = Vec::new();
    for (number, column) in columns.order.iter().enumerate() {
        let entering = edges.iter().filter(|edge| columns.nodes[edge.to].column == number);
        let label = entering.map(|edge| edge.label).fold(0.0, f64::max);
        if number > 0 {
            left += GAP + label;
        }
        let widths = column.iter().map(|&node| columns.nodes[node].size.width);
        let width = widths.fold(0.0, f64::max);
        lefts.push((left, width));
        left += width;
    }
    lefts
}

fn routes(
    columns: &Columns,
    edges: &[Edge],
    tops: &[f64],
    lefts: &[(f64, f64)],
) -> Vec<Vec<GraphPoint>> {
    let mut routes: Vec<Vec<GraphPoint>> = Vec::new();
    for (edge, path) in edges.iter().zip(&columns.paths) {
        let mut points = Vec::new();
        for (place, &node) in path[..path.len() - 1].iter().enumerate() {
            let (left, width) = lefts[columns.nodes[node].column];
            let (x, below) = if place == 0 {
                (left + columns.nodes[node].size.width, edge.below)
            } else {
                (left, columns.nodes[node].size.height / 2.0)
            };
            let y = tops[node] + below;
            points.extend([GraphPoint { x, y }, GraphPoint { x: left + width, y }]);
        }
        routes.push(points);
    }
    let mut entering = vec![Vec::new(); columns.n_blocks];
    for (place, edge) in edges.iter().enumerate() {
        entering[edge.to].push(place);
    }
    for (block, entering) in entering.into_iter().enumerate() {
        let LayoutNode { column, size } = columns.nodes[block];
        enter(GraphPoint { x: lefts[column].0, y: tops[block] }, size, entering, &mut routes);
    }
    routes
}

/// Lets edges enter the block at `corner` one below the other, as they come.
fn enter(corner: GraphPoint, size: Size, mut entering: Vec<usize>, routes: &mut [Vec<GraphPoint>]) {
    let comes = |edge: usize| routes[edge].last().map_or(0.0, |point| point.y);
    entering.sort_by(|&a, &b| comes(a).total_cmp(&comes(b)));
    let step = size.height / (entering.len() + 1) as f64;
    for (place, edge) in entering.into_iter().enumerate() {
        let y = corner.y + step * (place + 1) as f64;
        routes[edge].push(GraphPoint { x: corner.x, y });
    }
}
