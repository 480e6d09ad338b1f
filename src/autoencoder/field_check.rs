//! Ranges of the fields of autoencoders and regularizers.
//!
//! Knows nothing of where the fields are written.

/// A field, and whether its value is in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldCheck {
    /// The field's name.
    pub field: &'static str,
    /// Whether its value is in range.
    pub is_met: bool,
    /// What is wrong if it is not, such as `must be at least 1`.
    pub message: &'static str,
}

impl FieldCheck {
    /// `field`, whose value is in range if `is_met`.
    #[must_use]
    pub fn new(field: &'static str, is_met: bool, message: &'static str) -> Self {
        Self { field, is_met, message }
    }

    /// A finite number from 0 on.
    #[must_use]
    pub fn non_negative(field: &'static str, value: f64) -> Self {
        let is_met = value.is_finite() && value >= 0.0;
        Self::new(field, is_met, "must be a finite number from 0 on")
    }

    /// A finite number above 0.
    #[must_use]
    pub fn positive(field: &'static str, value: f64) -> Self {
        let is_met = value.is_finite() && value > 0.0;
        Self::new(field, is_met, "must be a finite number above 0")
    }

    /// A count from 1 to `most`, which `message` says.
    #[must_use]
    pub fn at_most(field: &'static str, value: usize, most: usize, message: &'static str) -> Self {
        Self::new(field, value <= most, message)
    }

    /// A count from 1 on.
    #[must_use]
    pub fn at_least_one(field: &'static str, value: usize) -> Self {
        Self::new(field, value >= 1, "must be at least 1")
    }
}
