//! What stands above what in a column, so that few edges cross.
//!
//! Knows nothing of extents.

use super::columns::Columns;

/// How often all columns are sorted, forth and back.
const SWEEPS: usize = 12;

/// Sorts every column by barycenters and keeps the best order that came up.
pub(super) fn order(columns: &mut Columns) {
    let neighbours = Neighbours::of(columns);
    let mut best = (crossings(columns, &neighbours), columns.order.clone());
    for _ in 0..SWEEPS {
        let n = columns.order.len();
        for column in 1..n {
            sort(columns, column, &neighbours.before);
        }
        for column in (0..n.saturating_sub(1)).rev() {
            sort(columns, column, &neighbours.after);
        }
        let now = crossings(columns, &neighbours);
        if now < best.0 {
            best = (now, columns.order.clone());
        }
    }
    columns.order = best.1;
}

/// Of every node, those it is joined with in the column before and after.
struct Neighbours {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Neighbours {
    fn of(columns: &Columns) -> Self {
        let none = vec![Vec::new(); columns.nodes.len()];
        let mut neighbours = Self { before: none.clone(), after: none };
        for segment in &columns.segments {
            neighbours.before[segment.to].push(segment.from);
            neighbours.after[segment.from].push(segment.to);
        }
        neighbours
    }
}

/// What has no neighbours there keeps its place.
fn sort(columns: &mut Columns, column: usize, neighbours: &[Vec<usize>]) {
    let places = places(columns);
    let mut sorted: Vec<(f64, usize)> = columns.order[column]
        .iter()
        .map(|&node| {
            let near = &neighbours[node];
            let sum: usize = near.iter().map(|&other| places[other]).sum();
            let centre =
                if near.is_empty() { places[node] as f64 } else { sum as f64 / near.len() as f64 };
            (centre, node)
        })
        .collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    columns.order[column] = sorted.into_iter().map(|(_, node)| node).collect();
}

/// The place of every node in its column.
fn places(columns: &Columns) -> Vec<usize> {
    let mut places = vec![0; columns.nodes.len()];
    for column in &columns.order {
        for (place, &node) in column.iter().enumerate() {
            places[node] = place;
        }
    }
    places
}

/// How many pairs of edges cross.
fn crossings(columns: &Columns, neighbours: &Neighbours) -> usize {
    let places = places(columns);
    let pairs = columns.order.iter().map(|column| {
        let ends = column.iter().flat_map(|&node| {
            let mut ends: Vec<usize> =
                neighbours.after[node].iter().map(|&other| places[other]).collect();
            ends.sort_unstable();
            ends
        });
        inversions(&mut ends.collect::<Vec<_>>())
    });
    pairs.sum()
}

/// Pairs in the wrong order; sorts on the way.
fn inversions(values: &mut Vec<usize>) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let mut right = values.split_off(values.len() / 2);
    let mut count = inversions(values) + inversions(&mut right);
    let (left, mut merged) = (std::mem::take(values), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        if j == right.len() || (i < left.len() && left[i] <= right[j]) {
            merged.push(left[i]);
            i += 1;
        } else {
            merged.push(right[j]);
            count += left.len() - i;
            j += 1;
        }
    }
    *values = merged;
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::layout::{Edge, Size};

    #[test]
    fn pairs_in_the_wrong_order_are_counted() {
        assert_eq!(inversions(&mut vec![0, 1, 1, 2]), 0);
        assert_eq!(inversions(&mut vec![3, 1, 2, 0, 1]), 7);
    }

    #[test]
    fn edges_that_need_not_cross_do_not() {
        let size = Size { width: 10.0, height: 10.0 };
        let edge = |from, to| Edge { from, to, below: 5.0, label: 0.0 };
        // 0 → 5, 1 → 4, 2 → 3: straight only if a column is turned over.
        let mut columns = Columns::new(&[size; 6], &[edge(0, 5), edge(1, 4), edge(2, 3)]);
        assert_eq!(crossings(&columns, &Neighbours::of(&columns)), 3);
        order(&mut columns);
        assert_eq!(crossings(&columns, &Neighbours::of(&columns)), 0);
    }
}
