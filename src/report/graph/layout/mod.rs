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

use self::columns::Columns;

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
pub(super) struct Point {
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
pub(super) struct Layout {
    /// Left upper corners of the blocks.
    pub(super) blocks: Vec<Point>,
    /// The points of each edge. Between the first two, the next two and so on it
    /// is level; from one such pair to the next it swings.
    pub(super) routes: Vec<Vec<Point>>,
    /// All of it.
    pub(super) size: Size,
}

/// Lays blocks out; edges lead from a block to a later one.
pub(super) fn layout(blocks: &[Size], edges: &[Edge]) -> Layout {
    let mut columns = Columns::new(blocks, edges);
    order::order(&mut columns);
    let tops = heights::tops(&columns);
    let lefts = lefts(&columns, edges);
    let place = |block: usize| Point { x: lefts[columns.stops[block].column].0, y: tops[block] };
    let places: Vec<Point> = (0..blocks.len()).map(place).collect();
    let routes = routes(&columns, edges, &tops, &lefts);
    let bottoms = columns.stops.iter().zip(&tops).map(|(stop, top)| top + stop.size.height);
    let height = bottoms.fold(0.0, f64::max);
    let width = lefts.last().map_or(0.0, |(left, width)| left + width);
    Layout { blocks: places, routes, size: Size { width, height } }
}

/// Left edge and width of every column.
fn lefts(columns: &Columns, edges: &[Edge]) -> Vec<(f64, f64)> {
    let mut left = 0.0;
    let mut lefts: Vec<(f64, f64)> = Vec::new();
    for (number, column) in columns.order.iter().enumerate() {
        let entering = edges.iter().filter(|edge| columns.stops[edge.to].column == number);
        let label = entering.map(|edge| edge.label).fold(0.0, f64::max);
        if number > 0 {
            left += GAP + label;
        }
        let widths = column.iter().map(|&stop| columns.stops[stop].size.width);
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
) -> Vec<Vec<Point>> {
    let mut routes: Vec<Vec<Point>> = Vec::new();
    for (edge, path) in edges.iter().zip(&columns.paths) {
        let mut points = Vec::new();
        for (&stop, is_first) in path[..path.len() - 1].iter().zip((0..).map(|n| n == 0)) {
            let (left, width) = lefts[columns.stops[stop].column];
            let (x, below) = if is_first {
                (left + columns.stops[stop].size.width, edge.below)
            } else {
                (left, columns.stops[stop].size.height / 2.0)
            };
            let y = tops[stop] + below;
            points.extend([Point { x, y }, Point { x: left + width, y }]);
        }
        routes.push(points);
    }
    for (place, stop) in columns.stops[..columns.n_blocks].iter().enumerate() {
        enter(place, stop.size, tops[place], lefts[stop.column].0, edges, &mut routes);
    }
    routes
}

/// Lets the edges of a block enter it one below the other, as they come.
fn enter(block: usize, size: Size, top: f64, x: f64, edges: &[Edge], routes: &mut [Vec<Point>]) {
    let mut entering: Vec<usize> = (0..edges.len()).filter(|&n| edges[n].to == block).collect();
    let comes = |n: usize| routes[n].last().map_or(0.0, |point| point.y);
    entering.sort_by(|&a, &b| comes(a).total_cmp(&comes(b)));
    let step = size.height / (entering.len() + 1) as f64;
    for (place, n) in entering.into_iter().enumerate() {
        let y = top + step * (place + 1) as f64;
        routes[n].push(Point { x, y });
    }
}
