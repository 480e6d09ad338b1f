//! The matrices of F(4×4, 3×3) with the points 0, ±3/4, ±3/2 and ∞, applied to vectors.
//!
//! Each function is one dimension of a transform, as the fused multiply-adds that
//! `docs/design/arithmetic.md` specifies; [`square`] applies one to the columns of each
//! row and then to the rows of each column. All constants but those of the filters
//! are exact in `f32`.
#![expect(unsafe_code, reason = "vector operations")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::super::simd::Simd;

/// The smaller of the points, and its square and cube.
const A: f32 = 0.75;
const A2: f32 = 0.5625;
const A3: f32 = 0.421_875;
/// The larger of the points, and its square and cube.
const B: f32 = 1.5;
const B2: f32 = 2.25;
const B3: f32 = 3.375;
/// a² + b² and a²b².
const SUM: f32 = 2.8125;
const PRODUCT: f32 = 1.265_625;
/// The reciprocals of the filter's denominators at 0, ±a and ±b.
const AT_0: f32 = (64.0 / 81.0) as f32;
const AT_A: f32 = (-128.0 / 243.0) as f32;
const AT_B: f32 = (32.0 / 243.0) as f32;
/// The same times the first and second power of the point.
const AT_A1: f32 = (-32.0 / 81.0) as f32;
const AT_A2: f32 = (-8.0 / 27.0) as f32;
const AT_B1: f32 = (16.0 / 81.0) as f32;
const AT_B2: f32 = (8.0 / 27.0) as f32;

/// One dimension of a transform from N to M values.
pub(super) trait Transform<const N: usize, const M: usize> {
    /// # Safety
    /// As for [`Simd`].
    unsafe fn line<S: Simd>(v: [S::V; N]) -> [S::V; M];
}

/// Applies a transform to both dimensions of a square: along each row, then along each column.
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
pub(super) unsafe fn square<
    S: Simd,
    T: Transform<N, M>,
    const N: usize,
    const M: usize,
>(
    v: [[S::V; N]; N],
) -> [[S::V; M]; M] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut rows = [[S::splat(0.0); M]; N];
        for (row, v) in rows.iter_mut().zip(v) {
            *row = T::line::<S>(v);
        }
        let mut out = [[S::splat(0.0); M]; M];
        for column in 0..M {
            let mut line = [S::splat(0.0); N];
            for (value, row) in line.iter_mut().zip(&rows) {
                *value = row[column];
            }
            let line = T::line::<S>(line);
            for (row, value) in out.iter_mut().zip(line) {
                row[column] = value;
            }
        }
        out
    }
}

/// Bᵀ: a tile of the input.
pub(super) struct Input;

impl Transform<6, 6> for Input {
    #[inline(always)]
    unsafe fn line<S: Simd>(d: [S::V; 6]) -> [S::V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let even_a = S::fma(S::splat(-B2), d[2], d[4]);
            let odd_a = S::fma(S::splat(-B2), d[1], d[3]);
            let even_b = S::fma(S::splat(-A2), d[2], d[4]);
            let odd_b = S::fma(S::splat(-A2), d[1], d[3]);
            [
                S::fma(S::splat(PRODUCT), d[0], S::fma(S::splat(-SUM), d[2], d[4])),
                S::fma(S::splat(A), odd_a, even_a),
                S::fma(S::splat(-A), odd_a, even_a),
                S::fma(S::splat(B), odd_b, even_b),
                S::fma(S::splat(-B), odd_b, even_b),
                S::fma(S::splat(PRODUCT), d[1], S::fma(S::splat(-SUM), d[3], d[5])),
            ]
        }
    }
}

/// Aᵀ: a tile of the output, from its transform.
pub(super) struct Output;

impl Transform<6, 4> for Output {
    #[inline(always)]
    unsafe fn line<S: Simd>(m: [S::V; 6]) -> [S::V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
            let (even_b, odd_b) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
            [
                S::add(m[0], S::add(even_a, even_b)),
                S::fma(S::splat(B), odd_b, S::mul(S::splat(A), odd_a)),
                S::fma(S::splat(B2), even_b, S::mul(S::splat(A2), even_a)),
                S::fma(S::splat(B3), odd_b, S::fma(S::splat(A3), odd_a, m[5])),
            ]
        }
    }
}

/// A: a tile of the output's gradient.
pub(super) struct OutputGradient;

impl Transform<4, 6> for OutputGradient {
    #[inline(always)]
    unsafe fn line<S: Simd>(y: [S::V; 4]) -> [S::V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let even_a = S::fma(S::splat(A2), y[2], y[0]);
            let odd_a = S::fma(S::splat(A2), y[3], y[1]);
            let even_b = S::fma(S::splat(B2), y[2], y[0]);
            let odd_b = S::fma(S::splat(B2), y[3], y[1]);
            [
                y[0],
                S::fma(S::splat(A), odd_a, even_a),
                S::fma(S::splat(-A), odd_a, even_a),
                S::fma(S::splat(B), odd_b, even_b),
                S::fma(S::splat(-B), odd_b, even_b),
                y[3],
            ]
        }
    }
}

/// G: a filter.
pub(super) struct Filter;

impl Transform<3, 6> for Filter {
    #[inline(always)]
    unsafe fn line<S: Simd>(g: [S::V; 3]) -> [S::V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let even_a = S::fma(S::splat(A2), g[2], g[0]);
            let even_b = S::fma(S::splat(B2), g[2], g[0]);
            [
                S::mul(S::splat(AT_0), g[0]),
                S::mul(S::splat(AT_A), S::fma(S::splat(A), g[1], even_a)),
                S::mul(S::splat(AT_A), S::fma(S::splat(-A), g[1], even_a)),
                S::mul(S::splat(AT_B), S::fma(S::splat(B), g[1], even_b)),
                S::mul(S::splat(AT_B), S::fma(S::splat(-B), g[1], even_b)),
                g[2],
            ]
        }
    }
}

/// Gᵀ: a filter's gradient, from its transform.
pub(super) struct FilterGradient;

impl Transform<6, 3> for FilterGradient {
    #[inline(always)]
    unsafe fn line<S: Simd>(u: [S::V; 6]) -> [S::V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (S::add(u[1], u[2]), S::sub(u[1], u[2]));
            let (even_b, odd_b) = (S::add(u[3], u[4]), S::sub(u[3], u[4]));
            let at_0 = S::mul(S::splat(AT_0), u[0]);
            [
                S::fma(S::splat(AT_B), even_b, S::fma(S::splat(AT_A), even_a, at_0)),
                S::fma(S::splat(AT_B1), odd_b, S::mul(S::splat(AT_A1), odd_a)),
                S::fma(S::splat(AT_B2), even_b, S::fma(S::splat(AT_A2), even_a, u[5])),
            ]
        }
    }
}
