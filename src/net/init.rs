//! Initial weights by the reference's rule.

use super::layer::ParameterSpec;
use acai_random::RngStream;

/// Standard deviation of a convolution's initial weights,
/// `1 / √((1 + 0.2²) · fan_in)`: He's rule for slope 0.2 *without* its factor 2
/// (reference `lib/layers.py`).
#[must_use]
pub fn init_std(fan_in: usize) -> f64 {
    1.0 / (1.04 * fan_in as f64).sqrt()
}

/// Gives the initial parameters of `net` (`encoder`, `decoder` or `critic`) for a
/// seed, one after the other: weights N(0, std²), biases 0. All variants of a seed
/// get the same.
pub fn initial_parameters(seed: u64, net: &str) -> impl FnMut(&ParameterSpec) -> Vec<f32> {
    let name = format!("{net}.init");
    let mut number = 0;
    move |spec| {
        number += 1;
        let n = spec.shape.iter().product();
        if spec.fan_in == 0 {
            return vec![0.0; n];
        }
        RngStream::new(seed, &name, number).normals(n, init_std(spec.fan_in))
    }
}
