//! What a device must implement to run layers.

use dfdx::{tensor::Cpu, tensor_ops::Device};

use super::{
    composed, fused,
    layer::{Activation, Bias, Weight},
    tape::TapeMode,
};

/// A device that runs layers. All sides are squares.
pub trait Backend: Device<f32> + Default {
    /// Convolution with zero padding, bias and (if `leaky`) LeakyReLU.
    ///
    /// # Errors
    /// If the device fails.
    fn convolution<
        const I: usize,
        const O: usize,
        const S: usize,
        const K: usize,
        T: TapeMode<Self>,
    >(
        x: Activation<I, S, Self, T>,
        weight: &Weight<O, I, K, Self>,
        bias: &Bias<O, Self>,
        leaky: bool,
    ) -> Result<Activation<O, S, Self, T>, Self::Err> {
        composed::convolution(x, weight, bias, leaky)
    }

    /// Mean of 2×2 pixels.
    ///
    /// # Errors
    /// If the device fails.
    fn pool<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Self>>(
        x: Activation<C, IN, Self, T>,
    ) -> Result<Activation<C, OUT, Self, T>, Self::Err> {
        composed::pool(x)
    }

    /// Repeats each pixel 2×2.
    ///
    /// # Errors
    /// If the device fails.
    fn upscale<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Self>>(
        x: Activation<C, IN, Self, T>,
    ) -> Result<Activation<C, OUT, Self, T>, Self::Err> {
        composed::upscale(x)
    }
}

#[cfg(feature = "cuda")]
impl Backend for dfdx::tensor::Cuda {}

impl Backend for Cpu {
    fn convolution<
        const I: usize,
        const O: usize,
        const S: usize,
        const K: usize,
        T: TapeMode<Self>,
    >(
        x: Activation<I, S, Self, T>,
        weight: &Weight<O, I, K, Self>,
        bias: &Bias<O, Self>,
        leaky: bool,
    ) -> Result<Activation<O, S, Self, T>, Self::Err> {
        if T::COMPOSED {
            composed::convolution(x, weight, bias, leaky)
        } else {
            fused::convolution(x, weight, bias, leaky)
        }
    }

    fn pool<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Self>>(
        x: Activation<C, IN, Self, T>,
    ) -> Result<Activation<C, OUT, Self, T>, Self::Err> {
        if T::COMPOSED { composed::pool(x) } else { fused::pool(x) }
    }

    fn upscale<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Self>>(
        x: Activation<C, IN, Self, T>,
    ) -> Result<Activation<C, OUT, Self, T>, Self::Err> {
        if T::COMPOSED { composed::upscale(x) } else { fused::upscale(x) }
    }
}
