//! The one bridge from compile-time to runtime shapes: a typed net behind an
//! object-safe trait.
//!
//! Knows nothing of which nets there are, or of losses.

use std::{any::Any, fmt::Debug, rc::Rc};

use dfdx::{
    nn::Module,
    shapes::{Const, Rank0},
    tensor::{Gradients, HasErr, NoneTape, OwnedTape, PutTape, SplitTape, Tensor},
    tensor_ops::{Backward, SumTo, TryMul},
};

use super::{
    Batch, Shape,
    device::Backend,
    layer::{Act, Layers, ParameterSpec},
    tape::{Recording, TapeMode},
};

/// One parameter tensor of a net.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// What it is.
    pub spec: ParameterSpec,
    /// Its elements, row-major.
    pub data: Vec<f32>,
}

/// What a recorded forward pass left behind.
pub struct SavedForBackward(Box<dyn Any>);

/// What a backward pass brings.
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

    /// Maps a batch `(input, lanes)` to `(output, lanes)`.
    ///
    /// # Errors
    /// If the device fails.
    fn forward(&self, x: &Batch) -> Result<Batch, NetError>;

    /// The same, and keeps what [`Net::backward`] needs; `wants_input` says
    /// whether the gradient of `x` will be wanted.
    ///
    /// # Errors
    /// If the device fails.
    fn record(&self, x: Batch, wants_input: bool) -> Result<(Batch, SavedForBackward), NetError>;

    /// Gradients from `dy`, that of the output. With `per_example` (a factor a
    /// lane) the parameters' gradients are those of `dy` times the factors,
    /// the input's that of `dy` alone.
    ///
    /// # Errors
    /// If the device fails.
    fn backward(
        &self,
        recorded: SavedForBackward,
        dy: Batch,
        per_example: Option<Vec<f32>>,
    ) -> Result<Gradient, NetError>;

    /// The parameters, layer by layer, weight before bias.
    fn parameters(&self) -> &[Parameter];

    /// Changes the parameters.
    ///
    /// # Errors
    /// If the device fails.
    fn update(&mut self, change: &mut dyn FnMut(&mut [Parameter])) -> Result<(), NetError>;
}

/// Gradients of the input (if wanted) and of the parameters.
type PassGradients = (Option<Vec<f32>>, Vec<Vec<f32>>);

/// How one pass is recorded on a tape of this type, and run backwards.
pub(super) trait ExecMode<D: Backend>: TapeMode<D> + 'static {
    /// Whether the factors of [`Net::backward`] are applied in one pass.
    const SCALES: bool;

    /// An empty tape.
    fn start(wants_input: bool) -> Self;

    /// Gradients of the input (if wanted) and of the parameters of `net`.
    ///
    /// # Errors
    /// If the device fails.
    fn run<N: Layers<D>, const IC: usize, const IS: usize, const OC: usize, const OS: usize>(
        pass: RecordedPass<N, IC, IS, OC, OS, D, Self>,
        dy: Vec<f32>,
        per_example: Option<Vec<f32>>,
    ) -> Result<PassGradients, D::Err>;
}

/// A recorded pass: the net's layers, its input, its output and the tape.
pub(super) struct RecordedPass<
    N,
    const IC: usize,
    const IS: usize,
    const OC: usize,
    const OS: usize,
    D: Backend,
    F,
> {
    layers: Rc<N>,
    x: Act<IC, IS, D>,
    y: Act<OC, OS, D>,
    tape: F,
}

impl<D: Backend> ExecMode<D> for Recording<D> {
    const SCALES: bool = true;

    fn start(wants_input: bool) -> Self {
        let recording = Self::default();
        recording.chain.borrow_mut().wants_input = wants_input;
        recording
    }

    fn run<N: Layers<D>, const IC: usize, const IS: usize, const OC: usize, const OS: usize>(
        pass: RecordedPass<N, IC, IS, OC, OS, D, Self>,
        dy: Vec<f32>,
        per_example: Option<Vec<f32>>,
    ) -> Result<PassGradients, D::Err> {
        let Self { tape, chain } = pass.tape;
        chain.borrow_mut().grad = Some(dy);
        chain.borrow_mut().per_example = per_example;
        let root: Tensor<Rank0, f32, D> = pass.x.device().try_zeros_like(&())?;
        root.put_tape(tape).try_backward()?;
        let mut chain = chain.borrow_mut();
        let mut parameters = std::mem::take(&mut chain.parameters);
        parameters.reverse();
        Ok((chain.grad.take(), parameters))
    }
}

impl<D: Backend> ExecMode<D> for OwnedTape<f32, D> {
    const SCALES: bool = false;

    fn start(_: bool) -> Self {
        Self::default()
    }

    fn run<N: Layers<D>, const IC: usize, const IS: usize, const OC: usize, const OS: usize>(
        pass: RecordedPass<N, IC, IS, OC, OS, D, Self>,
        dy: Vec<f32>,
        _: Option<Vec<f32>>,
    ) -> Result<PassGradients, D::Err> {
        let shape = *dfdx::shapes::HasShape::shape(&pass.y);
        let dy: Act<OC, OS, D> = pass.y.device().try_tensor_from_vec(dy, shape)?;
        // d(Σ y·dy)/dy is dy: dfdx seeds scalars only.
        let product: Act<OC, OS, D, Self> = pass.y.put_tape(pass.tape).try_mul(dy)?;
        let loss: Tensor<Rank0, f32, D, Self> = product.try_sum()?;
        let gradients: Gradients<f32, D> = loss.try_backward()?;
        let mut parameters = Vec::new();
        pass.layers.gradients(&gradients, &mut parameters);
        Ok((Some(gradients.get(&pass.x).as_vec()), parameters))
    }
}

/// A typed net with its parameters also at hand on the host.
pub(super) struct Typed<
    N,
    const IC: usize,
    const IS: usize,
    const OC: usize,
    const OS: usize,
    D: Backend,
    F,
> {
    device: D,
    layers: Rc<N>,
    parameters: Vec<Parameter>,
    face: std::marker::PhantomData<fn() -> F>,
}

impl<N, const IC: usize, const IS: usize, const OC: usize, const OS: usize, D, F>
    Typed<N, IC, IS, OC, OS, D, F>
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
        let device = D::default();
        let layers = Rc::new(upload::<N, D>(&device, &parameters)?);
        Ok(Self { device, layers, parameters, face: std::marker::PhantomData })
    }

    fn tensor(&self, x: Vec<f32>) -> Result<Act<IC, IS, D>, NetError> {
        let lanes = x.len() / (IC * IS * IS);
        self.device.try_tensor_from_vec(x, (Const, Const, Const, lanes)).map_err(failed)
    }
}

fn upload<N: Layers<D>, D: Backend>(device: &D, parameters: &[Parameter]) -> Result<N, NetError> {
    let mut next = parameters.iter().map(|parameter| parameter.data.clone());
    N::build(device, &mut || next.next().expect("specs name every parameter")).map_err(failed)
}

fn failed(error: impl Debug) -> NetError {
    NetError(format!("{error:?}"))
}

impl<N, const IC: usize, const IS: usize, const OC: usize, const OS: usize, D, F>
    Typed<N, IC, IS, OC, OS, D, F>
where
    N: Layers<D>
        + Module<Act<IC, IS, D, F>, Output = Act<OC, OS, D, F>, Error = <D as HasErr>::Err>,
    D: Backend,
    F: ExecMode<D>,
{
    fn trace(
        &self,
        x: Act<IC, IS, D>,
        wants_input: bool,
    ) -> Result<RecordedPass<N, IC, IS, OC, OS, D, F>, NetError> {
        let y =
            self.layers.try_forward(x.clone().put_tape(F::start(wants_input))).map_err(failed)?;
        let (y, tape) = y.split_tape();
        Ok(RecordedPass { layers: Rc::clone(&self.layers), x, y, tape })
    }
}

impl<N, const IC: usize, const IS: usize, const OC: usize, const OS: usize, D, F> Net
    for Typed<N, IC, IS, OC, OS, D, F>
where
    N: Layers<D>
        + Module<Act<IC, IS, D, F>, Output = Act<OC, OS, D, F>, Error = <D as HasErr>::Err>
        + Module<
            Act<IC, IS, D, NoneTape>,
            Output = Act<OC, OS, D, NoneTape>,
            Error = <D as HasErr>::Err,
        > + 'static,
    D: Backend,
    F: ExecMode<D>,
{
    fn input(&self) -> Shape {
        Shape { channels: IC, side: IS }
    }

    fn output(&self) -> Shape {
        Shape { channels: OC, side: OS }
    }

    fn forward(&self, x: &Batch) -> Result<Batch, NetError> {
        assert_eq!(x.shape, self.input(), "the net's input");
        let y = self.layers.try_forward(self.tensor(x.data.clone())?).map_err(failed)?;
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
        recorded: SavedForBackward,
        dy: Batch,
        per_example: Option<Vec<f32>>,
    ) -> Result<Gradient, NetError> {
        type TapeMode<N, const A: usize, const B: usize, const C: usize, const E: usize, D, F> =
            (RecordedPass<N, A, B, C, E, D, F>, bool);
        let recorded = recorded.0.downcast::<TapeMode<N, IC, IS, OC, OS, D, F>>();
        let (pass, wants_input) =
            *recorded.expect("a pass goes back through the net that recorded it");
        let again = per_example.as_ref().filter(|_| !F::SCALES).map(|factors| {
            (self.trace(pass.x.clone(), false), dy.map(|v, lane| v * factors[lane]).data)
        });
        let (input, mut parameters) = F::run(pass, dy.data, per_example).map_err(failed)?;
        if let Some((pass, scaled)) = again {
            parameters = F::run(pass?, scaled, None).map_err(failed)?.1;
        }
        let input = input.filter(|_| wants_input);
        let input = input.map(|data| Batch { shape: self.input(), count: dy.count, data });
        Ok(Gradient { input, parameters })
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn update(&mut self, change: &mut dyn FnMut(&mut [Parameter])) -> Result<(), NetError> {
        change(&mut self.parameters);
        self.layers = Rc::new(upload::<N, D>(&self.device, &self.parameters)?);
        Ok(())
    }
}
