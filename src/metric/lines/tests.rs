//! The reference's own figures for known paths.

use std::f64::consts::PI;

use super::*;
use acai_dataset::lines::{PIXELS, draw};

const START: f64 = 5.0 * PI / 7.0;
const END: f64 = 3.0 * PI / 2.0;
const POINTS: usize = 16;

fn reference() -> LineReference {
    LineReference::new(draw)
}

/// The share of the way at each point.
fn shares() -> impl Iterator<Item = f64> {
    (0..POINTS).map(|k| k as f64 / (POINTS - 1) as f64)
}

fn turning(from: f64, to: f64) -> Vec<f64> {
    shares().flat_map(|t| draw(from + (to - from) * t)).collect()
}

fn fading(from: f64, to: f64) -> Vec<f64> {
    let (from, to) = (draw(from), draw(to));
    shares().flat_map(|t| (0..PIXELS).map(move |p| (1.0 - t) * from[p] + t * to[p])).collect()
}

fn switching(from: f64, to: f64) -> Vec<f64> {
    shares().flat_map(|t| draw(if t < 0.5 { from } else { to })).collect()
}

/// The figures of the path `name`, from an independent program in extended precision.
fn golden(name: &str) -> (f64, f64) {
    let table = include_str!("../../../tests/reference/lines_metric.txt");
    let row: Vec<&str> = table
        .lines()
        .map(|row| row.split(' '))
        .find_map(|mut row| (row.next() == Some(name)).then(|| row.collect()))
        .unwrap();
    (row[0].parse().unwrap(), row[1].parse().unwrap())
}

#[track_caller]
fn check(name: &str, decoded: &[f64], distance: f64, smoothness: f64) {
    let (exact_distance, exact_smoothness) = golden(name);
    let score = reference().score(decoded, 1, POINTS);
    let (got, got_smoothness) = (score.mean_distance, score.mean_smoothness);
    assert!((got - exact_distance).abs() < 1e-15, "{got:e}");
    assert!((got_smoothness - exact_smoothness).abs() < 1e-12, "{got_smoothness:e}");
    // The figures as they are quoted; their last digit is beyond 64-bit sums.
    assert!((got - distance).abs() < 5e-15, "{got:e}");
    assert!((got_smoothness - smoothness).abs() < 1e-12, "{got_smoothness:e}");
}

#[test]
fn an_even_turn() {
    check("even", &turning(START, END), 1.958_014_16e-7, 1.696_784_59e-5);
}

#[test]
fn a_cross_fade() {
    check("fade", &fading(START, END), 0.007_217_420_447_12, 0.920_861_966_573);
}

#[test]
fn an_abrupt_switch() {
    check("switch", &switching(START, END), 2.465_924_12e-7, 14.0 / 15.0);
}

#[test]
fn the_long_way_round_scores_as_smooth() {
    let long = turning(START, END - TAU);
    check("long", &long, 1.752_577_91e-7, 4.392_466_92e-5);
    // 17/14 of π, where the shortest arc is 11/14.
    let score = reference().score(&long, 1, POINTS);
    assert!((score.mean_detour - 17.0 / 11.0).abs() < 1e-3, "{}", score.mean_detour);
    assert_eq!(score.detour, [score.mean_detour]);
    let short = reference().score(&turning(START, END), 1, POINTS);
    assert_eq!((short.mean_detour, short.undefined_pairs), (1.0, 0));
}

#[test]
fn empty_images_have_a_distance_and_no_smoothness() {
    let score = reference().score(&vec![-1.0_f32; 2 * POINTS * PIXELS], 2, POINTS);
    assert!((score.mean_distance - 0.030_653_923_345_9).abs() < 1e-13, "{}", score.mean_distance);
    // The same NaN on every machine.
    for mean in [score.mean_smoothness, score.mean_defined_smoothness, score.mean_detour] {
        assert_eq!(mean.to_bits(), f64::NAN.to_bits());
    }
    assert_eq!(score.undefined_pairs, 2);
}

#[test]
fn the_cross_fades_of_256_random_pairs() {
    let turns = include_str!("../../../tests/reference/cross_fade_angles.txt");
    let turns = turns.lines().filter(|line| !line.starts_with('#'));
    let angles: Vec<f64> = turns.map(|turn| TAU * turn.parse::<f64>().unwrap()).collect();
    let decoded: Vec<f64> = (0..256).flat_map(|i| fading(angles[i], angles[i + 256])).collect();
    let score = reference().score(&decoded, 256, POINTS);
    assert!((score.mean_distance - 6.33e-3).abs() < 5e-6, "{}", score.mean_distance);
    assert!((score.mean_smoothness - 0.890_651_85).abs() < 5e-9, "{}", score.mean_smoothness);
}

#[test]
fn an_undefined_path_counts_as_zero_in_the_references_mean() {
    let mut decoded = switching(START, END);
    decoded.extend(turning(START, START));
    let score = reference().score(&decoded, 2, POINTS);
    assert!(score.smoothness[1].is_nan());
    assert!((score.mean_smoothness - 7.0 / 15.0).abs() < 1e-12);
    assert!((score.mean_defined_smoothness - 14.0 / 15.0).abs() < 1e-12);
    assert_eq!((score.mean_detour, score.undefined_pairs), (1.0, 1));
    assert!(score.detour[1].is_nan());
}

#[test]
fn equally_near_lines_give_the_first() {
    let same = LineReference::new(|_| draw(1.0));
    assert_eq!(same.score(&draw(1.0), 1, 1).angle, [0.0]);
}

#[test]
fn an_image_without_direction_spoils_its_path_alone() {
    let mut decoded = turning(START, END);
    decoded.extend(turning(START, END));
    decoded[3 * PIXELS] = f64::NAN;
    decoded[5 * PIXELS..6 * PIXELS].fill(0.0);
    let score = reference().score(&decoded, 2, POINTS);
    assert!(score.mean_distance.is_nan() && score.angle[3].is_nan() && score.angle[5].is_nan());
    assert!(score.smoothness[0].is_nan() && !score.smoothness[1].is_nan());
}

#[test]
fn the_company_an_image_is_in_does_not_matter() {
    let path = turning(START, END);
    let whole = reference().score(&path, 1, POINTS);
    let alone = reference().score(&path[5 * PIXELS..6 * PIXELS], 1, 1);
    assert_eq!(alone.distance[0].to_bits(), whole.distance[5].to_bits());
}
