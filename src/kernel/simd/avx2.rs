//! AVX2 and FMA.
#![expect(unsafe_code, reason = "vector instructions have no safe interface that stays this thin")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use std::arch::x86_64 as arch;

use super::Simd;

/// 8 lanes: AVX2 and FMA.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx2;

// SAFETY: each body is one or two AVX2 or FMA instructions on its arguments;
// the trait demands that the processor has them and that pointers are valid.
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
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::_mm256_sub_ps(a, b) }
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

    #[inline(always)]
    unsafe fn tree_sums(at: *const f32) -> Self::V {
        unsafe {
            let four0 = four(at, 0);
            let four1 = four(at, 1);
            let four2 = four(at, 2);
            let four3 = four(at, 3);
            let (a, b) = (two(four0, four1), two(four2, four3));
            arch::_mm256_add_ps(
                arch::_mm256_shuffle_ps::<0x88>(a, b),
                arch::_mm256_shuffle_ps::<0xdd>(a, b),
            )
        }
    }
}

/// Four sums each of the rows `k` and `k + 4`.
#[inline(always)]
unsafe fn four(at: *const f32, k: usize) -> arch::__m256 {
    // SAFETY: as for `Simd::tree_sums`.
    unsafe {
        let (a, b) = (eight(at, k), eight(at, k + 4));
        arch::_mm256_add_ps(
            arch::_mm256_permute2f128_ps::<0x20>(a, b),
            arch::_mm256_permute2f128_ps::<0x31>(a, b),
        )
    }
}

/// Eight sums of row `k`.
#[inline(always)]
unsafe fn eight(at: *const f32, k: usize) -> arch::__m256 {
    // SAFETY: as for `Simd::tree_sums`.
    unsafe {
        arch::_mm256_add_ps(
            arch::_mm256_loadu_ps(at.add(16 * k)),
            arch::_mm256_loadu_ps(at.add(16 * k + 8)),
        )
    }
}

/// Two sums of each of four rows, from four sums of each.
#[inline(always)]
unsafe fn two(a: arch::__m256, b: arch::__m256) -> arch::__m256 {
    // SAFETY: as for `Simd`.
    unsafe {
        let (a, b) = (arch::_mm256_castps_pd(a), arch::_mm256_castps_pd(b));
        arch::_mm256_add_ps(
            arch::_mm256_castpd_ps(arch::_mm256_unpacklo_pd(a, b)),
            arch::_mm256_castpd_ps(arch::_mm256_unpackhi_pd(a, b)),
        )
    }
}
