//! Values outside their range.
//!
//! Knows nothing of which fields there are.

use acai_common::format::count;

/// A value outside its range.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeError {
    /// Path inside the stage, such as `restarts` or `variants.acai.kimg`.
    pub path: String,
    /// What is wrong and what is wanted, such as `must be at least 1`.
    pub message: String,
}

impl RangeError {
    /// The fault of the field at `path`, if `value` is less than `least`.
    pub fn less_than(
        path: impl Into<String>,
        value: impl TryInto<u64>,
        least: u64,
    ) -> Option<Self> {
        // What does not fit is huge.
        let value = value.try_into().unwrap_or(u64::MAX);
        Self::unless(value >= least, path, format!("must be at least {least}"))
    }

    /// The fault of the field at `path`, if `value` is more than `most`.
    pub fn more_than(path: impl Into<String>, value: impl TryInto<u64>, most: u64) -> Option<Self> {
        let value = value.try_into().unwrap_or(u64::MAX);
        Self::unless(value <= most, path, format!("must be at most {}", count(most)))
    }

    /// The fault of the field at `path`, unless `is_fine`.
    pub fn unless(
        is_fine: bool,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<Self> {
        (!is_fine).then(|| Self { path: path.into(), message: message.into() })
    }
}
