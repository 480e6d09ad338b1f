//! NEON, which every 64-bit ARM processor has.
#![expect(unsafe_code, reason = "vector instructions have no safe interface that stays this thin")]
#![expect(clippy::inline_always, reason = "must inline into the kernels")]

use std::arch::aarch64 as arch;

use super::Simd;

/// 4 lanes.
#[derive(Clone, Copy)]
pub(in super::super) struct Neon;

// SAFETY: each body is one or two NEON instructions on its arguments; the trait
// demands that pointers are valid.
#[expect(clippy::undocumented_unsafe_blocks, reason = "the comment above is for every body")]
impl Simd for Neon {
    type V = arch::float32x4_t;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self::V {
        unsafe { arch::vld1q_f32(at) }
    }

    #[inline(always)]
    unsafe fn store(at: *mut f32, v: Self::V) {
        unsafe { arch::vst1q_f32(at, v) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { arch::vdupq_n_f32(x) }
    }

    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { arch::vfmaq_f32(c, a, b) }
    }

    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::vaddq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::vsubq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::vmulq_f32(a, b) }
    }

    #[inline(always)]
    unsafe fn select_positive(key: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::vbslq_f32(arch::vcgtzq_f32(key), a, b) }
    }

    #[inline(always)]
    unsafe fn select_greater(key: Self::V, than: Self::V, a: Self::V, b: Self::V) -> Self::V {
        unsafe { arch::vbslq_f32(arch::vcgtq_f32(key, than), a, b) }
    }

    #[inline(always)]
    unsafe fn tree_sums(at: *const f32) -> Self::V {
        let mut sums = [0.0; 4];
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum = super::tree_sum(unsafe { at.add(16 * k).cast::<[f32; 16]>().read_unaligned() });
        }
        unsafe { Self::load(sums.as_ptr()) }
    }
}
