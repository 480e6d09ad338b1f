//! The convolution: transform tiles, multiply with the filters, transform back.
//!
//! Each element of a transformed output is a sum over the input channels in their
//! order, from 0, with fused multiply-add. How the work is divided changes no bit.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use std::ops::Range;

use super::{
    super::{
        ConvShape,
        dispatch::{Kernel, run_at},
        leaky_relu,
        parallel::{SharedBuffer, parallel_for},
        simd::{Simd, unroll},
        simd_level::SimdLevel,
    },
    filters::{Filters, OUTPUTS_PER_BLOCK},
    strips::{Strip, strips},
    tiles::{Planes, transform_input},
    transforms::{Output, square},
};

/// Memory that the transformed tiles of one task may take, so that they stay in cache.
const BYTES_PER_TASK: usize = 400 << 10;

/// With more transformed filters than this they are read once for all columns.
const MOST_FILTER_BYTES: usize = 4 << 20;

/// Columns of a strip whose inputs several tasks share.
const SHARED_COLUMNS: usize = 64;

/// Outputs of one task that shares its inputs with others.
const OUTPUTS_PER_TASK: usize = 32;

/// What is added to the products, and what follows.
#[derive(Clone, Copy)]
pub(super) struct Epilogue<'a> {
    pub(super) bias: Option<&'a [f32]>,
    pub(super) leaky: bool,
}

/// `(O, H, W, B)` from `x: (I, H, W, B)`.
pub(super) fn convolve(
    level: SimdLevel,
    shape: ConvShape,
    x: &[f32],
    filters: &Filters,
    epilogue: Epilogue<'_>,
) -> Vec<f32> {
    let n = shape.outputs * shape.channel_len();
    let mut out = Vec::with_capacity(n);
    let convolution = Convolution {
        level,
        shape,
        x: x.as_ptr(),
        filters,
        epilogue,
        out: SharedBuffer::uninitialized(&mut out),
    };
    if 36 * shape.inputs * shape.outputs * size_of::<f32>() > MOST_FILTER_BYTES {
        convolution.by_outputs();
    } else {
        convolution.by_strips();
    }
    // SAFETY: every strip of every output has been written.
    unsafe { out.set_len(n) };
    out
}

struct Convolution<'a> {
    level: SimdLevel,
    shape: ConvShape,
    x: *const f32,
    filters: &'a Filters,
    epilogue: Epilogue<'a>,
    out: SharedBuffer,
}

// SAFETY: `x` is only read, and `out` is written in disjoint parts.
unsafe impl Sync for Convolution<'_> {}

impl Convolution<'_> {
    /// Each task computes all outputs of one strip.
    fn by_strips(&self) {
        let per_column = 36 * (self.shape.inputs + self.shape.outputs) * size_of::<f32>();
        let strips = strips(self.shape, BYTES_PER_TASK / per_column);
        parallel_for(strips.len(), |number| {
            let strip = &strips[number];
            let mut inputs = Planes::new(self.shape.inputs, strip.columns());
            self.transform(strip, &mut inputs, 0..self.shape.inputs);
            self.multiply(strip, &mut inputs, 0..self.shape.outputs);
        });
    }

    /// Strip by strip, tasks first share the transform of the inputs and then the outputs.
    fn by_outputs(&self) {
        for strip in strips(self.shape, SHARED_COLUMNS) {
            let mut inputs = Planes::new(self.shape.inputs, strip.columns());
            let (start, stride) = (SharedBuffer::of(inputs.start()), inputs.stride());
            let channels_per_task = 8;
            parallel_for(self.shape.inputs.div_ceil(channels_per_task), |number| {
                let first = number * channels_per_task;
                let channels = first..(first + channels_per_task).min(self.shape.inputs);
                let task = InputTask {
                    convolution: self,
                    strip: &strip,
                    channels,
                    to: start.as_ptr(),
                    stride,
                };
                // SAFETY: each task writes the rows of its own channels.
                unsafe { run_at(self.level, &task) }
            });
            parallel_for(self.shape.outputs.div_ceil(OUTPUTS_PER_TASK), |number| {
                let first = number * OUTPUTS_PER_TASK;
                let outputs = first..(first + OUTPUTS_PER_TASK).min(self.shape.outputs);
                self.multiply_from(&strip, start.as_ptr(), stride, outputs);
            });
        }
    }

    fn transform(&self, strip: &Strip, inputs: &mut Planes, channels: Range<usize>) {
        let stride = inputs.stride();
        let task = InputTask { convolution: self, strip, channels, to: inputs.start(), stride };
        // SAFETY: `inputs` has room for the strip's columns of every channel.
        unsafe { run_at(self.level, &task) }
    }

    fn multiply(&self, strip: &Strip, inputs: &mut Planes, outputs: Range<usize>) {
        let stride = inputs.stride();
        self.multiply_from(strip, inputs.start(), stride, outputs);
    }

    fn multiply_from(
        &self,
        strip: &Strip,
        inputs: *const f32,
        input_stride: usize,
        outputs: Range<usize>,
    ) {
        let mut products = Planes::new(outputs.len(), strip.columns());
        let stride = products.stride();
        let task = ProductTask {
            convolution: self,
            strip,
            inputs,
            input_stride,
            products: products.start(),
            stride,
            outputs,
        };
        // SAFETY: `inputs` holds the strip's transformed inputs, `products` has room for
        // the outputs, and these outputs of this strip are written by this task alone.
        unsafe { run_at(self.level, &task) }
    }
}

struct InputTask<'a> {
    convolution: &'a Convolution<'a>,
    strip: &'a Strip,
    channels: Range<usize>,
    to: *mut f32,
    stride: usize,
}

impl Kernel for InputTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        let (shape, x) = (self.convolution.shape, self.convolution.x);
        for channel in self.channels.clone() {
            // SAFETY: as promised by the caller.
            unsafe {
                let to = self.to.add(channel * self.strip.columns());
                transform_input::<S>(shape, x, channel, self.strip, to, self.stride);
            }
        }
    }
}

struct ProductTask<'a> {
    convolution: &'a Convolution<'a>,
    strip: &'a Strip,
    inputs: *const f32,
    input_stride: usize,
    /// `(36, outputs, columns)`.
    products: *mut f32,
    stride: usize,
    outputs: Range<usize>,
}

impl Kernel for ProductTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller; columns are a multiple of 16.
        unsafe {
            for element in 0..36 {
                self.multiply::<S>(element);
            }
            for o in 0..self.outputs.len() {
                self.transform_back::<S>(o);
            }
        }
    }
}

impl ProductTask<'_> {
    /// The product of filters and inputs at one element of the transformed tile.
    #[inline(always)]
    unsafe fn multiply<S: Simd>(&self, element: usize) {
        // SAFETY: offsets stay inside the matrices of this element.
        unsafe {
            let columns = self.strip.columns();
            let inputs = self.inputs.add(element * self.input_stride);
            let products = self.products.add(element * self.stride);
            for o in self.outputs.clone().step_by(4) {
                let filters = self
                    .convolution
                    .filters
                    .block(element, o / OUTPUTS_PER_BLOCK)
                    .add(o % OUTPUTS_PER_BLOCK);
                let to = products.add((o - self.outputs.start) * columns);
                let mut at = 0;
                if S::LANES == 16 {
                    while at + 64 <= columns {
                        self.tile::<S, 4>(filters, inputs.add(at), to.add(at));
                        at += 64;
                    }
                    while at + 32 <= columns {
                        self.tile::<S, 2>(filters, inputs.add(at), to.add(at));
                        at += 32;
                    }
                    while at < columns {
                        self.tile::<S, 1>(filters, inputs.add(at), to.add(at));
                        at += 16;
                    }
                } else {
                    while S::LANES == 8 && at + 48 <= columns {
                        self.tile::<S, 3>(filters, inputs.add(at), to.add(at));
                        self.tile::<S, 3>(filters, inputs.add(at + 24), to.add(at + 24));
                        at += 48;
                    }
                    while at < columns {
                        self.tile::<S, 2>(filters, inputs.add(at), to.add(at));
                        at += 2 * S::LANES;
                    }
                }
            }
        }
    }

    /// 4 outputs × V vectors of columns.
    #[inline(always)]
    unsafe fn tile<S: Simd, const V: usize>(
        &self,
        filters: *const f32,
        inputs: *const f32,
        to: *mut f32,
    ) {
        // SAFETY: as promised by the caller.
        unsafe {
            let columns = self.strip.columns();
            let mut acc = [[S::splat(0.0); V]; 4];
            for i in 0..self.convolution.shape.inputs {
                let mut x = [S::splat(0.0); V];
                unroll!(v < V, {
                    x[v] = S::load(inputs.add(i * columns + v * S::LANES));
                });
                unroll!(o < 4, {
                    let weight = S::splat(*filters.add(i * OUTPUTS_PER_BLOCK + o));
                    unroll!(v < V, {
                        acc[o][v] = S::fma(x[v], weight, acc[o][v]);
                    });
                });
            }
            unroll!(o < 4, {
                unroll!(v < V, {
                    S::store(to.add(o * columns + v * S::LANES), acc[o][v]);
                });
            });
        }
    }

    /// Aᵀ m A, bias and activation of one output, written to the image.
    #[inline(always)]
    unsafe fn transform_back<S: Simd>(&self, o: usize) {
        // SAFETY: the strip's tiles lie inside the image.
        unsafe {
            let Convolution { shape, epilogue, out, .. } = self.convolution;
            let (row, batch) = (shape.width * shape.padded_batch, shape.padded_batch);
            let across = shape.width / 4;
            let output = self.outputs.start + o;
            let bias = epilogue.bias.map_or(0.0, |bias| bias[output]);
            let mut from = self.products.cast_const().add(o * self.strip.columns());
            for tile in self.strip.tiles.clone() {
                let (top, left) = (tile / across * 4, tile % across * 4);
                let to =
                    out.as_ptr().add(output * shape.channel_len() + top * row + left * batch);
                let mut example = self.strip.examples.start;
                while example < self.strip.examples.end {
                    let mut m = [[S::splat(0.0); 6]; 6];
                    for (y, line) in m.iter_mut().enumerate() {
                        for (x, value) in line.iter_mut().enumerate() {
                            *value = S::load(from.add((6 * y + x) * self.stride));
                        }
                    }
                    let image = square::<S, Output, 6, 4>(m);
                    for (y, line) in image.iter().enumerate() {
                        for (x, &value) in line.iter().enumerate() {
                            let value = match epilogue.bias {
                                Some(_) => S::add(value, S::splat(bias)),
                                None => value,
                            };
                            let value =
                                if epilogue.leaky { leaky_relu::<S>(value) } else { value };
                            S::store(to.add(y * row + x * batch + example), value);
                        }
                    }
                    from = from.add(S::LANES);
                    example += S::LANES;
                }
            }
        }
    }
}
