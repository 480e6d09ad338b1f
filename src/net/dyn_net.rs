//! [`Net`]: a net whose shapes are types, behind a trait whose shapes are values.
//!
//! Knows nothing of which nets there are, or of losses.

use std::{any::Any, fmt::Debug, marker::PhantomData};

use dfdx::{
    nn::Module,
    shapes::{Const, Rank0},
    tensor::{Gradients, HasErr, NoneTape, OwnedTape, PutTape, SplitTape, Tensor},
    tensor_ops::{Backward, SumTo, TryMul},
};

use super::{
    Batch, Shape,
    device::Backend,
    layer::{Activation, Layers, ParameterSpec},
    parameter::{Load, Parameter, ParametersMut},
    tape::{FusedTape, TapeMode},
};

/// What a recorded forward pass saves for [`Net::backward`].
pub struct SavedForBackward(Box<dyn Any>);

impl SavedForBackward {
    /// Nothing, for a net that needs nothing.
    pub(super) fn nothing() -> Self {
        Self(Box::new(()))
    }
}

/// The gradients of a backward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Gradient of the net's input, if it was wanted.
    pub input: Option<Batch>,
    /// Gradients of the parameters, in their order.
    pub parameters: Vec<Vec<f32>>,
}

/// The device failed (out of memory, as a rule).
#[derive(Debug, thiserror::Error)]
#[error("the device failed: {0}")]
pub struct NetError(String);

impl NetError {
    /// This build cannot use CUDA.
    #[must_use]
    pub fn no_cuda() -> Self {
        Self(
            "this build has no CUDA; build with `--features cuda`, or use `--device cpu`"
                .to_owned(),
        )
    }
}

/// A net whose shapes are known at run time only.
pub trait Net {
    /// Shape of one input.
    fn input(&self) -> Shape;

    /// Shape of one output.
    fn output(&self) -> Shape;

    /// Maps a batch of inputs to a batch of outputs.
    ///
    /// # Errors
    /// If the device fails.
    fn forward(&self, x: &Batch) -> Result<Batch, NetError>;

    /// As [`Net::forward`], and saves what [`Net::backward`] needs; `wants_input`
    /// says whether the gradient of `x` is wanted.
    ///
    /// # Errors
    /// If the device fails.
    fn record(&self, x: Batch, wants_input: bool) -> Result<(Batch, SavedForBackward), NetError>;

    /// Gradients from `dy`, that of the output. `example_weights` (one for each of
    /// the padded batch) multiply each example's share of the parameters' gradients,
    /// but not the gradient of the input.
    ///
    /// # Errors
    /// If the device fails.
    fn backward(
        &self,
        saved: SavedForBackward,
        dy: Batch,
        example_weights: Option<Vec<f32>>,
    ) -> Result<Gradient, NetError>;

    /// The parameters, layer by layer, weight before bias.
    fn parameters(&self) -> &[Parameter];

    /// Lends the parameters to be changed in place; the device gets them when
    /// the loan ends.
    fn parameters_mut(&mut self) -> ParametersMut<'_>;
}

/// The layers of a net with their tensors on a device.
struct OnDevice<N, D> {
    layers: N,
    device: D,
}

impl<N: Layers<D>, D: Backend> Load for OnDevice<N, D> {
    fn load(&mut self, parameters: &[Parameter]) {
        self.layers.load(&mut parameters.iter().map(|parameter| &parameter.data[..]));
    }
}

/// Gradients of the input (if wanted) and of the parameters.
type PassGradients = (Option<Vec<f32>>, Vec<Vec<f32>>);

/// How a forward pass is recorded on a tape of this type, and run backward.
pub(super) trait ExecMode<D: Backend>: TapeMode<D> + 'static {
    /// Whether one backward pass can weigh the examples (`example_weights` of
    /// [`Net::backward`]); if not, it takes two.
    const WEIGHS_EXAMPLES: bool;

    /// An empty tape.
    fn new_tape(wants_input: bool) -> Self;

    /// Gradients of the input (if wanted) and of the parameters of `layers`.
    ///
    /// # Errors
    /// If the device fails.
    fn run_backward<
        N: Layers<D>,
        const IC: usize,
        const IS: usize,
        const OC: usize,
        const OS: usize,
    >(
        layers: &N,
        pass: ForwardPass<IC, IS, OC, OS, D, Self>,
        dy: Vec<f32>,
        example_weights: Option<Vec<f32>>,
    ) -> Result<PassGradients, D::Err>;
}

/// A recorded forward pass: its input, its output and the tape.
pub(super) struct ForwardPass<
    const IC: usize,
    const IS: usize,
    const OC: usize,
    const OS: usize,
    D: Backend,
    M,
> {
    x: Activation<IC, IS, D>,
    y: Activation<OC, OS, D>,
    tape: M,
}

impl<D: Backend> ExecMode<D> for FusedTape<D> {
    const WEIGHS_EXAMPLES: bool = true;

    fn new_tape(wants_input: bool) -> Self {
        let recording = Self::default();
        recording.state.borrow_mut().wants_input = wants_input;
        recording
    }

    fn run_backward<
        N: Layers<D>,
        const IC: usize,
        const IS: usize,
        const OC: usize,
        const OS: usize,
    >(
        _: &N,
        pass: ForwardPass<IC, IS, OC, OS, D, Self>,
        dy: Vec<f32>,
        example_weights: Option<Vec<f32>>,
    ) -> Result<PassGradients, D::Err> {
        let Self { tape, state } = pass.tape;
        state.borrow_mut().grad = Some(dy);
        state.borrow_mut().example_weights = example_weights;
        let root: Tensor<Rank0, f32, D> = pass.x.device().try_zeros_like(&())?;
        root.put_tape(tape).try_backward()?;
        let mut state = state.borrow_mut();
        let mut parameters = std::mem::take(&mut state.parameters);
        parameters.reverse();
        Ok((state.grad.take(), parameters))
    }
}

impl<D: Backend> ExecMode<D> for OwnedTape<f32, D> {
    const WEIGHS_EXAMPLES: bool = false;

    fn new_tape(_: bool) -> Self {
        Self::default()
    }

    fn run_backward<
        N: Layers<D>,
        const IC: usize,
        const IS: usize,
        const OC: usize,
        const OS: usize,
    >(
        layers: &N,
        pass: ForwardPass<IC, IS, OC, OS, D, Self>,
        dy: Vec<f32>,
        _: Option<Vec<f32>>,
    ) -> Result<PassGradients, D::Err> {
        let shape = *dfdx::shapes::HasShape::shape(&pass.y);
        let dy: Activation<OC, OS, D> = pass.y.device().try_tensor_from_vec(dy, shape)?;
        // d(Σ y·dy)/dy is dy: dfdx seeds scalars only.
        let product: Activation<OC, OS, D, Self> = pass.y.put_tape(pass.tape).try_mul(dy)?;
        let loss: Tensor<Rank0, f32, D, Self> = product.try_sum()?;
        let gradients: Gradients<f32, D> = loss.try_backward()?;
        let mut parameters = Vec::new();
        layers.gradients(&gradients, &mut parameters);
        Ok((Some(gradients.get(&pass.x).as_vec()), parameters))
    }
}

/// A net with its shapes as types, and its parameters also at hand on the host.
pub(super) struct TypedNet<
    N,
    const IC: usize,
    const IS: usize,
    const OC: usize,
    const OS: usize,
    D: Backend,
    M,
> {
    tensors: OnDevice<N, D>,
    parameters: Vec<Parameter>,
    mode: PhantomData<fn() -> M>,
}

impl<N, const IC: usize, const IS: usize, const OC: usize, const OS: usize, D, M>
    TypedNet<N, IC, IS, OC, OS, D, M>
where
    N: Layers<D>,
    D: Backend,
{
    /// Builds the net with the parameters that `value` gives.
    pub(super) fn build(
        value: &mut dyn FnMut(&ParameterSpec) -> Vec<f32>,
    ) -> Result<Self, NetError> {
        let mut specs = Vec::new();
        N::specs(&mut specs);
        let parameters: Vec<Parameter> =
            specs.into_iter().map(|spec| Parameter { data: value(&spec), spec }).collect();
        let mut next = parameters.iter().map(|parameter| parameter.data.clone());
        let device = D::default();
        let layers = N::build(&device, &mut || next.next().expect("specs name every parameter"));
        let layers = layers.map_err(failed)?;
        Ok(Self { tensors: OnDevice { layers, device }, parameters, mode: PhantomData })
    }

    fn tensor(&self, x: Vec<f32>) -> Result<Activation<IC, IS, D>, NetError> {
        let padded_batch = x.len() / (IC * IS * IS);
        let shape = (Const, Const, Const, padded_batch);
        self.tensors.device.try_tensor_from_vec(x, shape).map_err(failed)
    }
}

fn failed(error: impl Debug) -> NetError {
    NetError(format!("{error:?}"))
}

impl<N, const IC: usize, const IS: usize, const OC: usize, const OS: usize, D, M>
    TypedNet<N, IC, IS, OC, OS, D, M>
where
    N: Layers<D>
        + Module<
            Activation<IC, IS, D, M>,
            Output = Activation<OC, OS, D, M>,
            Error = <D as HasErr>::Err,
        >,
    D: Backend,
    M: ExecMode<D>,
{
    fn trace(
        &self,
        x: Activation<IC, IS, D>,
        wants_input: bool,
    ) -> Result<ForwardPass<IC, IS, OC, OS, D, M>, NetError> {
        let taped = x.clone().put_tape(M::new_tape(wants_input));
        let (y, tape) = self.tensors.layers.try_forward(taped).map_err(failed)?.split_tape();
        Ok(ForwardPass { x, y, tape })
    }
}

impl<N, const IC: usize, const IS: usize, const OC: usize, const OS: usize, D, M> Net
    for TypedNet<N, IC, IS, OC, OS, D, M>
where
    N: Layers<D>
        + Module<
            Activation<IC, IS, D, M>,
            Output = Activation<OC, OS, D, M>,
            Error = <D as HasErr>::Err,
        > + Module<
            Activation<IC, IS, D, NoneTape>,
            Output = Activation<OC, OS, D, NoneTape>,
            Error = <D as HasErr>::Err,
        > + 'static,
    D: Backend,
    M: ExecMode<D>,
{
    fn input(&self) -> Shape {
        Shape { channels: IC, side: IS }
    }

    fn output(&self) -> Shape {
        Shape { channels: OC, side: OS }
    }

    fn forward(&self, x: &Batch) -> Result<Batch, NetError> {
        assert_eq!(x.shape, self.input(), "the net's input");
        let y = self.tensors.layers.try_forward(self.tensor(x.data.clone())?).map_err(failed)?;
        Ok(Batch::new(self.output(), x.count, y.as_vec()))
    }

    fn record(&self, x: Batch, wants_input: bool) -> Result<(Batch, SavedForBackward), NetError> {
        assert_eq!(x.shape, self.input(), "the net's input");
        let count = x.count;
        let pass = self.trace(self.tensor(x.data)?, wants_input)?;
        let y = Batch::new(self.output(), count, pass.y.as_vec());
        Ok((y, SavedForBackward(Box::new((pass, wants_input)))))
    }

    fn backward(
        &self,
        saved: SavedForBackward,
        dy: Batch,
        example_weights: Option<Vec<f32>>,
    ) -> Result<Gradient, NetError> {
        let saved = saved.0.downcast::<(ForwardPass<IC, IS, OC, OS, D, M>, bool)>();
        let (pass, wants_input) =
            *saved.expect("a backward pass goes through the net that ran the forward pass");
        let weighted = example_weights.as_ref().filter(|_| !M::WEIGHS_EXAMPLES).map(|weights| {
            (self.trace(pass.x.clone(), false), dy.map(|v, example| v * weights[example]).data)
        });
        let layers = &self.tensors.layers;
        let (input, mut parameters) =
            M::run_backward(layers, pass, dy.data, example_weights).map_err(failed)?;
        if let Some((pass, dy)) = weighted {
            parameters = M::run_backward(layers, pass?, dy, None).map_err(failed)?.1;
        }
        let input = input.filter(|_| wants_input);
        let input = input.map(|data| Batch { shape: self.input(), count: dy.count, data });
        Ok(Gradient { input, parameters })
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> ParametersMut<'_> {
        ParametersMut::new(&mut self.parameters, &mut self.tensors)
    }
}
