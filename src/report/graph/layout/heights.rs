//! How far down everything stands: as near to its neighbours as the order
//! allows.
//!
//! Knows nothing of columns' widths.

use super::columns::Columns;

/// Between what stands in one column.
const GAP: f64 = 18.0;

/// Weight of the present place of a node without neighbours there.
const IDLE: f64 = 0.01;

/// How often everything is moved, forth and back.
const SWEEPS: usize = 16;

/// The top of every node; the highest is at 0.
pub(super) fn tops(columns: &Columns) -> Vec<f64> {
    let attractions = attractions(columns);
    let mut tops = stacked(columns);
    let n = columns.order.len();
    for sweep in 0..SWEEPS {
        // The last sweep looks both ways.
        let both = sweep + 1 == SWEEPS;
        for column in 0..n {
            settle(
                columns,
                column,
                &mut tops,
                &|attraction| both || attraction.is_before,
                &attractions,
            );
        }
        for column in (0..n).rev() {
            settle(
                columns,
                column,
                &mut tops,
                &|attraction| both || !attraction.is_before,
                &attractions,
            );
        }
    }
    let highest = tops.iter().copied().fold(f64::INFINITY, f64::min);
    tops.iter().map(|top| top - highest).collect()
}

/// Each column from the top.
fn stacked(columns: &Columns) -> Vec<f64> {
    let mut tops = vec![0.0; columns.nodes.len()];
    for column in &columns.order {
        let mut top = 0.0;
        for &node in column {
            tops[node] = top;
            top += columns.nodes[node].size.height + GAP;
        }
    }
    tops
}

/// A neighbour: the edge to it is level if the node's top is `by` below its own.
struct Attraction {
    other: usize,
    by: f64,
    is_before: bool,
}

/// The attractions of every node: each edge should be level.
fn attractions(columns: &Columns) -> Vec<Vec<Attraction>> {
    let mut attractions: Vec<Vec<Attraction>> = columns.nodes.iter().map(|_| Vec::new()).collect();
    for segment in &columns.segments {
        let by = segment.below - columns.nodes[segment.to].size.height / 2.0;
        attractions[segment.to].push(Attraction { other: segment.from, by, is_before: true });
        attractions[segment.from].push(Attraction { other: segment.to, by: -by, is_before: false });
    }
    attractions
}

/// Moves the nodes of a column to where those neighbours want them that count,
/// the squares of what is missed as small as possible.
fn settle(
    columns: &Columns,
    column: usize,
    tops: &mut [f64],
    counts: &dyn Fn(&Attraction) -> bool,
    attractions: &[Vec<Attraction>],
) {
    let nodes = &columns.order[column];
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(nodes.len());
    let mut wishes = Vec::with_capacity(nodes.len());
    for &node in nodes {
        let wanted = attractions[node].iter().filter(|attraction| counts(attraction));
        let wanted: Vec<f64> =
            wanted.map(|attraction| tops[attraction.other] + attraction.by).collect();
        let weight = wanted.len() as f64;
        wishes.push(if wanted.is_empty() {
            (tops[node] - offset, IDLE)
        } else {
            (wanted.iter().sum::<f64>() / weight - offset, weight)
        });
        offsets.push(offset);
        offset += columns.nodes[node].size.height + GAP;
    }
    for ((&node, offset), place) in nodes.iter().zip(offsets).zip(rising(&wishes)) {
        tops[node] = place + offset;
    }
}

/// The sequence nearest to the wishes (each with its weight) that never falls:
/// neighbours that would are pooled at their mean.
fn rising(wishes: &[(f64, f64)]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for &(wish, weight) in wishes {
        let mut pool = (wish, weight, 1);
        while let Some(&(mean, heavy, n)) = pools.last().filter(|last| last.0 >= pool.0) {
            let all = heavy + pool.1;
            pool = ((mean * heavy + pool.0 * pool.1) / all, all, n + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(mean, _, n)| std::iter::repeat_n(mean, n)).collect()
}

#[cfg(test)]
mod tests {
    use super::rising;

    #[test]
    fn what_would_fall_is_pooled_at_its_mean() {
        let wishes = [(1.0, 1.0), (5.0, 1.0), (2.0, 2.0), (9.0, 1.0)];
        assert_eq!(rising(&wishes), [1.0, 3.0, 3.0, 9.0]);
    }
}
