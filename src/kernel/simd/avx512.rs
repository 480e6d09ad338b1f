//! AVX-512F.
#![expect(unsafe_code, reason = "vector instructions have no safe interface that stays this thin")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use std::arch::x86_64 as arch;

use super::Simd;

/// 16 lanes: AVX-512F.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx512;

// SAFETY: each body is one AVX-512F instruction on its arguments; the trait
// demands that the processor has it and that pointers are valid.
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
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::_mm512_sub_ps(a, b) }
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

    #[inline(always)]
    unsafe fn tree_sums(at: *const f32) -> Self::V {
        unsafe {
            let (a, b) = (two(at, 0), two(at, 2));
            let sums = arch::_mm512_add_ps(
                arch::_mm512_shuffle_ps::<0x88>(a, b),
                arch::_mm512_shuffle_ps::<0xdd>(a, b),
            );
            // The rows 4 to 7 and 8 to 11 have changed places.
            arch::_mm512_shuffle_f32x4::<0xd8>(sums, sums)
        }
    }
}

/// Two sums of each of the rows `k` and `k + 1`, and of those 4, 8 and 12 further on.
#[inline(always)]
unsafe fn two(at: *const f32, k: usize) -> arch::__m512 {
    // SAFETY: as for `Simd::tree_sums`.
    unsafe {
        let (a, b) =
            (arch::_mm512_castps_pd(four(at, k)), arch::_mm512_castps_pd(four(at, k + 1)));
        arch::_mm512_add_ps(
            arch::_mm512_castpd_ps(arch::_mm512_unpacklo_pd(a, b)),
            arch::_mm512_castpd_ps(arch::_mm512_unpackhi_pd(a, b)),
        )
    }
}

/// Four sums of each of the rows `k`, `k + 8`, `k + 4` and `k + 12`.
#[inline(always)]
unsafe fn four(at: *const f32, k: usize) -> arch::__m512 {
    // SAFETY: as for `Simd::tree_sums`.
    unsafe {
        let (a, b) = (eight(at, k), eight(at, k + 4));
        arch::_mm512_add_ps(
            arch::_mm512_shuffle_f32x4::<0x88>(a, b),
            arch::_mm512_shuffle_f32x4::<0xdd>(a, b),
        )
    }
}

/// Eight sums of each of the rows `k` and `k + 8`.
#[inline(always)]
unsafe fn eight(at: *const f32, k: usize) -> arch::__m512 {
    // SAFETY: as for `Simd::tree_sums`.
    unsafe {
        let (a, b) =
            (arch::_mm512_loadu_ps(at.add(16 * k)), arch::_mm512_loadu_ps(at.add(16 * k + 128)));
        arch::_mm512_add_ps(
            arch::_mm512_shuffle_f32x4::<0x44>(a, b),
            arch::_mm512_shuffle_f32x4::<0xee>(a, b),
        )
    }
}
