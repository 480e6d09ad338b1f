//! 1×1 convolution, batch last: forward, and the gradient of its input. On a
//! 1×1 image this is a dense layer.
//!
//! Knows nothing of tapes or of why it is called.
//!
//! Each output element is `bias + Σ over input channels`, added in that order
//! with fused multiply-add.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(
    clippy::inline_always,
    reason = "kernels melt into the function that enables instructions"
)]

use super::{
    ConvShape,
    dispatch::{Kernel, run_at},
    level::Level,
    pack::{self, Packed},
    parallel::{Shared, for_each},
    simd::{Simd, unroll},
};

/// Elements of a channel that one task computes; a multiple of 16.
const CHUNK: usize = 2048;

/// `(O, H, W, B)` from `x: (I, H, W, B)`, `weight: (O, I, 1, 1)`, `bias: (O)`;
/// with LeakyReLU on top if `leaky`.
pub(super) fn forward(
    level: Level,
    g: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    g.check(x, weight, 1);
    assert_eq!(bias.len(), g.outputs, "one bias for each output channel");
    let packed = pack::forward(weight, g.outputs, g.inputs, 1, pack::width(level));
    convolve(level, g, x, &packed, Some(bias), leaky)
}

/// `(I, H, W, B)`: the gradient of the input from that of the output.
pub(super) fn input_gradient(level: Level, g: ConvShape, dy: &[f32], weight: &[f32]) -> Vec<f32> {
    let flipped = ConvShape { inputs: g.outputs, outputs: g.inputs, ..g };
    flipped.check(dy, weight, 1);
    let packed = pack::flipped(weight, g.outputs, g.inputs, 1, pack::width(level));
    convolve(level, flipped, dy, &packed, None, false)
}

fn convolve(
    level: Level,
    g: ConvShape,
    x: &[f32],
    packed: &Packed,
    bias: Option<&[f32]>,
    leaky: bool,
) -> Vec<f32> {
    let n = g.outputs * g.plane();
    let mut out = Vec::with_capacity(n);
    let shared = Shared::of_capacity(&mut out);
    for_each(g.plane().div_ceil(CHUNK), |task| {
        let from = task * CHUNK;
        let to = (from + CHUNK).min(g.plane());
        let strip = Strip { g, x: x.as_ptr(), packed, bias, leaky, out: shared, from, to };
        // SAFETY: `x`, weights and bias have the lengths that `check` demands;
        // `out` has room for every output, and each strip writes its own
        // positions of it.
        unsafe { run_at(level, &strip) }
    });
    // SAFETY: the strips together have written all `n` elements.
    unsafe { out.set_len(n) };
    out
}

struct Strip<'a> {
    g: ConvShape,
    x: *const f32,
    packed: &'a Packed,
    bias: Option<&'a [f32]>,
    leaky: bool,
    out: Shared,
    from: usize,
    to: usize,
}

impl Kernel for Strip<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller; channels hold a multiple of 16 elements.
        unsafe {
            let mut o = 0;
            while o < self.g.outputs {
                let wide = self.packed.width_at(o);
                let mut at = self.from;
                while at < self.to {
                    match wide {
                        4 => self.tile::<S, 4>(o, at),
                        2 => self.tile::<S, 2>(o, at),
                        _ => self.tile::<S, 1>(o, at),
                    }
                    at += 16;
                }
                o += wide;
            }
        }
    }
}

impl Strip<'_> {
    /// Computes O channels × 16 positions.
    #[inline(always)]
    unsafe fn tile<S: Simd, const O: usize>(&self, o: usize, at: usize) {
        // SAFETY: all offsets stay inside `x`, the packed weights and `out`.
        unsafe {
            let weights = self.packed.block(o, self.g.inputs, 1);
            let mut part = at;
            while part < at + 16 {
                let mut acc = [S::splat(0.0); O];
                if let Some(bias) = self.bias {
                    unroll!(channel < O, {
                        acc[channel] = S::splat(*bias.as_ptr().add(o + channel));
                    });
                }
                for i in 0..self.g.inputs {
                    let v = S::load(self.x.add(i * self.g.plane() + part));
                    unroll!(channel < O, {
                        let weight = S::splat(*weights.add(i * O + channel));
                        acc[channel] = S::fma(v, weight, acc[channel]);
                    });
                }
                unroll!(channel < O, {
                    let v = acc[channel];
                    let v = if self.leaky { super::leaky::<S>(v) } else { v };
                    S::store(self.out.start().add((o + channel) * self.g.plane() + part), v);
                });
                part += S::LANES;
            }
        }
    }
}
