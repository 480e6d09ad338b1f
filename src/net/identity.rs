//! The net without layers: its output is its input.
//!
//! Knows nothing of what it is used for.

use super::{Batch, Gradient, Net, NetError, Parameter, ParametersMut, SavedForBackward, Shape};

/// A net without layers.
struct Identity {
    shape: Shape,
}

/// The net that gives back images of `shape`.
#[must_use]
pub fn identity_net(shape: Shape) -> Box<dyn Net> {
    Box::new(Identity { shape })
}

impl Net for Identity {
    fn input(&self) -> Shape {
        self.shape
    }

    fn output(&self) -> Shape {
        self.shape
    }

    fn forward(&self, x: &Batch) -> Result<Batch, NetError> {
        Ok(x.clone())
    }

    fn record(&self, x: Batch, _: bool) -> Result<(Batch, SavedForBackward), NetError> {
        Ok((x, SavedForBackward::nothing()))
    }

    fn backward(
        &self,
        _: SavedForBackward,
        dy: Batch,
        _: Option<Vec<f32>>,
    ) -> Result<Gradient, NetError> {
        Ok(Gradient { input: Some(dy), parameters: Vec::new() })
    }

    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    fn parameters_mut(&mut self) -> ParametersMut<'_> {
        ParametersMut::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_back_what_it_takes() {
        let shape = Shape { channels: 1, side: 2 };
        let mut net = identity_net(shape);
        let images = Batch::from_rows(shape, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(net.forward(&images).unwrap(), images);
        let (out, saved) = net.record(images.clone(), true).unwrap();
        assert_eq!(net.backward(saved, out, None).unwrap().input, Some(images));
        assert!(net.parameters().is_empty() && net.parameters_mut().is_empty());
    }
}
