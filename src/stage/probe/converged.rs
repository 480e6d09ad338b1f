//! `rule: Converged`: multinomial logistic regression on standardized latents, solved.
//!
//! How strongly weights are held to zero is chosen on every sixth training latent,
//! from regressions of the others; the regression of all of them is then solved with
//! it. Nothing is drawn at random. C is scikit-learn's: the objective has an l2 of
//! 1/(C·n), see [`objective`](super::objective).
//!
//! Knows nothing of files.

use std::cell::Cell;

use anyhow::ensure;

use super::{
    newton::{self, Solution, Watch},
    objective::Objective,
    standardization::Standardization,
};
use crate::latents::Latents;

/// What C is chosen from.
pub(super) const STRENGTHS: [f64; 6] = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0];

/// One in so many training latents serves to choose C: the last of each so many.
const HELD_OUT: usize = 6;

/// The norm of the objective's gradient at which the regression counts as solved.
pub(super) const TOLERANCE: f64 = 1e-6;

/// The same for the regressions that C is chosen by.
const COARSE_TOLERANCE: f64 = 1e-4;

/// A fitted probe.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    /// How latents are standardized.
    pub(super) standardization: Standardization,
    /// The regression of all training latents.
    pub(super) solution: Solution,
    /// The chosen C.
    pub(super) c: f64,
    /// For each of [`STRENGTHS`] the mean cross-entropy of the held-out latents; NaN
    /// where there were too few to hold any out.
    pub(super) held_out: Vec<f64>,
}

/// Fits a probe of `classes` classes. `told` is called with how many of the
/// regressions are solved, and of how many.
///
/// # Errors
/// What `watch` returns, or if a regression cannot be solved.
pub(super) fn fit(
    train: &Latents,
    classes: usize,
    watch: Watch<'_>,
    told: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<Fit> {
    let standardization = Standardization::fit(train);
    let train = standardization.apply(train);
    let total = STRENGTHS.len() + 1;
    let done = Cell::new(0);
    let mut step = || {
        told(done.get(), total);
        done.set(done.get() + 1);
    };
    let mut choice = Choice { c: 1.0, held_out: vec![f64::NAN; STRENGTHS.len()], near: None };
    if train.len() >= HELD_OUT {
        choice = choose(&train, classes, watch, &mut step)?;
    }
    step();
    let solver = Solver::new(&train, classes, watch);
    let solution = solver.solve(choice.c, TOLERANCE, choice.near)?;
    let Choice { c, held_out, .. } = choice;
    Ok(Fit { standardization, solution, c, held_out })
}

impl Fit {
    /// Latents as the regression takes them.
    pub(super) fn standardized(&self, latents: &Latents) -> Latents {
        self.standardization.apply(latents)
    }
}

/// What held-out latents say.
struct Choice {
    c: f64,
    held_out: Vec<f64>,
    /// The parameters of the chosen regression: a good place to start from.
    near: Option<Vec<f64>>,
}

/// Chooses C by the mean cross-entropy of held-out latents; of equals the smallest.
fn choose(
    train: &Latents,
    classes: usize,
    watch: Watch<'_>,
    step: &mut dyn FnMut(),
) -> anyhow::Result<Choice> {
    let (fitted, held_out) = split(train);
    let solver = Solver::new(&fitted, classes, watch);
    let judge = Objective { rows: &held_out.rows, labels: &held_out.labels, ..solver.objective };
    let mut last: Option<Vec<f64>> = None;
    let mut best: Option<(f64, f64, Vec<f64>)> = None;
    let mut losses = Vec::new();
    for c in STRENGTHS {
        step();
        let Solution { parameters, .. } = solver.solve(c, COARSE_TOLERANCE, last.take())?;
        let loss = judge.cross_entropy(&parameters);
        losses.push(loss);
        if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
            best = Some((loss, c, parameters.clone()));
        }
        last = Some(parameters);
    }
    let (_, c, near) = best.expect("there are strengths to choose from");
    Ok(Choice { c, held_out: losses, near: Some(near) })
}

/// The latents to fit, and the last of each six.
fn split(train: &Latents) -> (Latents, Latents) {
    let empty = || Latents { width: train.width, ..Latents::default() };
    let (mut fitted, mut held_out) = (empty(), empty());
    for (at, &label) in train.labels.iter().enumerate() {
        let is_held_out = at % HELD_OUT == HELD_OUT - 1;
        let part = if is_held_out { &mut held_out } else { &mut fitted };
        part.rows.extend_from_slice(train.row(at));
        part.labels.push(label);
    }
    (fitted, held_out)
}

/// Regressions of the same latents with any C.
struct Solver<'a> {
    objective: Objective<'a>,
    watch: Watch<'a>,
}

impl<'a> Solver<'a> {
    fn new(train: &'a Latents, classes: usize, watch: Watch<'a>) -> Self {
        let Latents { width, rows, labels } = train;
        let objective = Objective { rows, width: *width, labels, classes, l2: 0.0 };
        Self { objective, watch }
    }

    /// The regression with `c`, from the parameters `start` on.
    fn solve(&self, c: f64, tolerance: f64, start: Option<Vec<f64>>) -> anyhow::Result<Solution> {
        let l2 = 1.0 / (c * self.objective.labels.len() as f64);
        let objective = Objective { l2, ..self.objective };
        let start = start.unwrap_or_else(|| vec![0.0; objective.parameters()]);
        let solution = newton::minimize(&objective, start, tolerance, self.watch)?;
        let gradient_norm = solution.gradient_norm;
        ensure!(
            gradient_norm <= tolerance,
            "the logistic regression with C = {c} was not solved: its gradient is still \
             {gradient_norm:e}"
        );
        Ok(solution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_common::events::Interrupted;
    use acai_random::RngStream;

    /// `count` latents of 4 values in three classes that overlap.
    fn latents(count: usize) -> Latents {
        let mut rows = RngStream::new(7, "converged.test", 0).normals(4 * count, 1.0);
        let labels: Vec<u8> = (0..count).map(|i| (i % 3) as u8).collect();
        for (row, &label) in rows.chunks_mut(4).zip(&labels) {
            row[usize::from(label)] += 1.5;
            row[3] = row[0] - 2.0 * row[1] + 0.01 * row[3];
        }
        Latents { width: 4, rows, labels }
    }

    fn fitted(train: &Latents) -> Fit {
        fit(train, 3, &|| Ok(()), &mut |_, _| ()).unwrap()
    }

    #[test]
    fn the_gradient_vanishes_and_the_choice_is_the_least_held_out_loss() {
        let found = fitted(&latents(900));
        assert!(found.solution.gradient_norm <= TOLERANCE);
        let least = found.held_out.iter().copied().fold(f64::INFINITY, f64::min);
        let at = STRENGTHS.iter().position(|&c| c.to_bits() == found.c.to_bits()).unwrap();
        assert_eq!(found.held_out[at].to_bits(), least.to_bits());
    }

    #[test]
    fn the_scale_of_latents_and_an_offset_change_no_class() {
        let (train, test) = (latents(900), latents(300));
        let moved = |latents: &Latents| {
            let scaled =
                |(at, &value): (usize, &f32)| value * [64.0, 0.25, 8.0, 2.0][at % 4] + 16.0;
            Latents {
                rows: latents.rows.iter().enumerate().map(scaled).collect(),
                ..latents.clone()
            }
        };
        let classes = |train: &Latents, test: &Latents| {
            let found = fitted(train);
            let test = found.standardized(test);
            let Latents { width, rows, labels } = &test;
            let objective = Objective { rows, width: *width, labels, classes: 3, l2: 0.0 };
            objective.classify(&found.solution.parameters)
        };
        assert_eq!(classes(&train, &test), classes(&moved(&train), &moved(&test)));
    }

    #[test]
    fn few_latents_and_absent_classes_are_no_obstacle() {
        let found = fitted(&latents(5));
        assert!(found.held_out.iter().all(|loss| loss.is_nan()));
        assert_eq!(found.c.to_bits(), 1.0_f64.to_bits());
        let train = latents(60);
        assert!(fit(&train, 7, &|| Ok(()), &mut |_, _| ()).is_ok());
    }

    #[test]
    fn an_interruption_ends_it() {
        let calls = Cell::new(0);
        let watch = || {
            calls.set(calls.get() + 1);
            if calls.get() == 4 { Err(Interrupted) } else { Ok(()) }
        };
        let error = fit(&latents(300), 3, &watch, &mut |_, _| ()).unwrap_err();
        assert!(error.is::<Interrupted>() && calls.get() == 4, "{error:?}");
    }
}
