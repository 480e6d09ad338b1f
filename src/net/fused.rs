//! Layers as single operations of the CPU kernels, recorded on dfdx's tape.
//!
//! Knows nothing of nets. The device-generic counterparts are in `composed`.

use dfdx::{
    shapes::Const,
    tensor::{Cpu, CpuError, HasErr, PutTape, SplitTape, TensorFromVec},
};

use super::{
    layer::{Act, Bias, Weight},
    tape::TapeMode,
};
use acai_kernel as kernel;
use acai_kernel::{ConvShape, KernelSize, elements};

/// Convolution, bias and (if `leaky`) LeakyReLU in one pass.
pub(super) fn convolution<
    const I: usize,
    const O: usize,
    const S: usize,
    const K: usize,
    T: TapeMode<Cpu>,
>(
    x: Act<I, S, Cpu, T>,
    weight: &Weight<O, I, K, Cpu>,
    bias: &Bias<O, Cpu>,
    leaky: bool,
) -> Result<Act<O, S, Cpu, T>, CpuError> {
    let (x, mut tape) = x.split_tape();
    let window = const { if K == 1 { KernelSize::One } else { KernelSize::Three } };
    let g = ConvShape { inputs: I, outputs: O, height: S, width: S, lanes: lanes(&x) };
    let y = kernel::convolution(window, g, elements(&x), elements(weight), elements(bias), leaky);
    let y: Act<O, S, Cpu> = output(y, &x, g.lanes)?;
    if let Some(chain) = tape.chain() {
        let is_first = begin_layer(&chain);
        let activated = leaky.then(|| y.clone());
        let weight = weight.clone();
        tape.add_backward_op(move |_| {
            let chain = &mut *chain.borrow_mut();
            let mut dy = chain.grad.take().expect("the layer above left its gradient");
            let activated = activated.as_ref().map(elements);
            let factors = chain.per_example.as_deref();
            let gradient =
                kernel::weight_gradient(window, g, elements(&x), &mut dy, activated, factors);
            chain.parameters.extend([gradient.bias, gradient.weight]);
            if chain.wants_input || !is_first {
                chain.grad = Some(kernel::input_gradient(window, g, &dy, elements(&weight)));
            }
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

/// Mean of 2×2 pixels.
pub(super) fn pool<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Cpu>>(
    x: Act<C, IN, Cpu, T>,
) -> Result<Act<C, OUT, Cpu, T>, CpuError> {
    resample(
        x,
        |x, lanes| kernel::pool(x, IN, IN, lanes),
        |dy, lanes| kernel::pool_gradient(dy, IN, IN, lanes),
    )
}

/// Each pixel four times.
pub(super) fn upscale<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Cpu>>(
    x: Act<C, IN, Cpu, T>,
) -> Result<Act<C, OUT, Cpu, T>, CpuError> {
    resample(
        x,
        |x, lanes| kernel::upscale(x, IN, IN, lanes),
        |dy, lanes| kernel::upscale_gradient(dy, IN, IN, lanes),
    )
}

fn resample<const C: usize, const IN: usize, const OUT: usize, T: TapeMode<Cpu>>(
    x: Act<C, IN, Cpu, T>,
    forward: impl Fn(&[f32], usize) -> Vec<f32>,
    backward: impl Fn(&[f32], usize) -> Vec<f32> + 'static,
) -> Result<Act<C, OUT, Cpu, T>, CpuError> {
    let (x, mut tape) = x.split_tape();
    let lanes = lanes(&x);
    let y: Act<C, OUT, Cpu> = output(forward(elements(&x), lanes), &x, lanes)?;
    if let Some(chain) = tape.chain() {
        begin_layer(&chain);
        tape.add_backward_op(move |_| {
            let chain = &mut *chain.borrow_mut();
            let dy = chain.grad.take().expect("the layer above left its gradient");
            chain.grad = Some(backward(&dy, lanes));
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

fn lanes<const C: usize, const S: usize>(x: &Act<C, S, Cpu>) -> usize {
    dfdx::shapes::HasShape::shape(x).3
}

/// Makes a tensor of `data` on the device of `x`.
fn output<const C: usize, const S: usize, const O: usize, const R: usize>(
    data: Vec<f32>,
    x: &Act<C, S, Cpu>,
    lanes: usize,
) -> Result<Act<O, R, Cpu>, <Cpu as HasErr>::Err> {
    x.device().try_tensor_from_vec(data, (Const, Const, Const, lanes))
}

/// Counts a layer; true for the first of its net.
fn begin_layer(chain: &std::cell::RefCell<super::tape::Chain>) -> bool {
    let mut chain = chain.borrow_mut();
    chain.layers += 1;
    chain.layers == 1
}
