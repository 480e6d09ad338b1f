//! Runs a kernel, written once, with the instructions of a level.
//!
//! Knows nothing of what kernels compute.
#![expect(unsafe_code, reason = "enabling instructions is a promise about the processor")]

use super::{
    level::Level,
    simd::{Portable, Simd},
};

/// A computation written once over [`Simd`].
pub(super) trait Kernel {
    /// Does it. Implementations are `#[inline(always)]`, so that they melt
    /// into the function that enables the instructions.
    ///
    /// # Safety
    /// As for [`Simd`]; and what the fields promise about pointers must hold.
    unsafe fn run<S: Simd>(&self);
}

/// Runs `kernel` at `level`.
///
/// # Safety
/// What the kernel's fields promise about pointers must hold.
pub(super) unsafe fn run_at<K: Kernel>(level: Level, kernel: &K) {
    // SAFETY: a level is only ever made where the processor has its
    // instructions; the caller answers for the pointers.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512(kernel),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2(kernel),
            #[cfg(target_arch = "x86_64")]
            Level::PortableFma => portable_fma(kernel),
            _ => kernel.run::<Portable<false>>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512<K: Kernel>(kernel: &K) {
    // SAFETY: the same promises as this function's.
    unsafe { kernel.run::<super::simd::Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<K: Kernel>(kernel: &K) {
    // SAFETY: the same promises as this function's.
    unsafe { kernel.run::<super::simd::Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma")]
unsafe fn portable_fma<K: Kernel>(kernel: &K) {
    // SAFETY: the same promises as this function's.
    unsafe { kernel.run::<Portable<true>>() }
}
