//! Adam, with ε where TensorFlow puts it, and a state that can be saved.
//!
//! w ← w − lr·√(1−β₂ᵗ)/(1−β₁ᵗ) · m / (√v + ε): unlike in the paper's Algorithm 1
//! ε is not divided by √(1−β₂ᵗ), which matters for gradients below about 10⁻⁵ in
//! the first hundred steps. It is what the reference trains with.

use rayon::prelude::*;

/// Elements updated by one task.
const CHUNK: usize = 1 << 14;

/// The optimiser of one group of tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate of the next step.
    pub lr: f64,
    /// Decay β₁ of the mean gradient.
    pub beta1: f64,
    /// Decay β₂ of the mean squared gradient.
    pub beta2: f64,
    /// ε, which bounds the step where gradients vanish.
    pub epsilon: f64,
    /// Its moments: with these and the weights, training goes on as if it had not
    /// stopped.
    pub state: AdamState,
}

/// What [`Adam`] keeps between steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdamState {
    /// Steps taken.
    pub steps: u64,
    /// Moving average m of the gradients: all tensors of the group, one after the other.
    pub mean: Vec<f32>,
    /// Moving average v of their squares, likewise.
    pub square: Vec<f32>,
}

impl Adam {
    /// For `weights` weights in all, with the reference's β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.
    #[must_use]
    pub fn new(lr: f64, weights: usize) -> Self {
        let state = AdamState { steps: 0, mean: vec![0.0; weights], square: vec![0.0; weights] };
        Self { lr, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, state }
    }

    /// One step: each tensor's weights and their gradient, always in the same order.
    ///
    /// The result does not depend on the number of threads.
    ///
    /// # Panics
    /// If the tensors do not have the number of weights the optimiser was made for.
    pub fn step<'a>(&mut self, tensors: impl IntoIterator<Item = (&'a mut [f32], &'a [f32])>) {
        self.state.steps += 1;
        let coefficients = self.coefficients();
        let (mut mean, mut square) = (&mut self.state.mean[..], &mut self.state.square[..]);
        for (weights, gradient) in tensors {
            assert_eq!(weights.len(), gradient.len(), "each weight has its gradient");
            let (this_mean, this_square);
            (this_mean, mean) = mean.split_at_mut(weights.len());
            (this_square, square) = square.split_at_mut(weights.len());
            coefficients.update_all(weights, gradient, this_mean, this_square);
        }
        assert!(mean.is_empty(), "the step covers every tensor of the group");
    }

    /// This step's constants; the corrections for the start are computed in `f64`.
    fn coefficients(&self) -> Coefficients {
        let steps = self.state.steps as f64;
        let correction =
            libm::sqrt(1.0 - libm::pow(self.beta2, steps)) / (1.0 - libm::pow(self.beta1, steps));
        Coefficients {
            rate: (self.lr * correction) as f32,
            epsilon: self.epsilon as f32,
            beta1: self.beta1 as f32,
            one_minus_beta1: (1.0 - self.beta1) as f32,
            beta2: self.beta2 as f32,
            one_minus_beta2: (1.0 - self.beta2) as f32,
        }
    }
}

/// The constants of one step.
#[derive(Clone, Copy)]
struct Coefficients {
    rate: f32,
    epsilon: f32,
    beta1: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
}

impl Coefficients {
    fn update_all(
        self,
        weights: &mut [f32],
        gradient: &[f32],
        mean: &mut [f32],
        square: &mut [f32],
    ) {
        let moments = mean.par_chunks_mut(CHUNK).zip(square.par_chunks_mut(CHUNK));
        let pieces = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        pieces.zip(moments).for_each(|((w, g), (m, v))| self.update(w, g, m, v));
    }

    fn update(self, weights: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32]) {
        let moments = mean.iter_mut().zip(square);
        for ((w, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
            *m = self.beta1 * *m + self.one_minus_beta1 * g;
            *v = self.beta2 * *v + self.one_minus_beta2 * (g * g);
            *w -= self.rate * *m / (v.sqrt() + self.epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trains one weight from 1 with lr = 1e-4; its value after each gradient.
    fn path(gradients: [f32; 3]) -> [f64; 3] {
        let (mut adam, mut weight) = (Adam::new(1e-4, 1), [1.0]);
        gradients.map(|gradient| {
            adam.step([(&mut weight[..], &[gradient][..])]);
            f64::from(weight[0])
        })
    }

    /// A weight near 1 is known to 6e-8.
    #[track_caller]
    fn close(got: [f64; 3], want: [f64; 3]) {
        for (got, want) in got.into_iter().zip(want) {
            assert!((got - want).abs() < 1.2e-7, "{got} is not {want}");
        }
    }

    #[test]
    fn large_gradients_take_the_references_steps() {
        let golden = [0.999_900_000_063_245_5, 0.999_873_366_374_351_8, 0.999_841_842_035_277_3];
        close(path([0.5, -0.25, 0.1]), golden);
    }

    #[test]
    fn small_gradients_show_where_epsilon_is_added() {
        let golden = [0.999_924_025_307, 0.999_903_265_667, 0.999_878_611_570];
        close(path([1e-6, -5e-7, 2e-7]), golden);
    }

    /// Away from 1 the weight shows the step to single precision.
    #[test]
    fn steps_are_exact_to_single_precision() {
        let (mut adam, mut weight) = (Adam::new(1e-4, 1), [0.0]);
        for gradient in [1e-6, -5e-7, 2e-7] {
            adam.step([(&mut weight[..], &[gradient][..])]);
        }
        let golden = 0.999_878_611_570 - 1.0;
        assert!((f64::from(weight[0]) / golden - 1.0).abs() < 1e-6, "{}", weight[0]);
    }

    #[test]
    fn tensors_of_a_group_share_only_the_step_count() {
        let gradient: Vec<f32> = (0..40_000).map(|i| (i % 17) as f32 - 8.0).collect();
        let mut whole = vec![0.5; 40_000];
        let mut parts = whole.clone();
        let (mut one, mut two) = (Adam::new(1e-3, 40_000), Adam::new(1e-3, 40_000));
        for _ in 0..3 {
            one.step([(&mut whole[..], &gradient[..])]);
            let (a, b) = parts.split_at_mut(123);
            two.step([(a, &gradient[..123]), (b, &gradient[123..])]);
        }
        assert_eq!(whole, parts);
        assert_eq!(one.state, two.state);
        assert_eq!(one.state.steps, 3);
    }

    #[test]
    fn a_saved_state_continues_with_the_same_bits() {
        let (mut adam, mut weight) = (Adam::new(1e-3, 1), [1.0]);
        adam.step([(&mut weight[..], &[0.3][..])]);
        let mut again = Adam { state: adam.state.clone(), ..Adam::new(1e-3, 1) };
        let mut copy = weight;
        adam.step([(&mut weight[..], &[-0.1][..])]);
        again.step([(&mut copy[..], &[-0.1][..])]);
        assert_eq!(weight[0].to_bits(), copy[0].to_bits());
    }
}
