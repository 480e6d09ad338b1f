//! The layers as types: channels and sizes are parameters of the type, and a net is
//! a tuple of layers.
//!
//! Knows nothing of which nets there are, or of how a device computes.
//!
//! Channels that match compile:
//! ```
//! use acai_net::layer::{Activation, Conv};
//! use dfdx::{nn::Module, tensor::{Cpu, NoneTape}};
//! type Net = (Conv<1, 16, 3, true, Cpu>, Conv<16, 16, 3, true, Cpu>);
//! fn forward(net: &Net, x: Activation<1, 32, Cpu, NoneTape>) {
//!     let _ = net.try_forward(x);
//! }
//! ```
//! Others do not:
//! ```compile_fail
//! use acai_net::layer::{Activation, Conv};
//! use dfdx::{nn::Module, tensor::{Cpu, NoneTape}};
//! type Net = (Conv<1, 16, 3, true, Cpu>, Conv<8, 16, 3, true, Cpu>);
//! fn forward(net: &Net, x: Activation<1, 32, Cpu, NoneTape>) {
//!     let _ = net.try_forward(x); // 16 channels meet a layer for 8
//! }
//! ```
//! Nor does pooling that does not halve:
//! ```compile_fail
//! use acai_net::layer::{Activation, Pool};
//! use dfdx::{nn::Module, tensor::{Cpu, NoneTape}};
//! fn forward(x: Activation<4, 32, Cpu, NoneTape>) {
//!     let _ = Pool::<32, 8>.try_forward(x);
//! }
//! fn main() { let _ = forward; Pool::<32, 8>::CHECKED }
//! ```

use dfdx::{
    nn::Module,
    shapes::Const,
    tensor::{Gradients, NoneTape, Tensor},
};

use super::{device::Backend, tape::TapeMode};

/// Activations `(C, S, S, batch)`.
pub type Activation<const C: usize, const S: usize, D, T = NoneTape> =
    Tensor<(Const<C>, Const<S>, Const<S>, usize), f32, D, T>;

/// Weights `(O, I, K, K)`.
pub type Weight<const O: usize, const I: usize, const K: usize, D> =
    Tensor<(Const<O>, Const<I>, Const<K>, Const<K>), f32, D>;

/// Biases `(O, 1, 1, 1)`.
pub type Bias<const O: usize, D> = Tensor<(Const<O>, Const<1>, Const<1>, Const<1>), f32, D>;

/// Name and shape of a parameter: enough to make and to store it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterSpec {
    /// `00/weight`: the number of the convolution in its net, and which.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Inputs that one output adds up; 0 for a bias.
    pub fan_in: usize,
}

/// What one layer does, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A convolution with bias, padded with zeros to keep the side.
    Convolution {
        /// Channels that come in.
        inputs: usize,
        /// Channels that go out.
        outputs: usize,
        /// Rows and columns of the kernel.
        kernel: usize,
        /// Whether LeakyReLU follows.
        is_leaky: bool,
    },
    /// 2×2 average pooling.
    Pool,
    /// Each pixel becomes 2×2.
    Upscale,
}

/// A layer, or a tuple of layers, with its parameters in a fixed order:
/// layer by layer, weight before bias.
pub trait Layers<D: Backend>: Sized {
    /// Appends names and shapes of its parameters.
    fn specs(specs: &mut Vec<ParameterSpec>);

    /// Appends what its layers do, first to last.
    fn describe(layers: &mut Vec<Layer>);

    /// Builds it with the parameters that `next` hands out in order.
    ///
    /// # Errors
    /// If the device refuses the memory.
    fn build(device: &D, next: &mut dyn FnMut() -> Vec<f32>) -> Result<Self, D::Err>;

    /// Overwrites the parameters with those that `next` hands out in order. The
    /// tensors stay the same; a recorded pass keeps the values that it has seen.
    ///
    /// # Panics
    /// If there are too few, or one has another length.
    fn load<'a>(&mut self, next: &mut impl Iterator<Item = &'a [f32]>);

    /// Appends the parameters' gradients, as dfdx's operations left them.
    fn gradients(&self, from: &Gradients<f32, D>, to: &mut Vec<Vec<f32>>);
}

/// K×K convolution (K = 1 or 3, zero padding) with bias, and LeakyReLU if `LEAKY`.
#[derive(Clone, Debug)]
pub struct Conv<const I: usize, const O: usize, const K: usize, const LEAKY: bool, D: Backend> {
    weight: Weight<O, I, K, D>,
    bias: Bias<O, D>,
}

impl<const I: usize, const O: usize, const K: usize, const LEAKY: bool, D: Backend> Layers<D>
    for Conv<I, O, K, LEAKY, D>
{
    fn specs(specs: &mut Vec<ParameterSpec>) {
        let number = specs.len() / 2;
        specs.push(ParameterSpec {
            name: format!("{number:02}/weight"),
            shape: vec![O, I, K, K],
            fan_in: I * K * K,
        });
        specs.push(ParameterSpec { name: format!("{number:02}/bias"), shape: vec![O], fan_in: 0 });
    }

    fn describe(layers: &mut Vec<Layer>) {
        layers.push(Layer::Convolution { inputs: I, outputs: O, kernel: K, is_leaky: LEAKY });
    }

    fn build(device: &D, next: &mut dyn FnMut() -> Vec<f32>) -> Result<Self, D::Err> {
        const { assert!(K == 1 || K == 3, "kernels are 1×1 or 3×3") };
        let weight = device.try_tensor_from_vec(next(), (Const, Const, Const, Const))?;
        let bias = device.try_tensor_from_vec(next(), (Const, Const, Const, Const))?;
        Ok(Self { weight, bias })
    }

    fn load<'a>(&mut self, next: &mut impl Iterator<Item = &'a [f32]>) {
        self.weight.copy_from(next.next().expect("specs name every weight"));
        self.bias.copy_from(next.next().expect("specs name every bias"));
    }

    fn gradients(&self, from: &Gradients<f32, D>, to: &mut Vec<Vec<f32>>) {
        to.push(from.get(&self.weight).as_vec());
        to.push(from.get(&self.bias).as_vec());
    }
}

impl<const I: usize, const O: usize, const K: usize, const LEAKY: bool, const S: usize, D, T>
    Module<Activation<I, S, D, T>> for Conv<I, O, K, LEAKY, D>
where
    D: Backend,
    T: TapeMode<D>,
{
    type Output = Activation<O, S, D, T>;
    type Error = D::Err;

    fn try_forward(&self, x: Activation<I, S, D, T>) -> Result<Self::Output, D::Err> {
        D::convolution(x, &self.weight, &self.bias, LEAKY)
    }
}

/// 2×2 average pooling from side `IN` to side `OUT`.
#[derive(Clone, Copy, Debug)]
pub struct Pool<const IN: usize, const OUT: usize>;

impl<const IN: usize, const OUT: usize> Pool<IN, OUT> {
    /// Does not compile unless `OUT` is half of `IN`.
    pub const CHECKED: () = assert!(IN == 2 * OUT, "pooling halves the side");
}

/// Nearest-neighbour upscaling from side `IN` to side `OUT`.
#[derive(Clone, Copy, Debug)]
pub struct Upscale<const IN: usize, const OUT: usize>;

impl<const IN: usize, const OUT: usize> Upscale<IN, OUT> {
    /// Does not compile unless `OUT` is twice `IN`.
    pub const CHECKED: () = assert!(OUT == 2 * IN, "upscaling doubles the side");
}

impl<const C: usize, const IN: usize, const OUT: usize, D: Backend, T: TapeMode<D>>
    Module<Activation<C, IN, D, T>> for Pool<IN, OUT>
{
    type Output = Activation<C, OUT, D, T>;
    type Error = D::Err;

    fn try_forward(&self, x: Activation<C, IN, D, T>) -> Result<Self::Output, D::Err> {
        const { Self::CHECKED };
        D::pool(x)
    }
}

impl<const C: usize, const IN: usize, const OUT: usize, D: Backend, T: TapeMode<D>>
    Module<Activation<C, IN, D, T>> for Upscale<IN, OUT>
{
    type Output = Activation<C, OUT, D, T>;
    type Error = D::Err;

    fn try_forward(&self, x: Activation<C, IN, D, T>) -> Result<Self::Output, D::Err> {
        const { Self::CHECKED };
        D::upscale(x)
    }
}

/// Layers without parameters.
macro_rules! without_parameters {
    ($($layer:ident),+) => {$(
        impl<const IN: usize, const OUT: usize, D: Backend> Layers<D> for $layer<IN, OUT> {
            fn specs(_: &mut Vec<ParameterSpec>) {}

            fn describe(layers: &mut Vec<Layer>) {
                layers.push(Layer::$layer);
            }

            fn build(_: &D, _: &mut dyn FnMut() -> Vec<f32>) -> Result<Self, D::Err> {
                Ok(Self)
            }

            fn load<'a>(&mut self, _: &mut impl Iterator<Item = &'a [f32]>) {}

            fn gradients(&self, _: &Gradients<f32, D>, _: &mut Vec<Vec<f32>>) {}
        }
    )+};
}

without_parameters!(Pool, Upscale);

/// Tuples of layers are layers.
macro_rules! tuples {
    ($(($($layer:ident $place:tt),+))+) => {$(
        impl<D: Backend, $($layer: Layers<D>),+> Layers<D> for ($($layer,)+) {
            fn specs(specs: &mut Vec<ParameterSpec>) {
                $($layer::specs(specs);)+
            }

            fn describe(layers: &mut Vec<Layer>) {
                $($layer::describe(layers);)+
            }

            fn build(device: &D, next: &mut dyn FnMut() -> Vec<f32>) -> Result<Self, D::Err> {
                Ok(($($layer::build(device, next)?,)+))
            }

            fn load<'a>(&mut self, next: &mut impl Iterator<Item = &'a [f32]>) {
                $(self.$place.load(next);)+
            }

            fn gradients(&self, from: &Gradients<f32, D>, to: &mut Vec<Vec<f32>>) {
                $(self.$place.gradients(from, to);)+
            }
        }
    )+};
}

tuples! {
    (L0 0, L1 1)
    (L0 0, L1 1, L2 2)
    (L0 0, L1 1, L2 2, L3 3)
    (L0 0, L1 1, L2 2, L3 3, L4 4)
    (L0 0, L1 1, L2 2, L3 3, L4 4, L5 5)
}
