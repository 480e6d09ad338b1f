//! Paths between lines, scored by the metric of the lines benchmark.
//!
//! Knows nothing of how paths are decoded.

use super::{Interpolate, decode::Decoding};
use crate::{Work, snapshots::Weights};
use acai_artifact::Layout;
use acai_dataset::lines;
use acai_metric::{
    lines::{LineReference, LinesScore},
    score::{self, Score},
};
use acai_net::SIDE;

/// The scores: the reference's two, and beside them the mended ones.
const SCORES: [Score; 5] = [
    score::MEAN_DISTANCE,
    score::SMOOTHNESS,
    score::DEFINED_SMOOTHNESS,
    score::DETOUR,
    score::UNDEFINED_PAIRS,
];

/// Decodes, scores and writes.
pub(super) fn run(stage: &Interpolate, work: &mut Work<'_>) -> anyhow::Result<()> {
    let &Interpolate { pairs, points, .. } = stage;
    let metric = LineReference::new(lines::draw);
    let decoded = Decoding::new(stage, work, &Weights::last())?.paths(work)?;
    let score = metric.score(&decoded, pairs, points);
    let shape = [pairs, points, decoded.len() / (pairs * points * SIDE * SIDE), SIDE, SIDE];
    let out = &mut *work.out;
    out.write("paths/decoded", &shape, &decoded, Layout::Compressed)?;
    out.write("paths/distance", &shape[..2], &score.distance, Layout::Compressed)?;
    out.write("paths/angle", &shape[..2], &score.angle, Layout::Compressed)?;
    out.write("pairs/smoothness", &shape[..1], &score.smoothness, Layout::Compressed)?;
    out.write("pairs/detour", &shape[..1], &score.detour, Layout::Compressed)?;
    stage.at.score(work, SCORES, scores(&score), &mut |work, weights| {
        let decoded = Decoding::new(stage, work, weights)?.paths(work)?;
        Ok(scores(&metric.score(&decoded, pairs, points)))
    })?;
    Ok(())
}

fn scores(score: &LinesScore) -> [f64; 5] {
    [
        score.mean_distance,
        score.mean_smoothness,
        score.mean_defined_smoothness,
        score.mean_detour,
        score.undefined_pairs as f64,
    ]
}
