//! Convolution weights in the order in which the kernels read them: for each
//! block of output channels, input channel by input channel, tap by tap, the
//! block's weights side by side.

use super::simd_level::SimdLevel;

/// Reordered weights.
pub(super) struct PackedWeights {
    data: Vec<f32>,
    outputs: usize,
    channels_per_block: usize,
}

/// Output channels that are computed together in registers.
pub(super) fn channels_per_block(level: SimdLevel) -> usize {
    match level {
        SimdLevel::Avx512 => 4,
        _ => 2,
    }
}

impl PackedWeights {
    /// Output channels of the block that starts at channel `o`.
    pub(super) fn channels_at(&self, o: usize) -> usize {
        if o + self.channels_per_block <= self.outputs { self.channels_per_block } else { 1 }
    }

    /// The weights of the block that starts at channel `o`.
    pub(super) fn block(&self, o: usize, inputs: usize, taps: usize) -> *const f32 {
        self.data[o * inputs * taps..].as_ptr()
    }

    fn new(outputs: usize, inputs: usize, taps: usize, channels_per_block: usize) -> Self {
        Self { data: Vec::with_capacity(outputs * inputs * taps), outputs, channels_per_block }
    }

    fn fill(
        mut self,
        inputs: usize,
        taps: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let mut o = 0;
        while o < self.outputs {
            let channels = self.channels_at(o);
            for i in 0..inputs {
                for tap in 0..taps {
                    self.data.extend((o..o + channels).map(|channel| weight(channel, i, tap)));
                }
            }
            o += channels;
        }
        self
    }
}

/// Packs `weight: (O, I, taps)` as it is.
pub(super) fn forward(
    weight: &[f32],
    outputs: usize,
    inputs: usize,
    taps: usize,
    channels_per_block: usize,
) -> PackedWeights {
    PackedWeights::new(outputs, inputs, taps, channels_per_block)
        .fill(inputs, taps, |o, i, tap| weight[(o * inputs + i) * taps + tap])
}

/// Packs `weight: (O, I, taps)` for the gradient of the input: inputs and outputs
/// swapped, and the taps in reverse order.
pub(super) fn flipped(
    weight: &[f32],
    outputs: usize,
    inputs: usize,
    taps: usize,
    channels_per_block: usize,
) -> PackedWeights {
    PackedWeights::new(inputs, outputs, taps, channels_per_block).fill(
        outputs,
        taps,
        |i, o, tap| weight[(o * inputs + i) * taps + (taps - 1 - tap)],
    )
}
