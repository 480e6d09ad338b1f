//! Runs a kernel, written once, with the instructions of a SIMD level.
#![expect(unsafe_code, reason = "the processor must have the instructions that are enabled")]

use super::{
    simd::{Portable, Simd},
    simd_level::SimdLevel,
};

/// A computation written once over [`Simd`].
pub(super) trait Kernel {
    /// Computes it. Implementations are `#[inline(always)]`: they must inline into
    /// the `#[target_feature]` wrapper, or they are compiled without its instructions.
    ///
    /// # Safety
    /// As for [`Simd`]; and the pointers in the fields must be valid.
    unsafe fn run<S: Simd>(&self);
}

/// Runs `kernel` at `level`.
///
/// # Safety
/// The pointers in the kernel's fields must be valid for what it reads and writes.
pub(super) unsafe fn run_at<K: Kernel>(level: SimdLevel, kernel: &K) {
    // SAFETY: a level is only ever made where the processor has its
    // instructions; the caller promises that the pointers are valid.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => avx512(kernel),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => avx2(kernel),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::PortableFma => portable_fma(kernel),
            _ => kernel.run::<Portable<false>>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512<K: Kernel>(kernel: &K) {
    // SAFETY: this function's own conditions.
    unsafe { kernel.run::<super::simd::Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<K: Kernel>(kernel: &K) {
    // SAFETY: this function's own conditions.
    unsafe { kernel.run::<super::simd::Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma")]
unsafe fn portable_fma<K: Kernel>(kernel: &K) {
    // SAFETY: this function's own conditions.
    unsafe { kernel.run::<Portable<true>>() }
}
