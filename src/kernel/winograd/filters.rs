//! The transformed filters G g Gᵀ of a convolution, in the order in which they are read.
#![expect(unsafe_code, reason = "vector stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{
    super::{
        dispatch::{Kernel, run_at},
        parallel::{SharedBuffer, parallel_for},
        simd::Simd,
        simd_level::SimdLevel,
    },
    transforms::{Filter, square},
};

/// Outputs whose filters lie side by side.
pub(super) const OUTPUTS_PER_BLOCK: usize = 16;

/// `(36, blocks of 16 outputs, inputs, 16)`.
pub(super) struct Filters {
    values: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

/// Where a filter's taps lie in the weights `(O, I, 3, 3)` of a layer.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    /// From the layer's inputs to its outputs.
    Forward,
    /// From its outputs to its inputs, with the taps in reverse order: the input's gradient.
    Backward,
}

impl Filters {
    /// Transforms the weights of a convolution from `inputs` to `outputs` channels, as
    /// `direction` sees them.
    pub(super) fn new(
        level: SimdLevel,
        direction: Direction,
        weight: &[f32],
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let blocks = outputs.div_ceil(OUTPUTS_PER_BLOCK);
        let len = 36 * blocks * inputs * OUTPUTS_PER_BLOCK;
        let mut values = Vec::with_capacity(len);
        let shared = SharedBuffer::uninitialized(&mut values);
        let inputs_per_task = (1024 / OUTPUTS_PER_BLOCK).min(inputs);
        let chunks = inputs.div_ceil(inputs_per_task);
        parallel_for(blocks * chunks, |number| {
            let (block, chunk) = (number / chunks, number % chunks);
            let first = chunk * inputs_per_task;
            let task = FilterTask {
                direction,
                weight,
                counts: (inputs, outputs),
                block,
                inputs: first..(first + inputs_per_task).min(inputs),
                values: shared,
            };
            // SAFETY: each task writes its own block and inputs of `values`.
            unsafe { run_at(level, &task) }
        });
        // SAFETY: the tasks together have written every block of every input.
        unsafe { values.set_len(len) };
        Self { values, inputs, outputs }
    }

    /// The filters of one block of outputs at one element of the transformed tile:
    /// `(inputs, 16)`.
    pub(super) fn block(&self, element: usize, block: usize) -> *const f32 {
        let blocks = self.outputs.div_ceil(OUTPUTS_PER_BLOCK);
        self.values[(element * blocks + block) * self.inputs * OUTPUTS_PER_BLOCK..].as_ptr()
    }
}

struct FilterTask<'a> {
    direction: Direction,
    weight: &'a [f32],
    /// Inputs and outputs.
    counts: (usize, usize),
    block: usize,
    inputs: std::ops::Range<usize>,
    values: SharedBuffer,
}

impl Kernel for FilterTask<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        let (inputs, outputs) = self.counts;
        let first = self.block * OUTPUTS_PER_BLOCK;
        let plane = outputs.div_ceil(OUTPUTS_PER_BLOCK) * inputs * OUTPUTS_PER_BLOCK;
        let mut taps = [[0.0_f32; OUTPUTS_PER_BLOCK]; 9];
        for i in self.inputs.clone() {
            for lane in 0..OUTPUTS_PER_BLOCK.min(outputs - first) {
                let filter = self.filter(i, first + lane);
                for (tap, &value) in filter.iter().enumerate() {
                    let tap = match self.direction {
                        Direction::Forward => tap,
                        Direction::Backward => 8 - tap,
                    };
                    taps[tap][lane] = value;
                }
            }
            let at = (self.block * inputs + i) * OUTPUTS_PER_BLOCK;
            let mut lane = 0;
            while lane < OUTPUTS_PER_BLOCK {
                // SAFETY: `lane` stays inside the 16 of `taps` and of the block.
                unsafe {
                    let mut g = [[S::splat(0.0); 3]; 3];
                    for (tap, values) in taps.iter().enumerate() {
                        g[tap / 3][tap % 3] = S::load(values.as_ptr().add(lane));
                    }
                    let u = square::<S, Filter, 3, 6>(g);
                    for (element, value) in u.iter().flatten().enumerate() {
                        S::store(self.values.as_ptr().add(element * plane + at + lane), *value);
                    }
                }
                lane += S::LANES;
            }
        }
    }
}

impl FilterTask<'_> {
    /// The nine taps from one input to one output, as they lie in the weights.
    #[inline(always)]
    fn filter(&self, input: usize, output: usize) -> &[f32] {
        let (inputs, outputs) = self.counts;
        let number = match self.direction {
            Direction::Forward => output * inputs + input,
            Direction::Backward => input * outputs + output,
        };
        &self.weight[9 * number..][..9]
    }
}
