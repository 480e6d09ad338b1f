//! Gradients of convolution weights and biases.
//!
//! Knows nothing of tapes or of why it is called.
//!
//! `dW[o, i, tap] = Σ dy[o, y, x, b] · in[i, y + ky, x + kx, b]` is added up in
//! 16 virtual lanes (example `b` in lane `b mod 16`), in the order of rows,
//! columns and groups of examples, and the lanes by a fixed tree. A task owns a
//! block of output channels; it first takes the activation's slope into `dy`,
//! a few rows at a time, so that these are still in cache when they are used.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(
    clippy::inline_always,
    reason = "kernels melt into the function that enables instructions"
)]

use super::{
    ConvShape, GROUP, KernelSize, SLOPE, WeightGradient,
    dispatch::{Kernel, run_at},
    level::Level,
    parallel::{Shared, for_each},
    simd::{Simd, unroll},
};

/// Output channels of one task.
const BLOCK: usize = 4;

/// Elements of one channel that are worked on at a time.
const TILE: usize = 8192;

/// See [`super::weight_gradient`].
pub(super) fn weights(
    level: Level,
    window: KernelSize,
    g: ConvShape,
    x: &[f32],
    dy: &mut [f32],
    activated: Option<&[f32]>,
    per_example: Option<&[f32]>,
) -> WeightGradient {
    let taps = if window == KernelSize::One { 1 } else { 9 };
    assert_eq!(x.len(), g.inputs * g.plane(), "input of {g:?}");
    assert_eq!(dy.len(), g.outputs * g.plane(), "output gradient of {g:?}");
    assert!(activated.is_none_or(|y| y.len() == dy.len()), "output of {g:?}");
    assert!(per_example.is_none_or(|f| f.len() == g.lanes), "a factor for each lane of {g:?}");
    assert!(g.lanes.is_multiple_of(GROUP) && (taps == 1 || g.width >= 2), "{g:?}");
    let mut gradient = WeightGradient {
        weight: vec![0.0; g.outputs * g.inputs * taps],
        bias: vec![0.0; g.outputs],
    };
    let (weight, bias) = (Shared::new(&mut gradient.weight), Shared::new(&mut gradient.bias));
    let dy = Shared::new(dy);
    let tasks = tasks(g);
    for_each(tasks.len(), |index| {
        let (outputs, inputs) = tasks[index].clone();
        let block = Block {
            g,
            taps,
            x: x.as_ptr(),
            dy,
            activated,
            per_example,
            outputs,
            inputs,
            weight,
            bias,
        };
        // SAFETY: all lengths are checked above; a task writes the weights of
        // its own channels, and `dy` of its own output channels only when it
        // is the only task that reads them (`tasks`).
        unsafe { run_at(level, &block) }
    });
    gradient
}

type Part = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Cuts the work into blocks of output channels × all input channels.
fn tasks(g: ConvShape) -> Vec<Part> {
    (0..g.outputs).step_by(BLOCK).map(|o| (o..(o + BLOCK).min(g.outputs), 0..g.inputs)).collect()
}

struct Block<'a> {
    g: ConvShape,
    taps: usize,
    x: *const f32,
    dy: Shared,
    activated: Option<&'a [f32]>,
    per_example: Option<&'a [f32]>,
    outputs: std::ops::Range<usize>,
    inputs: std::ops::Range<usize>,
    weight: Shared,
    bias: Shared,
}

impl Kernel for Block<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller.
        unsafe {
            let wide = S::LANES == 16;
            match (self.outputs.len(), self.taps) {
                (BLOCK, 9) if wide => self.work::<S, BLOCK, 2, 3>(),
                (BLOCK, 9) => self.work::<S, BLOCK, 1, 3>(),
                (BLOCK, _) => self.work::<S, BLOCK, 2, 1>(),
                (3, 9) => self.work::<S, 3, 1, 3>(),
                (3, _) => self.work::<S, 3, 2, 1>(),
                (2, 9) => self.work::<S, 2, 1, 3>(),
                (2, _) => self.work::<S, 2, 2, 1>(),
                (_, 9) => self.work::<S, 1, 2, 3>(),
                (_, _) => self.work::<S, 1, 2, 1>(),
            }
        }
    }
}

impl Block<'_> {
    /// O output channels with all input channels, I at a time; K×K taps.
    #[inline(always)]
    unsafe fn work<S: Simd, const O: usize, const I: usize, const K: usize>(&self) {
        // SAFETY: as promised by the caller; `sums` and `scaled` are as long
        // as their uses need.
        unsafe {
            let row = self.g.width * self.g.lanes;
            let rows_each = (TILE / row).clamp(1, self.g.height);
            let mut sums = vec![0.0_f32; O * self.inputs.len() * K * K * GROUP];
            let mut bias_sums = vec![0.0_f32; O * GROUP];
            let mut scaled = vec![0.0_f32; self.per_example.map_or(0, |_| O * rows_each * row)];
            for from in (0..self.g.height).step_by(rows_each) {
                let rows = from..(from + rows_each).min(self.g.height);
                let mut dy = [std::ptr::null(); O];
                for (o, start) in dy.iter_mut().enumerate() {
                    let own = scaled.as_mut_ptr().add(if scaled.is_empty() {
                        0
                    } else {
                        o * rows_each * row
                    });
                    *start = self.prepare::<S>(
                        o,
                        rows.clone(),
                        own,
                        &mut bias_sums[o * GROUP..][..GROUP],
                    );
                }
                let mut i = self.inputs.start;
                while i < self.inputs.end {
                    let at = sums.as_mut_ptr().add((i - self.inputs.start) * O * K * K * GROUP);
                    if i + I <= self.inputs.end {
                        self.add::<S, O, I, K>(dy, rows.clone(), i, at);
                        i += I;
                    } else {
                        self.add::<S, O, 1, K>(dy, rows.clone(), i, at);
                        i += 1;
                    }
                }
            }
            self.finish::<O, I, K>(&sums, &bias_sums);
        }
    }

    /// Takes the activation's slope into some rows of `dy`, adds them to the
    /// bias's gradient, and returns where the rows to use start: `dy` itself,
    /// or `scaled` if examples have factors.
    #[inline(always)]
    unsafe fn prepare<S: Simd>(
        &self,
        o: usize,
        rows: std::ops::Range<usize>,
        scaled: *mut f32,
        bias: &mut [f32],
    ) -> *const f32 {
        // SAFETY: rows lie inside channel `o` of `dy`; the caller sized `scaled` and `bias`.
        unsafe {
            let row = self.g.width * self.g.lanes;
            let start = (self.outputs.start + o) * self.g.plane() + rows.start * row;
            let dy = self.dy.start().add(start);
            let mut part = 0;
            while part < GROUP {
                let mut sum = S::load(bias.as_ptr().add(part));
                let mut at = part;
                while at < rows.len() * row {
                    let mut v = S::load(dy.add(at));
                    if let Some(y) = self.activated {
                        let key = S::load(y.as_ptr().add(start + at));
                        v = S::where_positive(key, v, S::mul(v, S::splat(SLOPE)));
                        S::store(dy.add(at), v);
                    }
                    if let Some(factors) = self.per_example {
                        v = S::mul(v, S::load(factors.as_ptr().add(at % self.g.lanes)));
                        S::store(scaled.add(at), v);
                    }
                    sum = S::add(sum, v);
                    at += GROUP;
                }
                S::store(bias.as_mut_ptr().add(part), sum);
                part += S::LANES;
            }
            if self.per_example.is_some() { scaled } else { dy }
        }
    }

    /// Adds the products of some rows to the sums of I input channels.
    #[inline(always)]
    unsafe fn add<S: Simd, const O: usize, const I: usize, const K: usize>(
        &self,
        dy: [*const f32; O],
        rows: std::ops::Range<usize>,
        i: usize,
        sums: *mut f32,
    ) {
        // SAFETY: the row above the first and below the last are left out, as
        // are columns outside the image.
        unsafe {
            let row = self.g.width * self.g.lanes;
            for ky in 0..K {
                let mut part = 0;
                while part < GROUP {
                    let mut acc = [[[S::splat(0.0); K]; I]; O];
                    let slot = |o: usize, i: usize, kx: usize| {
                        sums.add((((i * O + o) * K + ky) * K + kx) * GROUP + part)
                    };
                    unroll!(o < O, {
                        unroll!(i < I, {
                            unroll!(kx < K, {
                                acc[o][i][kx] = S::load(slot(o, i, kx));
                            });
                        });
                    });
                    for (index, y) in rows.clone().enumerate() {
                        let from = y + ky;
                        if from < K / 2 || from - K / 2 >= self.g.height {
                            continue;
                        }
                        let x = self.x.add(i * self.g.plane() + (from - K / 2) * row + part);
                        self.row::<S, O, I, K>(
                            &mut acc,
                            dy.map(|start| start.add(index * row + part)),
                            x,
                        );
                    }
                    unroll!(o < O, {
                        unroll!(i < I, {
                            unroll!(kx < K, {
                                S::store(slot(o, i, kx), acc[o][i][kx]);
                            });
                        });
                    });
                    part += S::LANES;
                }
            }
        }
    }

    /// One row of `dy` against one row of the input.
    #[inline(always)]
    unsafe fn row<S: Simd, const O: usize, const I: usize, const K: usize>(
        &self,
        acc: &mut [[[S::V; K]; I]; O],
        dy: [*const f32; O],
        x: *const f32,
    ) {
        // SAFETY: offsets stay inside the rows; columns left and right of the
        // image are left out.
        unsafe {
            let (lanes, row) = (self.g.lanes, self.g.width * self.g.lanes);
            let mut at = 0;
            while K == 3 && at < lanes {
                self.products::<S, O, I, K, true, false>(acc, dy, x, at);
                at += GROUP;
            }
            while at < row - if K == 3 { lanes } else { 0 } {
                self.products::<S, O, I, K, false, false>(acc, dy, x, at);
                at += GROUP;
            }
            while at < row {
                self.products::<S, O, I, K, false, true>(acc, dy, x, at);
                at += GROUP;
            }
        }
    }

    /// The products of one pixel and one group of examples.
    #[inline(always)]
    unsafe fn products<
        S: Simd,
        const O: usize,
        const I: usize,
        const K: usize,
        const FIRST: bool,
        const LAST: bool,
    >(
        &self,
        acc: &mut [[[S::V; K]; I]; O],
        dy: [*const f32; O],
        x: *const f32,
        at: usize,
    ) {
        // SAFETY: as in `row`.
        unsafe {
            let mut d = [S::splat(0.0); O];
            unroll!(o < O, {
                d[o] = S::load(dy[o].add(at));
            });
            unroll!(i < I, {
                unroll!(kx < K, {
                    if !(FIRST && kx == 0 || LAST && kx == K - 1) {
                        let from =
                            i * self.g.plane() + at + kx * self.g.lanes - K / 2 * self.g.lanes;
                        let v = S::load(x.add(from));
                        unroll!(o < O, {
                            acc[o][i][kx] = S::fma(d[o], v, acc[o][i][kx]);
                        });
                    }
                });
            });
        }
    }

    /// Adds the lanes up and writes the gradients.
    unsafe fn finish<const O: usize, const I: usize, const K: usize>(
        &self,
        sums: &[f32],
        bias: &[f32],
    ) {
        // SAFETY: a task writes the gradients of its own channels.
        unsafe {
            for (o, channel) in self.outputs.clone().enumerate() {
                for (place, i) in self.inputs.clone().enumerate() {
                    let at = self.weight.start().add((channel * self.g.inputs + i) * K * K);
                    for tap in 0..K * K {
                        let lanes = &sums[((place * O + o) * K * K + tap) * GROUP..][..GROUP];
                        *at.add(tap) = tree(lanes);
                    }
                }
                *self.bias.start().add(channel) = tree(&bias[o * GROUP..][..GROUP]);
            }
        }
    }
}

/// The sum of 16 lanes, always in the same order.
fn tree(lanes: &[f32]) -> f32 {
    let mut sums: [f32; GROUP] = std::array::from_fn(|lane| lanes[lane]);
    let mut half = GROUP / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}
