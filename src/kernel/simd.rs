//! One interface to the vector instructions of AVX-512, AVX2 + FMA, NEON and plain Rust.
//!
//! Every operation rounds exactly as its scalar counterpart, so all levels give
//! the same bits.
#![expect(unsafe_code, reason = "vector instructions have no safe interface that stays this thin")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub(super) use neon::Neon;
pub(super) use portable::Portable;

/// `unroll!(i < N, { … })` repeats the block for each constant `i`, so that
/// arrays indexed by it live in registers.
macro_rules! unroll {
    ($i:ident < $n:expr, $block:block) => {
        $crate::simd::unroll!(@ $i, $n, $block, 0 1 2 3 4 5)
    };
    (@ $i:ident, $n:expr, $block:block, $($k:literal)*) => {
        $(if $k < $n {
            let $i: usize = $k;
            $block
        })*
    };
}

pub(super) use unroll;

/// Vectors of [`Simd::LANES`] `f32`.
///
/// # Safety
/// Every method must only be called where the processor has the level's
/// instructions (see [`super::level`]); pointers must be valid for
/// [`Simd::LANES`] elements, at any alignment.
pub(super) trait Simd: Copy + 'static {
    /// The vector type.
    type V: Copy;
    /// How many `f32` it holds; divides 16.
    const LANES: usize;
    /// `LANES` elements from `at`.
    unsafe fn load(at: *const f32) -> Self::V;
    /// `LANES` elements to `at`.
    unsafe fn store(at: *mut f32, v: Self::V);
    /// `x` in every lane.
    unsafe fn splat(x: f32) -> Self::V;
    /// `a·b + c`, rounded once.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `a + b`.
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`.
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    /// `a · b`.
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// In each lane `a` where `key > 0`, else `b`.
    unsafe fn select_positive(key: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// In each lane `a` where `key > than`, else `b`; the bits are not changed.
    unsafe fn select_greater(key: Self::V, than: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// The sums of [`Simd::LANES`] rows of 16 elements, from `at` on: in each row the
    /// second half is added to the first, until one element is left.
    ///
    /// `at` must be valid for the rows.
    unsafe fn tree_sums(at: *const f32) -> Self::V;
}

/// The sum of 16 elements: the second half is added to the first, until one is left.
#[inline(always)]
pub(super) fn tree_sum(mut sums: [f32; 16]) -> f32 {
    let mut half = 8;
    while half > 0 {
        for part in 0..half {
            sums[part] += sums[part + half];
        }
        half /= 2;
    }
    sums[0]
}
