//! How long computing instances will take, judged by earlier runs.
//!
//! Knows nothing of how it is shown.

use super::status::Status;

/// How long a computation took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DurationEstimate {
    /// Seconds of work.
    pub took_s: f64,
    /// Which computation.
    pub source: EstimateSource,
}

/// Which earlier computation an instance is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EstimateSource {
    /// The last time that this instance was computed.
    Own,
    /// The most similar record of the same kind of stage.
    Nearest,
}

/// The cost of several instances, computed one after another as in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Seconds of those with an estimate.
    pub seconds: f64,
    /// How many instances.
    pub instances: usize,
    /// How many of them are judged by the nearest of their kind.
    pub nearest: usize,
    /// How many have no estimate.
    pub unknown: usize,
}

impl Cost {
    /// Of those of `statuses` that will or may be computed.
    pub fn of<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> Self {
        let open = statuses.into_iter().filter(|status| !status.state.is_there());
        open.fold(Self::default(), |cost, status| cost.with(status.estimate))
    }

    fn with(self, estimate: Option<DurationEstimate>) -> Self {
        let is_nearest = estimate.is_some_and(|one| one.source == EstimateSource::Nearest);
        Self {
            seconds: self.seconds + estimate.map_or(0.0, |one| one.took_s),
            instances: self.instances + 1,
            nearest: self.nearest + usize::from(is_nearest),
            unknown: self.unknown + usize::from(estimate.is_none()),
        }
    }
}
