//! Plain Rust.
#![expect(unsafe_code, reason = "vector instructions have no safe interface that stays this thin")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{Simd, tree_sum};

/// 8 lanes of plain Rust. `FMA` says that the compiler may use an FMA
/// instruction where this runs; without, [`software_fma`] computes the same bits with
/// nothing but additions and multiplications, slowly, on any processor.
#[derive(Clone, Copy)]
pub(in super::super) struct Portable<const FMA: bool>;

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
    unsafe fn sub(mut a: Self::V, b: Self::V) -> Self::V {
        for lane in 0..8 {
            a[lane] -= b[lane];
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

    #[inline(always)]
    unsafe fn tree_sums(at: *const f32) -> Self::V {
        let mut sums = [0.0; 8];
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum = tree_sum(unsafe { at.add(16 * k).cast::<[f32; 16]>().read_unaligned() });
        }
        sums
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
