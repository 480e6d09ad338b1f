//! 2×2 average pooling and nearest-neighbour upscaling, with their gradients:
//! each is the other's gradient, up to a factor.

use rayon::prelude::*;

/// Mean of 2×2 pixels: `(C, H, W, B)` → `(C, H/2, W/2, B)`.
///
/// # Panics
/// If the length does not fit, or height or width is odd.
#[must_use]
pub fn pool(x: &[f32], height: usize, width: usize, padded_batch: usize) -> Vec<f32> {
    shrink(x, height, width, padded_batch, 0.25)
}

/// Gradient of [`pool`]'s input; `height` and `width` are the input's.
///
/// # Panics
/// If the length does not fit.
#[must_use]
pub fn pool_gradient(dy: &[f32], height: usize, width: usize, padded_batch: usize) -> Vec<f32> {
    grow(dy, height / 2, width / 2, padded_batch, 0.25)
}

/// Repeats each pixel 2×2: `(C, H, W, B)` → `(C, 2H, 2W, B)`.
///
/// # Panics
/// If the length does not fit.
#[must_use]
pub fn upscale(x: &[f32], height: usize, width: usize, padded_batch: usize) -> Vec<f32> {
    grow(x, height, width, padded_batch, 1.0)
}

/// Gradient of [`upscale`]'s input; `height` and `width` are the input's.
///
/// # Panics
/// If the length does not fit.
#[must_use]
pub fn upscale_gradient(dy: &[f32], height: usize, width: usize, padded_batch: usize) -> Vec<f32> {
    shrink(dy, 2 * height, 2 * width, padded_batch, 1.0)
}

/// Sums of 2×2 pixels, multiplied by `factor`.
fn shrink(x: &[f32], height: usize, width: usize, padded_batch: usize, factor: f32) -> Vec<f32> {
    let (row, half) = (width * padded_batch, width / 2 * padded_batch);
    assert!(
        height.is_multiple_of(2) && width.is_multiple_of(2),
        "{height}×{width} cannot be halved"
    );
    assert_eq!(x.len() % (height * row), 0, "whole channels of {height}×{width}");
    let mut out = vec![0.0; x.len() / 4];
    out.par_chunks_mut(half).zip(x.par_chunks(2 * row)).for_each(|(out, rows)| {
        let (upper, lower) = rows.split_at(row);
        let pairs = upper.chunks_exact(2 * padded_batch).zip(lower.chunks_exact(2 * padded_batch));
        for (out, (upper, lower)) in out.chunks_exact_mut(padded_batch).zip(pairs) {
            for (example, sum) in out.iter_mut().enumerate() {
                let above = upper[example] + upper[example + padded_batch];
                let below = lower[example] + lower[example + padded_batch];
                *sum = (above + below) * factor;
            }
        }
    });
    out
}

/// Each pixel 2×2 times, multiplied by `factor`.
fn grow(x: &[f32], height: usize, width: usize, padded_batch: usize, factor: f32) -> Vec<f32> {
    let row = width * padded_batch;
    assert_eq!(x.len() % (height * row), 0, "whole channels of {height}×{width}");
    let mut out = vec![0.0; x.len() * 4];
    out.par_chunks_mut(4 * row).zip(x.par_chunks(row)).for_each(|(rows, x)| {
        let (upper, lower) = rows.split_at_mut(2 * row);
        for (pair, x) in upper.chunks_exact_mut(2 * padded_batch).zip(x.chunks_exact(padded_batch))
        {
            for (example, &v) in x.iter().enumerate() {
                pair[example] = v * factor;
                pair[example + padded_batch] = v * factor;
            }
        }
        lower.copy_from_slice(upper);
    });
    out
}
