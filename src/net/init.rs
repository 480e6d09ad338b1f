//! Initial weights by the reference's rule.
//!
//! Knows nothing of which nets there are.

use super::layer::ParameterSpec;
use acai_random::Stream;

/// Standard deviation of a convolution's initial weights,
/// `1 / √((1 + 0.2²) · fan_in)`: He's rule for slope 0.2 *without* its factor 2
/// (reference `lib/layers.py`).
#[must_use]
pub fn std(fan_in: usize) -> f64 {
    1.0 / (1.04 * fan_in as f64).sqrt()
}

/// Hands out the initial parameters of the net `role` (`encoder`, `decoder`,
/// `critic`) for a seed: weights N(0, std²), biases 0. Variants of one seed get
/// the same.
pub fn initial(seed: u64, role: &str) -> impl FnMut(&ParameterSpec) -> Vec<f32> {
    let role = format!("{role}.init");
    let mut number = 0;
    move |spec| {
        number += 1;
        let n = spec.shape.iter().product();
        if spec.fan_in == 0 {
            return vec![0.0; n];
        }
        Stream::new(seed, &role, number).normals(n, std(spec.fan_in))
    }
}
