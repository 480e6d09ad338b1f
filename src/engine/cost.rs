//! What computing instances would take, by what it took in the estimate.
//!
//! Knows nothing of how it is shown.

use super::status::{State, Status};

/// How long a computation took in the estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DurationEstimate {
    /// Seconds of work.
    pub took_s: f64,
    /// EstimateSource work it was.
    pub source: EstimateSource,
}

/// EstimateSource estimate stands for an instance's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EstimateSource {
    /// Its own: the last time that this instance was computed.
    Own,
    /// That of the most similar record of the same kind of stage.
    Nearest,
}

/// The estimate of several instances, one after another, as a run computes them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Seconds of those that have a estimate.
    pub seconds: f64,
    /// How many instances.
    pub instances: usize,
    /// How many of them take the estimate of the nearest of their kind.
    pub nearest: usize,
    /// How many have no estimate at all.
    pub unknown: usize,
}

impl Cost {
    /// Of those of `statuses` that are not cached.
    pub fn of<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> Self {
        let open = statuses.into_iter().filter(|status| status.state != State::Cached);
        open.fold(Self::default(), |cost, status| cost.with(status.estimate))
    }

    fn with(self, estimate: Option<DurationEstimate>) -> Self {
        let is_nearest =
            estimate.is_some_and(|estimate| estimate.source == EstimateSource::Nearest);
        Self {
            seconds: self.seconds + estimate.map_or(0.0, |estimate| estimate.took_s),
            instances: self.instances + 1,
            nearest: self.nearest + usize::from(is_nearest),
            unknown: self.unknown + usize::from(estimate.is_none()),
        }
    }
}
