//! Means of figures that may be undefined: over those that are numbers, and how
//! many are not.
//!
//! Knows nothing of what the figures are.

/// The figures among some that are numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Defined {
    /// Their sum.
    pub(super) sum: f64,
    /// How many.
    pub(super) count: usize,
}

impl Defined {
    pub(super) fn of(figures: &[f64]) -> Self {
        let numbers = figures.iter().filter(|figure| !figure.is_nan());
        Self { sum: numbers.clone().sum(), count: numbers.count() }
    }

    /// Their mean; NaN if there are none.
    pub(super) fn mean(self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.sum / self.count as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_does_not_count() {
        let some = Defined::of(&[1.0, f64::NAN, 4.0]);
        assert_eq!(some, Defined { sum: 5.0, count: 2 });
        assert!((some.mean() - 2.5).abs() < 1e-15);
        assert!(Defined::of(&[f64::NAN]).mean().is_nan());
    }
}
