//! The gradient of the weights: Gᵀ [Σ (A dy Aᵀ) ⊙ (Bᵀ d B)] G over all columns.
//!
//! The columns of a strip are added up in 16 partial sums and these by a fixed tree;
//! strips are added in their order within a slot, and slots in theirs. Strips and slots
//! depend on the shape alone.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{
    super::{
        BATCH_MULTIPLE, ConvShape, LEAKY_SLOPE, WeightGradient,
        dispatch::{Kernel, run_at},
        parallel::{SharedBuffer, parallel_for},
        simd::{Simd, tree_sum, unroll},
        simd_level::SimdLevel,
    },
    strips::{Strip, strips},
    tiles::{Planes, transform_input},
    transforms::{FilterGradient, OutputGradient, square},
};

/// From so many weights on (inputs × outputs) there is one slot, and tasks share its strips.
const SHARED_FROM: usize = 4096;

/// Slots, at most.
const SLOTS: usize = 16;

/// Columns of a strip, at most, in one of many slots and in the only one.
const COLUMNS: [usize; 2] = [64, 256];

/// Channels of one task that transforms them.
const CHANNELS_PER_TASK: usize = 4;

/// What the gradient is computed from.
pub(super) struct Operands<'a> {
    pub(super) shape: ConvShape,
    pub(super) x: &'a [f32],
    pub(super) dy: SharedBuffer,
    pub(super) activated: Option<&'a [f32]>,
    pub(super) example_weights: Option<&'a [f32]>,
}

/// See [`super::super::weight_gradient`].
pub(super) fn weights(level: SimdLevel, operands: &Operands<'_>) -> WeightGradient {
    let shape = operands.shape;
    let sums = if shape.inputs * shape.outputs < SHARED_FROM {
        by_slots(level, operands)
    } else {
        by_channels(level, operands)
    };
    let mut weight = vec![0.0; shape.outputs * shape.inputs * 9];
    let shared = SharedBuffer::new(&mut weight);
    let rows = shape.outputs / 4;
    parallel_for(rows, |row| {
        let task = TransformBackTask { shape, sums: &sums.products, row, weight: shared };
        // SAFETY: each task writes the weights of its own four outputs.
        unsafe { run_at(level, &task) }
    });
    WeightGradient { weight, bias: sums.bias }
}

/// Sums over columns.
struct Sums {
    /// `(36, O / 4, I, 4)`.
    products: Vec<f32>,
    /// `(O)`.
    bias: Vec<f32>,
}

impl Sums {
    fn zero(shape: ConvShape) -> Self {
        Self {
            products: vec![0.0; 36 * shape.inputs * shape.outputs],
            bias: vec![0.0; shape.outputs],
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, value) in self.products.iter_mut().zip(&other.products) {
            *sum += value;
        }
        for (sum, value) in self.bias.iter_mut().zip(&other.bias) {
            *sum += value;
        }
    }
}

/// Each task adds up the strips of one slot.
fn by_slots(level: SimdLevel, operands: &Operands<'_>) -> Sums {
    let shape = operands.shape;
    let strips = strips(shape, COLUMNS[0]);
    let count = strips.len().min(SLOTS);
    let slots: Vec<std::sync::OnceLock<Sums>> = (0..count).map(|_| Default::default()).collect();
    parallel_for(count, |slot| {
        let mut sums = Sums::zero(shape);
        for strip in &strips[slot * strips.len() / count..(slot + 1) * strips.len() / count] {
            let mut task = StripTask::new(operands, strip, &mut sums);
            task.inputs = 0..shape.inputs;
            task.outputs = 0..shape.outputs;
            task.elements = 0..36;
            // SAFETY: the task's matrices have room for every channel; a strip is
            // transformed by one task.
            unsafe { run_at(level, &task) }
        }
        assert!(slots[slot].set(sums).is_ok(), "each slot is computed once");
    });
    let mut slots = slots.into_iter().filter_map(std::sync::OnceLock::into_inner);
    let mut total = slots.next().expect("there is at least one strip");
    slots.for_each(|slot| total.add(&slot));
    total
}

/// Strip by strip, tasks first share the transforms and then the products.
fn by_channels(level: SimdLevel, operands: &Operands<'_>) -> Sums {
    let shape = operands.shape;
    let mut sums = Sums::zero(shape);
    for strip in strips(shape, COLUMNS[1]) {
        let task = StripTask::new(operands, &strip, &mut sums);
        let input_tasks = shape.inputs.div_ceil(CHANNELS_PER_TASK);
        parallel_for(input_tasks + shape.outputs.div_ceil(CHANNELS_PER_TASK), |number| {
            let mut task = task.shared();
            let range = |number: usize, channels: usize| {
                let first = number * CHANNELS_PER_TASK;
                first..(first + CHANNELS_PER_TASK).min(channels)
            };
            match number.checked_sub(input_tasks) {
                None => task.inputs = range(number, shape.inputs),
                Some(number) => task.outputs = range(number, shape.outputs),
            }
            // SAFETY: the matrices have room for every channel, and each is
            // transformed by one task.
            unsafe { run_at(level, &task) }
        });
        parallel_for(36, |element| {
            let mut task = task.shared();
            task.elements = element..element + 1;
            // SAFETY: every channel of the strip is transformed; each task adds to the
            // sums of its own element.
            unsafe { run_at(level, &task) }
        });
    }
    sums
}

/// Transforms some channels of a strip, and adds the products of some elements.
struct StripTask<'a> {
    operands: &'a Operands<'a>,
    strip: &'a Strip,
    /// The memory of the matrices.
    planes: Option<[Planes; 2]>,
    /// `(36, inputs, columns)` and the distance of its matrices.
    x: (SharedBuffer, usize),
    /// `(36, outputs, columns)`.
    dy: (SharedBuffer, usize),
    products: SharedBuffer,
    bias: SharedBuffer,
    inputs: std::ops::Range<usize>,
    outputs: std::ops::Range<usize>,
    elements: std::ops::Range<usize>,
}

impl<'a> StripTask<'a> {
    fn new(operands: &'a Operands<'a>, strip: &'a Strip, sums: &mut Sums) -> Self {
        let mut x = Planes::new(operands.shape.inputs, strip.columns());
        let mut dy = Planes::new(operands.shape.outputs, strip.columns());
        Self {
            operands,
            strip,
            x: (SharedBuffer::of(x.start()), x.stride()),
            dy: (SharedBuffer::of(dy.start()), dy.stride()),
            planes: Some([x, dy]),
            products: SharedBuffer::new(&mut sums.products),
            bias: SharedBuffer::new(&mut sums.bias),
            inputs: 0..0,
            outputs: 0..0,
            elements: 0..0,
        }
    }

    /// Another task on the same matrices, which must not outlive this one.
    fn shared(&self) -> StripTask<'_> {
        StripTask {
            planes: None,
            inputs: 0..0,
            outputs: 0..0,
            elements: 0..0,
            ..*self
        }
    }
}

impl Kernel for StripTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller.
        unsafe {
            let Operands { shape, x, .. } = self.operands;
            for channel in self.inputs.clone() {
                let to = self.x.0.as_ptr().add(channel * self.strip.columns());
                transform_input::<S>(*shape, x.as_ptr(), channel, self.strip, to, self.x.1);
            }
            for channel in self.outputs.clone() {
                self.transform_gradient::<S>(channel);
            }
            for element in self.elements.clone() {
                if S::LANES == 16 {
                    self.add_products::<S, 4>(element);
                } else {
                    self.add_products::<S, 2>(element);
                }
            }
        }
    }
}

impl StripTask<'_> {
    /// Multiplies one channel of the output's gradient by the activation's slope, adds it
    /// to the bias's gradient, and transforms it: A dy Aᵀ.
    #[inline(always)]
    unsafe fn transform_gradient<S: Simd>(&self, channel: usize) {
        // SAFETY: the strip's tiles lie inside the image.
        unsafe {
            let Operands { shape, .. } = self.operands;
            let (row, batch) = (shape.width * shape.padded_batch, shape.padded_batch);
            let across = shape.width / 4;
            let mut sums = [0.0_f32; BATCH_MULTIPLE];
            let mut to = self.dy.0.as_ptr().add(channel * self.strip.columns());
            for tile in self.strip.tiles.clone() {
                let start = channel * shape.channel_len()
                    + tile / across * 4 * row
                    + tile % across * 4 * batch;
                let mut example = self.strip.examples.start;
                while example < self.strip.examples.end {
                    let mut y = [[S::splat(0.0); 4]; 4];
                    let mut sum = S::splat(0.0);
                    for (r, line) in y.iter_mut().enumerate() {
                        for (c, value) in line.iter_mut().enumerate() {
                            let at = start + r * row + c * batch + example;
                            *value = self.gradient_before_activation::<S>(at, example);
                            sum = S::add(sum, *value);
                        }
                    }
                    let part = sums.as_mut_ptr().add(example % BATCH_MULTIPLE);
                    S::store(part, S::add(S::load(part), sum));
                    let transformed = square::<S, OutputGradient, 4, 6>(y);
                    for (r, line) in transformed.iter().enumerate() {
                        for (c, value) in line.iter().enumerate() {
                            S::store(to.add((6 * r + c) * self.dy.1), *value);
                        }
                    }
                    to = to.add(S::LANES);
                    example += S::LANES;
                }
            }
            *self.bias.as_ptr().add(channel) += tree_sum(sums);
        }
    }

    /// Elements of `dy`, multiplied in place by the activation's slope; what is returned
    /// is multiplied by the examples' weights as well.
    #[inline(always)]
    unsafe fn gradient_before_activation<S: Simd>(&self, at: usize, example: usize) -> S::V {
        // SAFETY: `at` lies inside of `dy`.
        unsafe {
            let dy = self.operands.dy.as_ptr().add(at);
            let mut value = S::load(dy);
            if let Some(activated) = self.operands.activated {
                let key = S::load(activated.as_ptr().add(at));
                value = S::select_positive(key, value, S::mul(value, S::splat(LEAKY_SLOPE)));
                S::store(dy, value);
            }
            match self.operands.example_weights {
                Some(weights) => S::mul(value, S::load(weights.as_ptr().add(example))),
                None => value,
            }
        }
    }

    /// Adds the strip's products at one element of the transformed tile, 4 outputs × I
    /// inputs at a time.
    #[inline(always)]
    unsafe fn add_products<S: Simd, const I: usize>(&self, element: usize) {
        // SAFETY: offsets stay inside the matrices of this element; 4 · I is a multiple
        // of the lanes.
        unsafe {
            let (shape, columns) = (self.operands.shape, self.strip.columns());
            let x = self.x.0.as_ptr().add(element * self.x.1);
            let dy = self.dy.0.as_ptr().add(element * self.dy.1);
            let mut to = self.products.as_ptr().add(element * shape.inputs * shape.outputs);
            let mut rows = [0.0_f32; 16 * 16];
            for o in (0..shape.outputs).step_by(4) {
                let dy = dy.add(o * columns);
                for i in (0..shape.inputs).step_by(I) {
                    let x = x.add(i * columns);
                    let mut part = 0;
                    while part < 16 {
                        let rows = rows.as_mut_ptr().add(part);
                        self.partial_sums::<S, I>(x.add(part), dy.add(part), rows);
                        part += S::LANES;
                    }
                    let mut row = 0;
                    while row < 4 * I {
                        let sums = S::tree_sums(rows.as_ptr().add(16 * row));
                        S::store(to, S::add(S::load(to), sums));
                        to = to.add(S::LANES);
                        row += S::LANES;
                    }
                }
            }
        }
    }

    /// One vector of the partial sums of 4 outputs × I inputs; the sum of output o and
    /// input i goes into row 4i + o of `rows: (4 · I, 16)`.
    #[inline(always)]
    unsafe fn partial_sums<S: Simd, const I: usize>(
        &self,
        x: *const f32,
        dy: *const f32,
        rows: *mut f32,
    ) {
        // SAFETY: as promised by the caller.
        unsafe {
            let columns = self.strip.columns();
            let mut acc = [[S::splat(0.0); 4]; I];
            let mut at = 0;
            while at < columns {
                let mut d = [S::splat(0.0); 4];
                unroll!(o < 4, {
                    d[o] = S::load(dy.add(o * columns + at));
                });
                unroll!(i < I, {
                    let v = S::load(x.add(i * columns + at));
                    unroll!(o < 4, {
                        acc[i][o] = S::fma(d[o], v, acc[i][o]);
                    });
                });
                at += 16;
            }
            unroll!(i < I, {
                unroll!(o < 4, {
                    S::store(rows.add((4 * i + o) * 16), acc[i][o]);
                });
            });
        }
    }
}

/// Transforms the sums of four outputs back, to the gradients of their weights.
struct TransformBackTask<'a> {
    shape: ConvShape,
    /// `(36, O / 4, I, 4)`.
    sums: &'a [f32],
    row: usize,
    weight: SharedBuffer,
}

impl Kernel for TransformBackTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: four rows of weights hold a multiple of 16 sums, and belong to this task.
        unsafe {
            let ConvShape { inputs, outputs, .. } = self.shape;
            let plane = inputs * outputs;
            for at in (0..4 * inputs).step_by(S::LANES) {
                let from = self.sums.as_ptr().add(4 * self.row * inputs + at);
                let mut u = [[S::splat(0.0); 6]; 6];
                for (y, line) in u.iter_mut().enumerate() {
                    for (x, value) in line.iter_mut().enumerate() {
                        *value = S::load(from.add((6 * y + x) * plane));
                    }
                }
                let filter = square::<S, FilterGradient, 6, 3>(u);
                let mut values = [0.0_f32; 16];
                for (tap, value) in filter.iter().flatten().enumerate() {
                    S::store(values.as_mut_ptr(), *value);
                    for (lane, &value) in values[..S::LANES].iter().enumerate() {
                        let (i, o) = ((at + lane) / 4, 4 * self.row + (at + lane) % 4);
                        *self.weight.as_ptr().add((o * inputs + i) * 9 + tap) = value;
                    }
                }
            }
        }
    }
}
