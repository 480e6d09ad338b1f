//! Gradients of convolution weights and biases.
//!
//! `dW[o, i, tap] = Σ dy[o, y, x, b] · in[i, y + ky, x + kx, b]` is added up in
//! 16 partial sums (example `b` in the one numbered `b mod 16`), in the order of
//! rows, columns and examples, and the partial sums by a fixed tree. A task
//! computes some output channels; it first multiplies `dy` by the activation's
//! slope, a few rows at a time, so that these are still in cache when they are used.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{
    BATCH_MULTIPLE, ConvShape, KernelSize, LEAKY_SLOPE, WeightGradient,
    dispatch::{Kernel, run_at},
    parallel::{SharedBuffer, parallel_for},
    simd::{Simd, unroll},
    simd_level::SimdLevel,
};

/// Sums over the batch are kept in so many parts, whatever the instructions.
const PARTIAL_SUMS: usize = BATCH_MULTIPLE;

/// Output channels of one task.
const CHANNELS_PER_TASK: usize = 4;

/// Elements of one channel that are processed at a time.
const ELEMENTS_PER_PASS: usize = 8192;

/// See [`super::weight_gradient`].
pub(super) fn weights(
    level: SimdLevel,
    kernel_size: KernelSize,
    shape: ConvShape,
    x: &[f32],
    dy: &mut [f32],
    activated: Option<&[f32]>,
    example_weights: Option<&[f32]>,
) -> WeightGradient {
    let taps = if kernel_size == KernelSize::One { 1 } else { 9 };
    assert_eq!(x.len(), shape.inputs * shape.channel_len(), "input of {shape:?}");
    assert_eq!(dy.len(), shape.outputs * shape.channel_len(), "output gradient of {shape:?}");
    assert!(activated.is_none_or(|y| y.len() == dy.len()), "output of {shape:?}");
    assert!(
        example_weights.is_none_or(|f| f.len() == shape.padded_batch),
        "a factor for each example of {shape:?}"
    );
    assert!(
        shape.padded_batch.is_multiple_of(BATCH_MULTIPLE) && (taps == 1 || shape.width >= 2),
        "{shape:?}"
    );
    let mut gradient = WeightGradient {
        weight: vec![0.0; shape.outputs * shape.inputs * taps],
        bias: vec![0.0; shape.outputs],
    };
    let (weight, bias) =
        (SharedBuffer::new(&mut gradient.weight), SharedBuffer::new(&mut gradient.bias));
    let dy = SharedBuffer::new(dy);
    parallel_for(shape.outputs.div_ceil(CHANNELS_PER_TASK), |number| {
        let first = number * CHANNELS_PER_TASK;
        let outputs = first..(first + CHANNELS_PER_TASK).min(shape.outputs);
        let x = x.as_ptr();
        let task = WeightGradTask {
            shape,
            taps,
            x,
            dy,
            activated,
            example_weights,
            outputs,
            weight,
            bias,
        };
        // SAFETY: all lengths are checked above; a task reads and writes `dy` of
        // its own output channels, and writes the gradients of these alone.
        unsafe { run_at(level, &task) }
    });
    gradient
}

struct WeightGradTask<'a> {
    shape: ConvShape,
    taps: usize,
    x: *const f32,
    dy: SharedBuffer,
    activated: Option<&'a [f32]>,
    example_weights: Option<&'a [f32]>,
    outputs: std::ops::Range<usize>,
    weight: SharedBuffer,
    bias: SharedBuffer,
}

impl Kernel for WeightGradTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller.
        unsafe {
            let wide = S::LANES == 16;
            match (self.outputs.len(), self.taps) {
                (CHANNELS_PER_TASK, 9) if wide => self.compute::<S, CHANNELS_PER_TASK, 2, 3>(),
                (CHANNELS_PER_TASK, 9) => self.compute::<S, CHANNELS_PER_TASK, 1, 3>(),
                (CHANNELS_PER_TASK, _) => self.compute::<S, CHANNELS_PER_TASK, 2, 1>(),
                (3, 9) => self.compute::<S, 3, 1, 3>(),
                (3, _) => self.compute::<S, 3, 2, 1>(),
                (2, 9) => self.compute::<S, 2, 1, 3>(),
                (2, _) => self.compute::<S, 2, 2, 1>(),
                (_, 9) => self.compute::<S, 1, 2, 3>(),
                (_, _) => self.compute::<S, 1, 2, 1>(),
            }
        }
    }
}

impl WeightGradTask<'_> {
    /// O output channels with all input channels, I at a time; K×K taps.
    #[inline(always)]
    unsafe fn compute<S: Simd, const O: usize, const I: usize, const K: usize>(&self) {
        // SAFETY: as promised by the caller; `sums` and `scaled` are as long
        // as their uses need.
        unsafe {
            let row = self.shape.width * self.shape.padded_batch;
            let rows_each = (ELEMENTS_PER_PASS / row).clamp(1, self.shape.height);
            let mut sums = vec![0.0_f32; O * self.shape.inputs * K * K * PARTIAL_SUMS];
            let mut bias_sums = vec![0.0_f32; O * PARTIAL_SUMS];
            let mut scaled = vec![0.0_f32; self.example_weights.map_or(0, |_| O * rows_each * row)];
            for from in (0..self.shape.height).step_by(rows_each) {
                let rows = from..(from + rows_each).min(self.shape.height);
                let mut dy = [std::ptr::null(); O];
                for (o, start) in dy.iter_mut().enumerate() {
                    let own = scaled.as_mut_ptr().add(if scaled.is_empty() {
                        0
                    } else {
                        o * rows_each * row
                    });
                    *start = self.backward_activation::<S>(
                        o,
                        rows.clone(),
                        own,
                        &mut bias_sums[o * PARTIAL_SUMS..][..PARTIAL_SUMS],
                    );
                }
                let mut i = 0;
                while i < self.shape.inputs {
                    let at = sums.as_mut_ptr().add(i * O * K * K * PARTIAL_SUMS);
                    if i + I <= self.shape.inputs {
                        self.add_rows::<S, O, I, K>(dy, rows.clone(), i, at);
                        i += I;
                    } else {
                        self.add_rows::<S, O, 1, K>(dy, rows.clone(), i, at);
                        i += 1;
                    }
                }
            }
            self.write_gradients::<O, I, K>(&sums, &bias_sums);
        }
    }

    /// Multiplies some rows of `dy` by the activation's slope, adds them to the
    /// bias's gradient, and returns a pointer to the rows to use: in `dy` itself,
    /// or in `scaled` if examples have weights.
    #[inline(always)]
    unsafe fn backward_activation<S: Simd>(
        &self,
        o: usize,
        rows: std::ops::Range<usize>,
        scaled: *mut f32,
        bias: &mut [f32],
    ) -> *const f32 {
        // SAFETY: rows lie inside channel `o` of `dy`; the caller sized `scaled` and `bias`.
        unsafe {
            let row = self.shape.width * self.shape.padded_batch;
            let start = (self.outputs.start + o) * self.shape.channel_len() + rows.start * row;
            let dy = self.dy.as_ptr().add(start);
            let mut sum_offset = 0;
            while sum_offset < PARTIAL_SUMS {
                let mut sum = S::load(bias.as_ptr().add(sum_offset));
                let mut at = sum_offset;
                while at < rows.len() * row {
                    let mut v = S::load(dy.add(at));
                    if let Some(y) = self.activated {
                        let key = S::load(y.as_ptr().add(start + at));
                        v = S::select_positive(key, v, S::mul(v, S::splat(LEAKY_SLOPE)));
                        S::store(dy.add(at), v);
                    }
                    if let Some(weights) = self.example_weights {
                        v = S::mul(v, S::load(weights.as_ptr().add(at % self.shape.padded_batch)));
                        S::store(scaled.add(at), v);
                    }
                    sum = S::add(sum, v);
                    at += PARTIAL_SUMS;
                }
                S::store(bias.as_mut_ptr().add(sum_offset), sum);
                sum_offset += S::LANES;
            }
            if self.example_weights.is_some() { scaled } else { dy }
        }
    }

    /// Adds the products of some rows to the sums of I input channels.
    #[inline(always)]
    unsafe fn add_rows<S: Simd, const O: usize, const I: usize, const K: usize>(
        &self,
        dy: [*const f32; O],
        rows: std::ops::Range<usize>,
        i: usize,
        sums: *mut f32,
    ) {
        // SAFETY: the row above the first and below the last are left out, as
        // are columns outside the image.
        unsafe {
            let row = self.shape.width * self.shape.padded_batch;
            for ky in 0..K {
                let mut sum_offset = 0;
                while sum_offset < PARTIAL_SUMS {
                    let mut acc = [[[S::splat(0.0); K]; I]; O];
                    let slot = |o: usize, i: usize, kx: usize| {
                        sums.add((((i * O + o) * K + ky) * K + kx) * PARTIAL_SUMS + sum_offset)
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
                        if from < K / 2 || from - K / 2 >= self.shape.height {
                            continue;
                        }
                        let x = self
                            .x
                            .add(i * self.shape.channel_len() + (from - K / 2) * row + sum_offset);
                        self.add_row::<S, O, I, K>(
                            &mut acc,
                            dy.map(|start| start.add(index * row + sum_offset)),
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
                    sum_offset += S::LANES;
                }
            }
        }
    }

    /// One row of `dy` against one row of the input.
    #[inline(always)]
    unsafe fn add_row<S: Simd, const O: usize, const I: usize, const K: usize>(
        &self,
        acc: &mut [[[S::V; K]; I]; O],
        dy: [*const f32; O],
        x: *const f32,
    ) {
        // SAFETY: offsets stay inside the rows; columns left and right of the
        // image are left out.
        unsafe {
            let (padded_batch, row) =
                (self.shape.padded_batch, self.shape.width * self.shape.padded_batch);
            let mut at = 0;
            while K == 3 && at < padded_batch {
                self.add_products::<S, O, I, K, true, false>(acc, dy, x, at);
                at += PARTIAL_SUMS;
            }
            while at < row - if K == 3 { padded_batch } else { 0 } {
                self.add_products::<S, O, I, K, false, false>(acc, dy, x, at);
                at += PARTIAL_SUMS;
            }
            while at < row {
                self.add_products::<S, O, I, K, false, true>(acc, dy, x, at);
                at += PARTIAL_SUMS;
            }
        }
    }

    /// The products of one pixel and one vector of examples.
    #[inline(always)]
    unsafe fn add_products<
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
                        let from = i * self.shape.channel_len() + at + kx * self.shape.padded_batch
                            - K / 2 * self.shape.padded_batch;
                        let v = S::load(x.add(from));
                        unroll!(o < O, {
                            acc[o][i][kx] = S::fma(d[o], v, acc[o][i][kx]);
                        });
                    }
                });
            });
        }
    }

    /// Adds the partial sums up and writes the gradients.
    unsafe fn write_gradients<const O: usize, const I: usize, const K: usize>(
        &self,
        sums: &[f32],
        bias: &[f32],
    ) {
        // SAFETY: a task writes the gradients of its own channels.
        unsafe {
            for (o, channel) in self.outputs.clone().enumerate() {
                for i in 0..self.shape.inputs {
                    let at = self.weight.as_ptr().add((channel * self.shape.inputs + i) * K * K);
                    for tap in 0..K * K {
                        let parts =
                            &sums[((i * O + o) * K * K + tap) * PARTIAL_SUMS..][..PARTIAL_SUMS];
                        *at.add(tap) = tree_sum(parts);
                    }
                }
                *self.bias.as_ptr().add(channel) =
                    tree_sum(&bias[o * PARTIAL_SUMS..][..PARTIAL_SUMS]);
            }
        }
    }
}

/// The sum of the partial sums, always in the same order.
fn tree_sum(parts: &[f32]) -> f32 {
    let mut sums: [f32; PARTIAL_SUMS] = std::array::from_fn(|part| parts[part]);
    let mut half = PARTIAL_SUMS / 2;
    while half > 0 {
        for part in 0..half {
            sums[part] += sums[part + half];
        }
        half /= 2;
    }
    sums[0]
}
