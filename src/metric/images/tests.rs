//! An independent program's figures, and what must hold of any.

use super::*;
use acai_random::RngStream;

const PIXELS: usize = 3 * 32 * 32;

/// The images of `tests/reference/images_metric.py`.
fn real(r: usize) -> Vec<f32> {
    let value = |e: usize| (r * r * 37 + r * 11 + e * (r % 7 + 3) * 5 + e / 32 * (r * 3 + 1)) % 256;
    (0..PIXELS).map(|e| value(e) as f32 / 128.0 - 1.0).collect()
}

fn reals(range: std::ops::Range<usize>) -> Vec<f32> {
    range.flat_map(real).collect()
}

/// Its paths, the third of which never moves.
fn decoded() -> Vec<f32> {
    let path = |p: usize| {
        let (start, end) = (real(p), real(p + 3));
        let shares = if p == 2 { [0.0; 5] } else { [0.0, 0.125, 0.25, 0.75, 1.0] };
        let mixed = move |share: f32| {
            let ends = start.clone().into_iter().zip(end.clone());
            ends.map(move |(start, end)| 0.75 * ((1.0 - share) * start + share * end))
        };
        shares.into_iter().flat_map(mixed)
    };
    (0..3).flat_map(path).collect()
}

fn codes() -> Vec<f32> {
    let code = |p: usize, k: usize| (0..24).map(move |j| (p * 13 + k * k * 7 + j * 5) % 64);
    let code = |p: usize, k: usize| code(p, k).map(move |c| if p == 2 { 0 } else { c });
    (0..3).flat_map(|p| (0..5).flat_map(move |k| code(p, k))).map(|c| c as f32 / 16.0).collect()
}

#[track_caller]
fn check(name: &str, found: &[f64]) {
    let table = include_str!("../../../tests/reference/images_metric.txt");
    let row = table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
    let wanted: Vec<f64> = row.split(' ').map(|value| value.parse().unwrap()).collect();
    assert_eq!(found.len(), wanted.len(), "{name}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.is_nan(), wanted.is_nan(), "{name}");
        assert!(found.is_nan() || (found - wanted).abs() < 1e-14, "{name}: {found} for {wanted}");
    }
}

#[test]
fn figures_are_numpys() {
    let (decoded, codes) = (decoded(), codes());
    let mut nearest = NearestImages::new(&decoded, 3, 32);
    nearest.look_among(&reals(0..20));
    let distance = nearest.distances();
    let (starts, ends) = (reals(0..3), reals(3..6));
    let score = score(&DecodedPaths {
        pairs: 3,
        points: 5,
        decoded: &decoded,
        codes: &codes,
        starts: &starts,
        ends: &ends,
        distance: &distance,
    });
    check("endpoint_mse", &score.endpoint_mse);
    check("pixel_smoothness", &score.pixel_smoothness);
    check("latent_smoothness", &score.latent_smoothness);
    check("distance", &distance);
    check("mean_endpoint_mse", &[score.mean_endpoint_mse]);
    check("mean_pixel_smoothness", &[score.mean_pixel_smoothness]);
    check("mean_latent_smoothness", &[score.mean_latent_smoothness]);
    check("nearest_distance", &[score.nearest_distance]);
    check("endpoint_distance", &[score.endpoint_distance]);
    check("undefined_pairs", &[score.undefined_pairs as f64]);
}

#[test]
fn even_steps_are_smooth_and_one_step_is_not_whatever_the_scale() {
    for scale in [1.0, 0.0625, 4096.0] {
        let path = |at: [f32; 4]| at.map(|at| [at * scale, -at * scale]).concat();
        assert!(smoothness(&path([0.0, 1.0, 2.0, 3.0]), 4).abs() < 1e-15);
        assert!((smoothness(&path([0.0, 0.0, 3.0, 3.0]), 4) - 2.0 / 3.0).abs() < 1e-15);
        assert!((smoothness(&path([0.0, 2.0, 1.0, 0.0]), 4) - (0.5 - 1.0 / 3.0)).abs() < 1e-15);
    }
    assert!(smoothness(&[1.0; 8], 4).is_nan());
    assert!(smoothness(&[1.0, f32::NAN, 1.0, 2.0], 4).is_nan());
    assert!(smoothness(&[1.0, f32::INFINITY, 1.0, 2.0], 4).is_nan());
}

/// Blurred noise, so that some are near each other in their blocks' means.
fn blurred(role: &str, count: usize) -> Vec<f32> {
    let rows = RngStream::new(5, role, 0).normals(count * 1024, 0.5);
    (0..rows.len()).map(|at| rows[at] * 0.3 + rows[at / 16 * 16] * 0.7).collect()
}

#[test]
fn nearest_images_are_those_of_plain_search_whatever_the_pieces() {
    let (points, real) = (blurred("points", 20), blurred("real", 120));
    let plain: Vec<f64> = points
        .chunks_exact(1024)
        .map(|point| real.chunks_exact(1024).map(|real| mean_squared(point, real)))
        .map(|distances| distances.fold(f64::INFINITY, f64::min))
        .collect();
    let of_pieces = |length: usize| {
        let mut nearest = NearestImages::new(&points, 1, 32);
        real.chunks(length * 1024).for_each(|piece| nearest.look_among(piece));
        nearest.distances()
    };
    let found = of_pieces(120);
    for (found, plain) in found.iter().zip(plain) {
        assert!((found - plain).abs() < 1e-15, "{found} for {plain}");
    }
    for length in [1, 7, 50] {
        let other = of_pieces(length);
        assert!(found.iter().zip(other).all(|(a, b)| a.to_bits() == b.to_bits()), "{length}");
    }
    for threads in [1, 3] {
        let other = acai_kernel::with_threads(threads, || of_pieces(50)).unwrap();
        assert!(found.iter().zip(other).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads}");
    }
}

#[test]
fn what_is_not_finite_is_near_to_nothing_and_itself_is_at_no_distance() {
    let mut points = blurred("points", 3);
    points[2000] = f32::NAN;
    points[2 * 1024] = f32::INFINITY;
    let mut nearest = NearestImages::new(&points, 1, 32);
    nearest.look_among(&blurred("points", 3));
    let found = nearest.distances();
    assert_eq!(found[0].to_bits(), 0.0_f64.to_bits());
    assert!(found[1].is_nan() && found[2].is_nan());
}
