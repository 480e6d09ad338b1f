//! Newton's method for a logistic regression: every step solves the second-order model
//! by conjugate gradients, to a precision that grows towards the minimum (Nocedal and
//! Wright, *Numerical Optimization*, algorithms 7.1 and 3.1).
//!
//! Knows nothing of latents, or of how a penalty was chosen.

use super::{
    objective::{Evaluation, Objective},
    preconditioner::Preconditioner,
};
use acai_common::events::Interrupted;

/// Steps after which it gives up.
const MOST_STEPS: usize = 200;

/// Products with the second derivatives in one step at most.
const MOST_PRODUCTS: usize = 500;

/// A step must bring this share of what its slope promises.
const SUFFICIENT: f64 = 1e-4;

/// How often a step is halved at most.
const MOST_HALVINGS: usize = 40;

/// Called before every pass over the rows.
pub(super) type Watch<'a> = &'a dyn Fn() -> Result<(), Interrupted>;

/// A minimum, or how far it was come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Solution {
    /// Weights (classes × d), then biases.
    pub(super) parameters: Vec<f64>,
    /// The objective's value.
    pub(super) loss: f64,
    /// The norm of its gradient.
    pub(super) gradient_norm: f64,
}

/// Minimises `objective` from `start` until the norm of its gradient is at most
/// `tolerance`, or no step makes it smaller.
///
/// # Errors
/// What `watch` returns.
pub(super) fn minimize(
    objective: &Objective<'_>,
    start: Vec<f64>,
    tolerance: f64,
    watch: Watch<'_>,
) -> Result<Solution, Interrupted> {
    watch()?;
    let mut at = start;
    let mut evaluation = objective.evaluate(&at);
    for _ in 0..MOST_STEPS {
        if norm(&evaluation.gradient) <= tolerance {
            break;
        }
        let step = newton_step(objective, &evaluation, watch)?;
        let Some((next, there)) = line_search(objective, &at, &evaluation, &step, watch)? else {
            break;
        };
        (at, evaluation) = (next, there);
    }
    let gradient_norm = norm(&evaluation.gradient);
    Ok(Solution { parameters: at, loss: evaluation.loss, gradient_norm })
}

/// The step to the minimum of the second-order model, by conjugate gradients.
fn newton_step(
    objective: &Objective<'_>,
    evaluation: &Evaluation,
    watch: Watch<'_>,
) -> Result<Vec<f64>, Interrupted> {
    let Evaluation { gradient, probabilities, .. } = evaluation;
    let preconditioner = Preconditioner::new(objective, probabilities);
    let size = norm(gradient);
    let enough = size * size.sqrt().min(0.5);
    let mut step = vec![0.0; gradient.len()];
    let mut residual: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut scaled = preconditioner.apply(&residual);
    let mut direction = scaled.clone();
    let mut product = dot(&residual, &scaled);
    for _ in 0..MOST_PRODUCTS {
        watch()?;
        let curved = objective.hessian_times(probabilities, &direction);
        let curvature = dot(&direction, &curved);
        if curvature <= 0.0 {
            break;
        }
        let length = product / curvature;
        add_times(&mut step, length, &direction);
        add_times(&mut residual, -length, &curved);
        if norm(&residual) <= enough {
            break;
        }
        scaled = preconditioner.apply(&residual);
        let next = dot(&residual, &scaled);
        let ratio = next / product;
        for (direction, scaled) in direction.iter_mut().zip(&scaled) {
            *direction = scaled + ratio * *direction;
        }
        product = next;
    }
    Ok(step)
}

/// Goes along `step`, half as far as long as the objective does not fall enough; none
/// if it does not fall at all, which rounding may bring about at the minimum.
fn line_search(
    objective: &Objective<'_>,
    at: &[f64],
    evaluation: &Evaluation,
    step: &[f64],
    watch: Watch<'_>,
) -> Result<Option<(Vec<f64>, Evaluation)>, Interrupted> {
    let slope = dot(&evaluation.gradient, step);
    let mut length = 1.0;
    for _ in 0..MOST_HALVINGS {
        watch()?;
        let mut next = at.to_vec();
        add_times(&mut next, length, step);
        let there = objective.evaluate(&next);
        if there.loss <= evaluation.loss + SUFFICIENT * length * slope {
            return Ok(Some((next, there)));
        }
        // Where losses are equal to the last bit the gradient still tells them apart.
        let is_flat = (there.loss - evaluation.loss).abs() <= f64::EPSILON * evaluation.loss;
        if is_flat && norm(&there.gradient) < norm(&evaluation.gradient) {
            return Ok(Some((next, there)));
        }
        length *= 0.5;
    }
    Ok(None)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

fn add_times(sum: &mut [f64], factor: f64, values: &[f64]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    #[test]
    fn rows_that_are_nearly_separated_are_no_obstacle() {
        let labels: Vec<u8> = (0..300).map(|i| (i % 2) as u8).collect();
        let mut rows = RngStream::new(3, "newton", 0).normals(600, 0.2);
        for (row, &label) in rows.chunks_mut(2).zip(&labels) {
            row[0] += f32::from(label) * 2.0 - 1.0;
            row[1] += 0.999 * row[0];
        }
        let objective = Objective { rows: &rows, width: 2, labels: &labels, classes: 2, l2: 1e-9 };
        let calls = std::cell::Cell::new(0);
        let watch = || {
            calls.set(calls.get() + 1);
            Ok(())
        };
        let found = minimize(&objective, vec![0.0; 6], 1e-9, &watch).unwrap();
        assert!(found.gradient_norm <= 1e-9 && found.loss < 1e-3, "{found:?}");
        assert!(calls.get() < 400, "{}", calls.get());
    }

    #[test]
    fn a_minimum_is_left_where_it_is() {
        let rows = [1.0_f32, -1.0, 1.0, -1.0];
        let labels = [0, 0, 1, 1];
        let objective = Objective { rows: &rows, width: 1, labels: &labels, classes: 2, l2: 1.0 };
        let found = minimize(&objective, vec![0.0; 4], 1e-12, &|| Ok(())).unwrap();
        assert_eq!(found.parameters, [0.0; 4]);
    }
}
