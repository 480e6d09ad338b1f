//! What a forward pass leaves behind for its backward pass.
//!
//! Knows nothing of particular layers.
//!
//! A net has two faces, and the tape's type decides which is used. With
//! [`Recording`] (dfdx's tape, and beside it the gradient that flows down the
//! chain) layers run as fused CPU kernels; with dfdx's own `OwnedTape` they are
//! composed of dfdx's operations, which run on any device.

use std::{cell::RefCell, rc::Rc};

use dfdx::tensor::{Gradients, Merge, NoneTape, OwnedTape, Storage, Tape};

/// The state of one backward pass through a chain of fused layers.
#[derive(Debug, Default)]
pub struct Chain {
    /// Gradient of the output of the layer whose turn it is.
    pub grad: Option<Vec<f32>>,
    /// Gradients of the parameters met so far, last layer first, of each layer
    /// the bias first.
    pub parameters: Vec<Vec<f32>>,
    /// A factor for each lane's share of the parameter gradients.
    pub per_example: Option<Vec<f32>>,
    /// Whether the gradient of the net's input is wanted.
    pub wants_input: bool,
    /// Layers recorded so far.
    pub layers: usize,
}

/// dfdx's tape and, beside it, the gradient that flows down a [`Chain`].
///
/// A net is a chain, so one buffer is handed from layer to layer: it is written
/// once and never zeroed or added to, which dfdx's gradient store would demand.
pub struct Recording<D: Storage<f32>> {
    /// dfdx's tape.
    pub tape: OwnedTape<f32, D>,
    /// The gradient that flows.
    pub chain: Rc<RefCell<Chain>>,
}

impl<D: Storage<f32>> Default for Recording<D> {
    fn default() -> Self {
        Self { tape: OwnedTape::default(), chain: Rc::default() }
    }
}

impl<D: Storage<f32>> Tape<f32, D> for Recording<D> {
    const OWNS_TAPE: bool = true;

    fn add_backward_op<F>(&mut self, operation: F)
    where
        F: 'static + FnOnce(&mut Gradients<f32, D>) -> Result<(), D::Err>,
    {
        self.tape.add_backward_op(operation);
    }
}

impl<D: Storage<f32>> Merge<NoneTape> for Recording<D> {
    fn merge(self, _: NoneTape) -> Self {
        self
    }
}

impl<D: Storage<f32>> Merge<Self> for Recording<D> {
    fn merge(self, other: Self) -> Self {
        Self { tape: self.tape.merge(other.tape), chain: self.chain }
    }
}

/// A tape that knows which face of a layer it wants.
pub trait TapeMode<D: Storage<f32>>: Tape<f32, D> {
    /// The chain to record on, if the fused face is to be recorded.
    fn chain(&self) -> Option<Rc<RefCell<Chain>>>;

    /// Whether layers are composed of dfdx's operations.
    const COMPOSED: bool;
}

impl<D: Storage<f32>> TapeMode<D> for NoneTape {
    const COMPOSED: bool = false;

    fn chain(&self) -> Option<Rc<RefCell<Chain>>> {
        None
    }
}

impl<D: Storage<f32>> TapeMode<D> for OwnedTape<f32, D> {
    const COMPOSED: bool = true;

    fn chain(&self) -> Option<Rc<RefCell<Chain>>> {
        None
    }
}

impl<D: Storage<f32>> TapeMode<D> for Recording<D> {
    const COMPOSED: bool = false;

    fn chain(&self) -> Option<Rc<RefCell<Chain>>> {
        Some(Rc::clone(&self.chain))
    }
}
