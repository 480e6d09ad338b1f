//! What a forward pass saves for its backward pass.
//!
//! A net has two execution modes, and the tape's type decides which is used. With
//! [`FusedTape`] (dfdx's tape and, beside it, the gradient that one layer passes to
//! the next) layers run as fused CPU kernels; with dfdx's own `OwnedTape` they are
//! composed of dfdx's operations, which run on any device.

use std::{cell::RefCell, rc::Rc};

use dfdx::tensor::{Gradients, Merge, NoneTape, OwnedTape, Storage, Tape};

/// The state of one backward pass through fused layers.
#[derive(Debug, Default)]
pub struct FusedBackward {
    /// Gradient of the output of the layer that runs next.
    pub grad: Option<Vec<f32>>,
    /// Gradients of the parameters so far, last layer first, of each layer the
    /// bias first.
    pub parameters: Vec<Vec<f32>>,
    /// A factor for each example's share of the parameter gradients.
    pub example_weights: Option<Vec<f32>>,
    /// Whether the gradient of the net's input is wanted.
    pub wants_input: bool,
    /// Layers that are recorded so far.
    pub layers: usize,
}

/// dfdx's tape and, beside it, a [`FusedBackward`].
///
/// A net is a chain of layers, so one buffer is passed from layer to layer: it is
/// written once and never zeroed or added to, as dfdx's gradient store would do.
pub struct FusedTape<D: Storage<f32>> {
    /// dfdx's tape.
    pub tape: OwnedTape<f32, D>,
    /// What the layers pass on.
    pub state: Rc<RefCell<FusedBackward>>,
}

impl<D: Storage<f32>> Default for FusedTape<D> {
    fn default() -> Self {
        Self { tape: OwnedTape::default(), state: Rc::default() }
    }
}

impl<D: Storage<f32>> Tape<f32, D> for FusedTape<D> {
    const OWNS_TAPE: bool = true;

    fn add_backward_op<F>(&mut self, operation: F)
    where
        F: 'static + FnOnce(&mut Gradients<f32, D>) -> Result<(), D::Err>,
    {
        self.tape.add_backward_op(operation);
    }
}

impl<D: Storage<f32>> Merge<NoneTape> for FusedTape<D> {
    fn merge(self, _: NoneTape) -> Self {
        self
    }
}

impl<D: Storage<f32>> Merge<Self> for FusedTape<D> {
    fn merge(self, other: Self) -> Self {
        Self { tape: self.tape.merge(other.tape), state: self.state }
    }
}

/// A tape whose type says how layers run.
pub trait TapeMode<D: Storage<f32>>: Tape<f32, D> {
    /// Where fused layers record themselves, if they are to be recorded.
    fn fused_state(&self) -> Option<Rc<RefCell<FusedBackward>>>;

    /// Whether layers are composed of dfdx's operations.
    const COMPOSED: bool;
}

impl<D: Storage<f32>> TapeMode<D> for NoneTape {
    const COMPOSED: bool = false;

    fn fused_state(&self) -> Option<Rc<RefCell<FusedBackward>>> {
        None
    }
}

impl<D: Storage<f32>> TapeMode<D> for OwnedTape<f32, D> {
    const COMPOSED: bool = true;

    fn fused_state(&self) -> Option<Rc<RefCell<FusedBackward>>> {
        None
    }
}

impl<D: Storage<f32>> TapeMode<D> for FusedTape<D> {
    const COMPOSED: bool = false;

    fn fused_state(&self) -> Option<Rc<RefCell<FusedBackward>>> {
        Some(Rc::clone(&self.state))
    }
}
