//! One interface to the vector instructions of AVX-512, AVX2 + FMA and plain Rust.
//!
//! Every operation rounds exactly as its scalar counterpart, so all levels give
//! the same bits.
#![expect(unsafe_code, reason = "vector instructions have no safe interface that stays this thin")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as arch;

/// `unroll!(i < N, { … })` repeats the block for each constant `i`, so that
/// arrays indexed by it live in registers.
macro_rules! unroll {
    ($i:ident < $n:expr, $block:block) => {
        super::simd::unroll!(@ $i, $n, $block, 0 1 2 3 4 5)
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
    /// `a · b`.
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// In each lane `a` where `key > 0`, else `b`.
    unsafe fn select_positive(key: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// In each lane `a` where `key > than`, else `b`; the bits are not changed.
    unsafe fn select_greater(key: Self::V, than: Self::V, a: Self::V, b: Self::V) -> Self::V;
}

/// 16 lanes: AVX-512F.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx512;

// SAFETY: each body is one AVX-512F instruction on its arguments; the trait
// demands that the processor has it and that pointers are valid.
#[cfg(target_arch = "x86_64")]
#[expect(clippy::undocumented_unsafe_blocks, reason = "the comment above is for every body")]
impl Simd for Avx512 {
    type V = arch::__m512;
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self::V {
        unsafe { arch::_mm512_loadu_ps(at) }
    }

    #[inline(always)]
    unsafe fn store(at: *mut f32, v: Self::V) {
        unsafe { arch::_mm512_storeu_ps(at, v) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { arch::_mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { arch::_mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::_mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::_mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn select_positive(key: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe {
            let positive =
                arch::_mm512_cmp_ps_mask::<{ arch::_CMP_GT_OQ }>(key, arch::_mm512_setzero_ps());
            arch::_mm512_mask_blend_ps(positive, b, a)
        }
    }

    #[inline(always)]
    unsafe fn select_greater(key: Self::V, than: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe {
            let above = arch::_mm512_cmp_ps_mask::<{ arch::_CMP_GT_OQ }>(key, than);
            arch::_mm512_mask_blend_ps(above, b, a)
        }
    }
}

/// 8 lanes: AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2;

// SAFETY: each body is one or two AVX2 or FMA instructions on its arguments;
// the trait demands that the processor has them and that pointers are valid.
#[cfg(target_arch = "x86_64")]
#[expect(clippy::undocumented_unsafe_blocks, reason = "the comment above is for every body")]
impl Simd for Avx2 {
    type V = arch::__m256;
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self::V {
        unsafe { arch::_mm256_loadu_ps(at) }
    }

    #[inline(always)]
    unsafe fn store(at: *mut f32, v: Self::V) {
        unsafe { arch::_mm256_storeu_ps(at, v) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { arch::_mm256_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { arch::_mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::_mm256_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::_mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn select_positive(key: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe {
            let positive =
                arch::_mm256_cmp_ps::<{ arch::_CMP_GT_OQ }>(key, arch::_mm256_setzero_ps());
            arch::_mm256_blendv_ps(b, a, positive)
        }
    }

    #[inline(always)]
    unsafe fn select_greater(key: Self::V, than: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe {
            let above = arch::_mm256_cmp_ps::<{ arch::_CMP_GT_OQ }>(key, than);
            arch::_mm256_blendv_ps(b, a, above)
        }
    }
}

/// 8 lanes of plain Rust. `FMA` says that the compiler may use an FMA
/// instruction where this runs; without, [`software_fma`] computes the same bits with
/// nothing but additions and multiplications, slowly, on any processor.
#[derive(Clone, Copy)]
pub(super) struct Portable<const FMA: bool>;

// SAFETY: the bodies are safe arithmetic; pointers are valid by the trait's demand.
#[expect(clippy::undocumented_unsafe_blocks, reason = "the comment above is for every body")]
impl<const FMA: bool> Simd for Portable<FMA> {
    type V = [f32; 8];
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self::V {
        unsafe { at.cast::<[f32; 8]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(at: *mut f32, v: Self::V) {
        unsafe { at.cast::<[f32; 8]>().write_unaligned(v) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        [x; 8]
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, mut c: Self::V) -> Self::V {
        for lane in 0..8 {
            c[lane] = if FMA {
                a[lane].mul_add(b[lane], c[lane])
            } else {
                software_fma(a[lane], b[lane], c[lane])
            };
        }
        c
    }

    #[inline(always)]
    unsafe fn add(mut a: Self::V, b: Self::V) -> Self::V {
        for lane in 0..8 {
            a[lane] += b[lane];
        }
        a
    }

    #[inline(always)]
    unsafe fn mul(mut a: Self::V, b: Self::V) -> Self::V {
        for lane in 0..8 {
            a[lane] *= b[lane];
        }
        a
    }

    #[inline(always)]
    unsafe fn select_positive(key: Self::V, a: Self::V, mut b: Self::V) -> Self::V {
        for lane in 0..8 {
            if key[lane] > 0.0 {
                b[lane] = a[lane];
            }
        }
        b
    }

    #[inline(always)]
    unsafe fn select_greater(key: Self::V, than: Self::V, a: Self::V, mut b: Self::V) -> Self::V {
        for lane in 0..8 {
            if key[lane] > than[lane] {
                b[lane] = a[lane];
            }
        }
        b
    }
}

/// `a·b + c` rounded once, without an FMA instruction.
///
/// The product is exact in `f64`. The sum is rounded to odd there (Boldo and
/// Melquiond 2008): 53 bits are enough for the second rounding, to 24 bits, to
/// come out as if it had been the only one.
fn software_fma(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let back = sum - product;
    let lost = (product - (sum - back)) + (c - back);
    if !sum.is_finite() || lost == 0.0 || sum.to_bits() & 1 == 1 {
        return sum as f32;
    }
    let outward = (lost > 0.0) == (sum > 0.0);
    let odd = if outward { sum.to_bits() + 1 } else { sum.to_bits() - 1 };
    f64::from_bits(odd) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    #[test]
    fn the_software_fma_rounds_once() {
        let mut stream = RngStream::new(0, "fma", 0);
        for round in 0..300_000 {
            let mut draw = || {
                let bits = stream.bits();
                let scale = libm::exp2(((bits >> 32) % 60) as f64 - 30.0) as f32;
                f32::from_bits((bits as u32) >> 9 | 0x3f80_0000) * scale
            };
            let (a, b) = (draw(), draw());
            // Every third sum nearly cancels, where a second rounding would show.
            let c = if round % 3 == 0 { -(a * b) } else { draw() };
            assert_eq!(software_fma(a, b, c).to_bits(), a.mul_add(b, c).to_bits(), "{a} {b} {c}");
        }
        for (a, b, c) in [(f32::MAX, 2.0, 0.0), (f32::NAN, 1.0, 1.0), (0.0, 1.0, -0.0)] {
            assert_eq!(software_fma(a, b, c).to_bits(), a.mul_add(b, c).to_bits(), "{a} {b} {c}");
        }
    }
}
