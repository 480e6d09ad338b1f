//! A net's parameters on the host, and how they are lent to be changed.
//!
//! Knows nothing of layers.

use std::ops::{Deref, DerefMut};

use super::layer::ParameterSpec;

/// One parameter tensor of a net.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name and shape.
    pub spec: ParameterSpec,
    /// Its elements, row-major.
    pub data: Vec<f32>,
}

/// A net's parameters on loan, see [`Net::parameters_mut`](super::Net::parameters_mut).
pub struct ParametersMut<'a> {
    parameters: &'a mut [Parameter],
    /// Where they are computed with; none where there are no parameters.
    tensors: Option<&'a mut dyn Load>,
}

impl<'a> ParametersMut<'a> {
    /// Parameters that `tensors` are loaded with when the loan ends.
    pub(super) fn new(parameters: &'a mut [Parameter], tensors: &'a mut dyn Load) -> Self {
        Self { parameters, tensors: Some(tensors) }
    }

    /// The parameters of a net that has none.
    pub(super) fn none() -> Self {
        Self { parameters: &mut [], tensors: None }
    }
}

impl Deref for ParametersMut<'_> {
    type Target = [Parameter];

    fn deref(&self) -> &[Parameter] {
        self.parameters
    }
}

impl DerefMut for ParametersMut<'_> {
    fn deref_mut(&mut self) -> &mut [Parameter] {
        self.parameters
    }
}

impl Drop for ParametersMut<'_> {
    fn drop(&mut self) {
        if let Some(tensors) = &mut self.tensors {
            tensors.load(self.parameters);
        }
    }
}

/// A net's tensors, whatever their types.
pub(super) trait Load {
    /// Overwrites them with the values of `parameters`.
    fn load(&mut self, parameters: &[Parameter]);
}
