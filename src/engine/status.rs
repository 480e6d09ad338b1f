//! What a run would do with every instance, why, and what that would take.
//!
//! Knows nothing of how it is shown.

use std::collections::HashSet;

use super::{
    cost::{DurationEstimate, EstimateSource},
    key::{Difference, FieldKind, Key},
    predict::{FindRecord, Predictor, Scrutiny},
    reason::{Place, Reason, field_of},
    record::Record,
    sources::Sources,
    store::{Store, StoreError},
};
use acai_dataset::SearchPaths;
use acai_net::DeviceKind;
use acai_plan::{Edge, Plan};

/// What a run will do with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing: its artifact is there, or an earlier instance does the same work.
    Cached,
    /// Copy its artifact from the shared cache.
    Copied,
    /// Download files and read the dataset.
    Fetched,
    /// Compute it.
    Run,
    /// Known only during the run. Something that it reads is computed first, and
    /// some result is there that it may turn out to have; or its artifact is
    /// damaged, and made again if something that may be computed reads it.
    Maybe,
}

impl State {
    /// Whether a run surely finds the artifact, here or in the shared cache.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, Self::Cached | Self::Copied)
    }
}

/// What is known of an instance before running.
#[derive(Clone, Debug)]
pub struct Status {
    /// What a run will do.
    pub state: State,
    /// Its key, if all its inputs are there.
    pub key: Option<Key>,
    /// The record of its artifact in the store, if that is there.
    pub record: Option<Record>,
    /// Why it is not cached; empty too if there is nothing to compare with.
    pub reasons: Vec<Reason>,
    /// What `reasons` compares with.
    pub compared: Compared,
    /// The earlier instance that does the same work, if that is still to be done.
    pub same_as: Option<String>,
    /// How long computing it will take, judged by earlier runs; none if nothing
    /// like it was ever computed.
    pub estimate: Option<DurationEstimate>,
}

/// What an instance was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The last run of the same instance of the same pipeline.
    LastRun,
    /// The most similar record of the same kind of stage.
    Nearest,
    /// There is no record of this kind.
    Nothing,
    /// The same instance in the file as it is, for [`super::what_if`].
    File,
}

/// Says for every instance of `plan` what a run with these sources does,
/// without running: artifacts that it would read are verified.
///
/// # Errors
/// If the store cannot be read.
pub fn predict(
    plan: &Plan,
    sources: &Sources<'_>,
    device: DeviceKind,
) -> Result<Vec<Status>, StoreError> {
    explained(&predictor(plan, sources, device)?)
}

/// Says for every instance of `plan` whether its artifact is in the store, to be
/// read.
///
/// # Errors
/// If the store cannot be read.
pub fn statuses(plan: &Plan, store: &Store, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
    stored(plan, store, device, Store::finished)
}

/// The same of what records tell: an instance with a record counts as cached,
/// whether or not its artifact is there.
///
/// # Errors
/// If the store cannot be read.
pub fn recorded(plan: &Plan, store: &Store, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
    stored(plan, store, device, Store::record)
}

fn stored(
    plan: &Plan,
    store: &Store,
    device: DeviceKind,
    find: FindRecord,
) -> Result<Vec<Status>, StoreError> {
    let sources = Sources { store, remote: None, places: &SearchPaths::default() };
    explained(&Predictor::new(plan, &sources, device, Scrutiny { find, verifies: false })?)
}

/// What a run with these sources does.
pub(super) fn predictor<'a>(
    plan: &'a Plan,
    sources: &'a Sources<'a>,
    device: DeviceKind,
) -> Result<Predictor<'a>, StoreError> {
    Predictor::new(plan, sources, device, Scrutiny { find: Store::finished, verifies: true })
}

/// The predictions, each with its reasons.
pub(super) fn explained(predictor: &Predictor<'_>) -> Result<Vec<Status>, StoreError> {
    (0..predictor.predictions.len()).map(|index| Explainer { predictor, index }.status()).collect()
}

/// Says why an instance is not cached.
struct Explainer<'a> {
    predictor: &'a Predictor<'a>,
    index: usize,
}

impl Explainer<'_> {
    fn status(&self) -> Result<Status, StoreError> {
        let prediction = &self.predictor.predictions[self.index];
        let known = prediction.found.as_ref().or(prediction.last.as_ref());
        let mut status = Status {
            state: prediction.state,
            key: prediction.key.clone(),
            record: prediction.found.clone(),
            reasons: Vec::new(),
            compared: Compared::LastRun,
            same_as: prediction.same_as.map(|first| self.name(first)),
            estimate: known.map(|record| estimate(record, EstimateSource::Own)),
        };
        if prediction.is_damaged {
            status.reasons.extend(prediction.digest.as_ref().map(Reason::damaged));
        } else if prediction.state != State::Cached {
            self.explain(prediction.last.as_ref(), &mut status)?;
        }
        Ok(status)
    }

    /// Compares with the last run, else with the nearest record of the kind,
    /// whose duration then stands for its own.
    fn explain(&self, last: Option<&Record>, status: &mut Status) -> Result<(), StoreError> {
        let now = &self.predictor.probable_key(self.index);
        let old = if last.is_some() {
            last
        } else {
            status.compared = Compared::Nearest;
            self.predictor.history()?.nearest.to(now)
        };
        if let Some(old) = old {
            status.reasons = self.reasons(now, old);
            status.estimate = status.estimate.or(Some(estimate(old, EstimateSource::Nearest)));
        } else {
            status.compared = Compared::Nothing;
            status.reasons = self.upstream_reasons();
        }
        Ok(())
    }

    fn reasons(&self, now: &Key, old: &Record) -> Vec<Reason> {
        let open = self.upstream_reasons();
        let fields: HashSet<&str> = open.iter().map(|reason| reason.field.as_str()).collect();
        let is_open = |difference: &Difference| {
            difference.kind == FieldKind::Input && fields.contains(field_of(&difference.name))
        };
        let differences = now.differences(&old.key);
        let differences: Vec<_> = differences.iter().filter(|one| !is_open(one)).collect();
        let here = self.place();
        let reason = |difference: &&Difference| Reason::of(difference, now, here, here);
        let mut reasons: Vec<Reason> = differences.iter().map(reason).collect();
        if reasons.is_empty() && open.is_empty() {
            reasons.push(Reason::missing(&old.digest));
        }
        reasons.extend(open);
        reasons
    }

    /// One reason for each input that is computed first.
    fn upstream_reasons(&self) -> Vec<Reason> {
        let here = self.place();
        let open = here.instance.inputs.iter().filter(|edge| self.predictor.is_open(edge));
        let reason = |edge: &Edge| {
            let old = self.predictor.predictions[edge.from].digest.as_ref();
            Reason::computed_first(edge, old, here, here)
        };
        open.map(reason).collect()
    }

    fn name(&self, index: usize) -> String {
        self.predictor.plan.instances[index].name.to_string()
    }

    fn place(&self) -> Place<'_> {
        let plan = self.predictor.plan;
        Place { plan, instance: &plan.instances[self.index] }
    }
}

fn estimate(record: &Record, source: EstimateSource) -> DurationEstimate {
    DurationEstimate { took_s: record.made.elapsed_s, source }
}
