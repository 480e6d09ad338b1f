//! What a drawing must never do, on random graphs.

use proptest::prelude::*;

use super::*;

/// Blocks of random sizes, and edges from each to later ones.
fn graphs() -> impl Strategy<Value = (Vec<Size>, Vec<Edge>)> {
    let size = (20.0..200.0, 10.0..150.0).prop_map(|(width, height)| Size { width, height });
    proptest::collection::vec(size, 2..14).prop_flat_map(|blocks| {
        let n = blocks.len();
        let heights: Vec<f64> = blocks.iter().map(|block| block.height).collect();
        let edge = (0..n - 1, any::<proptest::sample::Index>(), 0.0..1.0, 0.0..30.0).prop_map(
            move |(from, to, below, label)| {
                let to = from + 1 + to.index(n - 1 - from);
                // Edges of a block leave it at one of two places.
                let below = if below < 0.7 { 0.5 } else { 0.25 } * heights[from];
                Edge { from, below, to, label }
            },
        );
        (Just(blocks), proptest::collection::vec(edge, 0..24))
    })
}

/// Left, top, right and bottom.
fn frames(blocks: &[Size], layout: &GraphLayout) -> Vec<[f64; 4]> {
    let both = blocks.iter().zip(&layout.blocks);
    both.map(|(size, at)| [at.x, at.y, at.x + size.width, at.y + size.height]).collect()
}

fn overlap(a: [f64; 4], b: [f64; 4]) -> bool {
    let slack = 1e-6;
    a[0] + slack < b[2] && b[0] + slack < a[2] && a[1] + slack < b[3] && b[1] + slack < a[3]
}

proptest! {
    #[test]
    fn blocks_do_not_overlap_and_stay_inside((blocks, edges) in graphs()) {
        let layout = layout(&blocks, &edges);
        let frames = frames(&blocks, &layout);
        for (place, &frame) in frames.iter().enumerate() {
            prop_assert!(frames[..place].iter().all(|&other| !overlap(frame, other)));
            prop_assert!(frame[0] >= 0.0 && frame[1] >= -1e-6);
            prop_assert!(frame[2] <= layout.size.width + 1e-6);
            prop_assert!(frame[3] <= layout.size.height + 1e-6);
        }
    }

    #[test]
    fn edges_lead_forward_from_block_to_block((blocks, edges) in graphs()) {
        let layout = layout(&blocks, &edges);
        let frames = frames(&blocks, &layout);
        for (edge, route) in edges.iter().zip(&layout.routes) {
            let (first, last) = (route[0], route[route.len() - 1]);
            let (from, to) = (frames[edge.from], frames[edge.to]);
            prop_assert!((first.x - from[2]).abs() < 1e-6);
            prop_assert!((first.y - from[1] - edge.below).abs() < 1e-6);
            prop_assert!((last.x - to[0]).abs() < 1e-6 && last.y > to[1] && last.y < to[3]);
            prop_assert!(route.windows(2).all(|pair| pair[0].x <= pair[1].x));
            let gap = last.x - route[route.len() - 2].x;
            prop_assert!(gap >= edge.label + GAP - 1e-6, "no room for the label: {gap}");
        }
    }

    #[test]
    fn no_edge_runs_over_a_block((blocks, edges) in graphs()) {
        let layout = layout(&blocks, &edges);
        let frames = frames(&blocks, &layout);
        for route in &layout.routes {
            for (place, pair) in route.windows(2).enumerate() {
                // Where it swings it may be anywhere between the two heights.
                let (top, bottom) = if place % 2 == 0 {
                    prop_assert!((pair[0].y - pair[1].y).abs() < 1e-6);
                    (pair[0].y - 1.0, pair[0].y + 1.0)
                } else {
                    (pair[0].y.min(pair[1].y) - 1.0, pair[0].y.max(pair[1].y) + 1.0)
                };
                let part = [pair[0].x, top, pair[1].x, bottom];
                prop_assert!(frames.iter().all(|&frame| !overlap(part, frame)), "{:?}", part);
            }
        }
    }
}

#[test]
fn a_chain_is_level() {
    let sizes = [30.0, 90.0, 50.0].map(|height| Size { width: 40.0, height });
    let edge =
        |from: usize| Edge { from, below: sizes[from].height / 2.0, to: from + 1, label: 0.0 };
    let layout = layout(&sizes, &[edge(0), edge(1)]);
    let expected = [(0.0, 30.0), (96.0, 0.0), (192.0, 20.0)].map(|(x, y)| GraphPoint { x, y });
    assert_eq!(layout.blocks, expected);
    assert_eq!(layout.size, Size { width: 232.0, height: 90.0 });
}

#[test]
fn nothing_is_drawn_of_nothing() {
    let layout = layout(&[], &[]);
    assert_eq!(layout.size, Size { width: 0.0, height: 0.0 });
}
