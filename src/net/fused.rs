//! Layers as single calls of the CPU kernels, recorded on dfdx's tape. Their
//! counterparts for any device are in `composed`.

use std::cell::RefCell;

use dfdx::{
    shapes::Const,
    tensor::{Cpu, CpuError, HasErr, PutTape, SplitTape, TensorFromVec},
};

use super::{
    layer::{Activation, Bias, Weight},
    tape::{FusedBackward, TapeMode},
};
use acai_kernel as kernel;
use acai_kernel::{ConvShape, KernelSize, as_slice};

/// Convolution, bias and (if `leaky`) LeakyReLU in one pass.
pub(super) fn convolution<
    const I: usize,
    const O: usize,
    const S: usize,
    const K: usize,
    T: TapeMode<Cpu>,
>(
    x: Activation<I, S, Cpu, T>,
    weight: &Weight<O, I, K, Cpu>,
    bias: &Bias<O, Cpu>,
    leaky: bool,
) -> Result<Activation<O, S, Cpu, T>, CpuError> {
    let (x, mut tape) = x.split_tape();
    let kernel_size = const { if K == 1 { KernelSize::One } else { KernelSize::Three } };
    let shape =
        ConvShape { inputs: I, outputs: O, height: S, width: S, padded_batch: padded_batch(&x) };
    let y = kernel::convolution(
        kernel_size,
        shape,
        as_slice(&x),
        as_slice(weight),
        as_slice(bias),
        leaky,
    );
    let y: Activation<O, S, Cpu> = output(y, &x, shape.padded_batch)?;
    if let Some(state) = tape.fused_state() {
        let is_first = begin_layer(&state);
        let activated = leaky.then(|| y.clone());
        let weight = weight.clone();
        tape.add_backward_op(move |_| {
            let state = &mut *state.borrow_mut();
            let mut dy = state.grad.take().expect("the next layer left the gradient of its input");
            let activated = activated.as_ref().map(as_slice);
            let weights = state.example_weights.as_deref();
            let gradient = kernel::weight_gradient(
                kernel_size,
                shape,
                as_slice(&x),
                &mut dy,
                activated,
                weights,
            );
            state.parameters.extend([gradient.bias, gradient.weight]);
            if state.wants_input || !is_first {
                state.grad =
                    Some(kernel::input_gradient(kernel_size, shape, &dy, as_slice(&weight)));
            }
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

/// Mean of 2×2 pixels.
pub(super) fn pool<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Cpu>>(
    x: Activation<C, IN, Cpu, T>,
) -> Result<Activation<C, OUT, Cpu, T>, CpuError> {
    resample(
        x,
        |x, padded_batch| kernel::pool(x, IN, IN, padded_batch),
        |dy, padded_batch| kernel::pool_gradient(dy, IN, IN, padded_batch),
    )
}

/// Repeats each pixel 2×2.
pub(super) fn upscale<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Cpu>>(
    x: Activation<C, IN, Cpu, T>,
) -> Result<Activation<C, OUT, Cpu, T>, CpuError> {
    resample(
        x,
        |x, padded_batch| kernel::upscale(x, IN, IN, padded_batch),
        |dy, padded_batch| kernel::upscale_gradient(dy, IN, IN, padded_batch),
    )
}

fn resample<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Cpu>>(
    x: Activation<C, IN, Cpu, T>,
    forward: impl Fn(&[f32], usize) -> Vec<f32>,
    backward: impl Fn(&[f32], usize) -> Vec<f32> + 'static,
) -> Result<Activation<C, OUT, Cpu, T>, CpuError> {
    let (x, mut tape) = x.split_tape();
    let padded_batch = padded_batch(&x);
    let y: Activation<C, OUT, Cpu> = output(forward(as_slice(&x), padded_batch), &x, padded_batch)?;
    if let Some(state) = tape.fused_state() {
        begin_layer(&state);
        tape.add_backward_op(move |_| {
            let state = &mut *state.borrow_mut();
            let dy = state.grad.take().expect("the next layer left the gradient of its input");
            state.grad = Some(backward(&dy, padded_batch));
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

fn padded_batch<const C: usize, const S: usize>(x: &Activation<C, S, Cpu>) -> usize {
    dfdx::shapes::HasShape::shape(x).3
}

/// Makes a tensor of `data` on the device of `x`.
fn output<const C: usize, const S: usize, const O: usize, const R: usize>(
    data: Vec<f32>,
    x: &Activation<C, S, Cpu>,
    padded_batch: usize,
) -> Result<Activation<O, R, Cpu>, <Cpu as HasErr>::Err> {
    x.device().try_tensor_from_vec(data, (Const, Const, Const, padded_batch))
}

/// Counts a layer; true for the first of its net.
fn begin_layer(state: &RefCell<FusedBackward>) -> bool {
    let mut state = state.borrow_mut();
    state.layers += 1;
    state.layers == 1
}
