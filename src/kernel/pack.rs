//! Convolution weights in the order in which register tiles want them:
//! for each block of output channels, input channel by input channel, tap by
//! tap, the block's weights side by side.
//!
//! Knows nothing of vectors.

use super::level::Level;

/// Reordered weights.
pub(super) struct Packed {
    data: Vec<f32>,
    outputs: usize,
    width: usize,
}

/// Output channels in one register tile.
pub(super) fn width(level: Level) -> usize {
    match level {
        Level::Avx512 => 4,
        _ => 2,
    }
}

impl Packed {
    /// How many output channels the block that starts at channel `o` has.
    pub(super) fn width_at(&self, o: usize) -> usize {
        if o + self.width <= self.outputs { self.width } else { 1 }
    }

    /// The weights of the block that starts at channel `o`.
    pub(super) fn block(&self, o: usize, inputs: usize, taps: usize) -> *const f32 {
        self.data[o * inputs * taps..].as_ptr()
    }

    fn new(outputs: usize, inputs: usize, taps: usize, width: usize) -> Self {
        Self { data: Vec::with_capacity(outputs * inputs * taps), outputs, width }
    }

    fn fill(
        mut self,
        inputs: usize,
        taps: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let mut o = 0;
        while o < self.outputs {
            let wide = self.width_at(o);
            for i in 0..inputs {
                for tap in 0..taps {
                    self.data.extend((o..o + wide).map(|channel| weight(channel, i, tap)));
                }
            }
            o += wide;
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
    width: usize,
) -> Packed {
    Packed::new(outputs, inputs, taps, width)
        .fill(inputs, taps, |o, i, tap| weight[(o * inputs + i) * taps + tap])
}

/// Packs `weight: (O, I, taps)` for the way back: inputs and outputs change
/// places, and taps are read backwards.
pub(super) fn flipped(
    weight: &[f32],
    outputs: usize,
    inputs: usize,
    taps: usize,
    width: usize,
) -> Packed {
    Packed::new(inputs, outputs, taps, width)
        .fill(outputs, taps, |i, o, tap| weight[(o * inputs + i) * taps + (taps - 1 - tap)])
}
