//! The loss terms of a training run: their means over every 64 steps, and the
//! mean squared error at the end.
//!
//! Knows nothing of what the terms are.

use std::collections::VecDeque;

use acai_artifact::{Layout, Writer};

/// Steps whose mean is one entry.
pub(super) const STEPS_PER_ENTRY: u64 = 64;

/// Steps whose mean squared error is the run's `mse`: the last so many.
const MSE_STEPS: usize = 1024;

/// Entries so far, and the sums of the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    /// The names of the terms; known from the first step on.
    pub(super) names: Vec<&'static str>,
    /// The last step of each entry.
    pub(super) steps: Vec<u32>,
    /// The entries of each term, in the order of the names.
    pub(super) entries: Vec<Vec<f32>>,
    /// The sum of each term over the steps since the last entry.
    pub(super) sums: Vec<f64>,
    /// How many steps those are.
    pub(super) in_sum: u32,
    /// The mean squared errors of the last steps.
    pub(super) recent_mse: VecDeque<f64>,
}

impl History {
    /// Adds the terms of one step, numbered from 1.
    pub(super) fn add(&mut self, step: u64, mse: f64, terms: &[(&'static str, f64)]) {
        if self.names.is_empty() {
            self.names = terms.iter().map(|&(name, _)| name).collect();
            self.entries.resize(terms.len(), Vec::new());
            self.sums.resize(terms.len(), 0.0);
        }
        for (sum, (_, value)) in self.sums.iter_mut().zip(terms) {
            *sum += value;
        }
        self.in_sum += 1;
        if step.is_multiple_of(STEPS_PER_ENTRY) {
            self.finish_entry(step);
        }
        self.recent_mse.push_back(mse);
        if self.recent_mse.len() > MSE_STEPS {
            self.recent_mse.pop_front();
        }
    }

    /// Adds the entry that ends with `step`.
    fn finish_entry(&mut self, step: u64) {
        self.steps.push(step as u32);
        for (sum, entries) in self.sums.iter_mut().zip(&mut self.entries) {
            entries.push((*sum / f64::from(self.in_sum)) as f32);
            *sum = 0.0;
        }
        self.in_sum = 0;
    }

    /// Mean squared error over the last 1,024 steps, or all if there are fewer.
    pub(super) fn mse(&self) -> f64 {
        self.recent_mse.iter().sum::<f64>() / self.recent_mse.len() as f64
    }

    /// The latest entry, for the progress display.
    pub(super) fn latest(&self) -> Vec<(&'static str, f64)> {
        let latest = |(&name, entries): (&&'static str, &Vec<f32>)| {
            entries.last().map(|&value| (name, f64::from(value)))
        };
        self.names.iter().zip(&self.entries).filter_map(latest).collect()
    }

    /// Writes `history/step` and a dataset for each term.
    pub(super) fn write(&self, out: &mut Writer) -> anyhow::Result<()> {
        out.write("history/step", &[self.steps.len()], &self.steps, Layout::Compressed)?;
        for (name, entries) in self.names.iter().zip(&self.entries) {
            let path = format!("history/{name}");
            out.write(&path, &[entries.len()], entries, Layout::Compressed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_means_and_the_end_is_the_mean_of_the_last_steps() {
        let mut history = History::default();
        for step in 1..=1100 {
            history.add(step, step as f64, &[("mse", step as f64), ("probe", 2.0)]);
        }
        assert_eq!(history.steps[..2], [64, 128]);
        assert_eq!(history.steps.len(), 17);
        assert_eq!(history.entries[0][..2], [32.5, 96.5]);
        assert!((history.mse() - f64::midpoint(77.0, 1100.0)).abs() < 1e-9);
        assert_eq!(history.latest()[1], ("probe", 2.0));
    }
}
