//! Paths between images of which no manifold is known, scored by what can
//! honestly be measured.
//!
//! Knows nothing of how paths are decoded.

use super::{Interpolate, decode::Decoding};
use crate::{Work, model, snapshots::Weights};
use acai_artifact::Layout;
use acai_metric::{
    images::{self, DecodedPaths, ImagesScore, NearestImages},
    score::{self, Score},
};
use acai_net::SIDE;

/// The nearest image is searched among at most this many test images, the first:
/// distances depend on how many there are.
const REAL: usize = 10_000;

const SCORES: [Score; 6] = [
    score::ENDPOINT_MSE,
    score::PIXEL_SMOOTHNESS,
    score::LATENT_SMOOTHNESS,
    score::NEAREST_DISTANCE,
    score::ENDPOINT_DISTANCE,
    score::UNDEFINED_PAIRS,
];

/// The paths of one model, and their scores.
struct ScoredPaths {
    decoded: Vec<f32>,
    codes: Vec<f32>,
    distance: Vec<f64>,
    score: ImagesScore,
}

/// Decodes, scores and writes.
pub(super) fn run(stage: &Interpolate, work: &mut Work<'_>) -> anyhow::Result<()> {
    let &Interpolate { pairs, points, .. } = stage;
    let ScoredPaths { decoded, codes, distance, score } =
        score_paths(stage, work, &Weights::last())?;
    let shape = [pairs, points, decoded.len() / (pairs * points * SIDE * SIDE), SIDE, SIDE];
    let out = &mut *work.out;
    out.write("paths/decoded", &shape, &decoded, Layout::Compressed)?;
    let of_codes = [pairs, points, codes.len() / (pairs * points)];
    out.write("paths/latents", &of_codes, &codes, Layout::Compressed)?;
    out.write("paths/distance", &shape[..2], &distance, Layout::Compressed)?;
    for (name, values) in [
        ("pairs/endpoint_mse", &score.endpoint_mse),
        ("pairs/pixel_smoothness", &score.pixel_smoothness),
        ("pairs/latent_smoothness", &score.latent_smoothness),
    ] {
        out.write(name, &shape[..1], values, Layout::Compressed)?;
    }
    stage.at.score(work, SCORES, scores(&score), &mut |work, weights| {
        Ok(scores(&score_paths(stage, work, weights)?.score))
    })?;
    Ok(())
}

fn score_paths(
    stage: &Interpolate,
    work: &mut Work<'_>,
    weights: &Weights,
) -> anyhow::Result<ScoredPaths> {
    let &Interpolate { pairs, points, .. } = stage;
    let decoding = Decoding::new(stage, work, weights)?;
    let decoded = decoding.paths(work)?;
    let codes = decoding.codes(work, &decoded)?;
    let distance = distances(work, &decoded)?;
    let real = |rows| model::read_rows(work.input("data"), "test", rows);
    let score = images::score(&DecodedPaths {
        pairs,
        points,
        decoded: &decoded,
        codes: &codes,
        starts: &real(0..pairs)?,
        ends: &real(pairs..2 * pairs)?,
        distance: &distance,
    });
    Ok(ScoredPaths { decoded, codes, distance, score })
}

/// How far each decoded image is from the nearest test image.
fn distances(work: &Work<'_>, decoded: &[f32]) -> anyhow::Result<Vec<f64>> {
    let data = work.input("data");
    let mut nearest = NearestImages::new(decoded, model::image_shape(data, "test")?.channels, SIDE);
    let there = data.shape("images/test")?[0];
    for rows in model::chunks(there.min(REAL)) {
        work.check_stop()?;
        nearest.look_among(&model::read_rows(data, "test", rows)?);
    }
    Ok(nearest.distances())
}

fn scores(score: &ImagesScore) -> [f64; 6] {
    [
        score.mean_endpoint_mse,
        score.mean_pixel_smoothness,
        score.mean_latent_smoothness,
        score.nearest_distance,
        score.endpoint_distance,
        score.undefined_pairs as f64,
    ]
}
