//! What a run would do and why, without running.
//!
//! The same keys as the run's; where an input is not known yet, it is taken to
//! come out as it did last time. Knows nothing of how it is shown.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashSet},
};

use super::{
    Runs,
    cost::{DurationEstimate, EstimateSource},
    key::{Difference, FieldKind, Key},
    nearest::Nearest,
    reason::{Place, Reason, field_of},
    record::Record,
    store::{Store, StoreError},
};
use acai_artifact::{Digest, Digests};
use acai_net::DeviceKind;
use acai_plan::{Edge, Instance, Plan};

/// What a run would do with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing: its artifact is there.
    Cached,
    /// Compute it.
    Run,
    /// Something it reads will be computed; it stays cached if that comes out
    /// as it did last time.
    Maybe,
}

/// What is known of an instance before running.
#[derive(Clone, Debug)]
pub struct Status {
    /// What a run would do.
    pub state: State,
    /// Its key, if all its inputs are there.
    pub key: Option<Key>,
    /// The record of its artifact, if that is there.
    pub record: Option<Record>,
    /// Why it is not cached; empty also if there is nothing to compare with.
    pub reasons: Vec<Reason>,
    /// What `reasons` compares with.
    pub compared: Compared,
    /// What computing it took in the estimate, as far as that can be told.
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

/// Says for every instance of `plan` what a run would do.
///
/// # Errors
/// If the store cannot be read.
pub fn statuses(plan: &Plan, store: &Store, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
    Ok(bare(look(plan, store, device, Store::finished)?))
}

/// The same of what records tell: an instance with a record counts as cached,
/// whether or not its artifact is there.
///
/// # Errors
/// If the store cannot be read.
pub fn recorded(plan: &Plan, store: &Store, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
    Ok(bare(look(plan, store, device, Store::record)?))
}

/// The same as [`statuses`], with what else is known of every instance.
pub(super) fn predict(
    plan: &Plan,
    store: &Store,
    device: DeviceKind,
) -> Result<Vec<Known>, StoreError> {
    look(plan, store, device, Store::finished)
}

fn bare(known: Vec<Known>) -> Vec<Status> {
    known.into_iter().map(|known| known.status).collect()
}

/// Finds the record of a key.
type Find = fn(&Store, &Digest) -> Result<Option<Record>, StoreError>;

fn look(
    plan: &Plan,
    store: &Store,
    device: DeviceKind,
    find: Find,
) -> Result<Vec<Known>, StoreError> {
    let runs = store.runs(plan.name().as_str())?;
    let (all, known) = (OnceCell::new(), Vec::new());
    let mut predictor = Predictor { plan, store, device, find, runs, all, known };
    for index in 0..plan.instances.len() {
        let known = predictor.look(index)?;
        predictor.known.push(known);
    }
    Ok(predictor.known)
}

/// What is known of an instance: its status, and what its artifact will
/// probably be.
pub(super) struct Known {
    pub(super) status: Status,
    /// The artifact that is there, or was last time.
    pub(super) digest: Option<Digest>,
    expected: Option<Digests>,
}

/// The key of an instance source inputs are `known`, if they come out as they did
/// last time; parts of inputs that were never there are left out.
pub(super) fn probable_key(instance: &Instance, known: &[Known], device: DeviceKind) -> Key {
    let nothing = Digests::default();
    let parts = |edge: &Edge| known[edge.from].expected.as_ref();
    let inputs = instance.inputs.iter().map(|edge| (edge.field, parts(edge).unwrap_or(&nothing)));
    Key::new(instance, &inputs.collect(), device)
}

struct Predictor<'a> {
    plan: &'a Plan,
    store: &'a Store,
    device: DeviceKind,
    find: Find,
    runs: Runs,
    all: OnceCell<Nearest>,
    known: Vec<Known>,
}

impl Predictor<'_> {
    fn look(&self, index: usize) -> Result<Known, StoreError> {
        let instance = &self.plan.instances[index];
        let settled = instance.inputs.iter().all(|edge| self.is_cached(edge));
        let key = self.expected_key(instance);
        let found = match &key {
            Some(key) => (self.find)(self.store, &key.digest())?,
            None => None,
        };
        let state = match (&found, settled) {
            (Some(_), true) => State::Cached,
            (Some(_), false) => State::Maybe,
            (None, _) => State::Run,
        };
        // Of what is cached, nobody asks for the last run: its record is not read.
        let last = match self.runs.0.get(&instance.name.to_string()) {
            Some((key, _)) if state != State::Cached => self.store.record(key)?,
            _ => None,
        };
        let known = found.as_ref().or(last.as_ref());
        let own = known.map(|record| DurationEstimate {
            took_s: record.made.elapsed_s,
            source: EstimateSource::Own,
        });
        let digest = known.map(|record| record.digest);
        let expected = known.map(|record| record.parts.clone());
        let mut status = Status {
            state,
            key: key.filter(|_| settled),
            record: found.filter(|_| settled),
            reasons: Vec::new(),
            compared: Compared::LastRun,
            estimate: own,
        };
        if state != State::Cached {
            self.explain(index, last.as_ref(), &mut status)?;
        }
        Ok(Known { status, digest, expected })
    }

    fn is_cached(&self, edge: &Edge) -> bool {
        self.known[edge.from].status.state == State::Cached
    }

    /// The key if every input comes out as expected.
    fn expected_key(&self, instance: &Instance) -> Option<Key> {
        let input = |edge: &Edge| Some((edge.field, self.known[edge.from].expected.as_ref()?));
        let inputs = instance.inputs.iter().map(input).collect::<Option<BTreeMap<_, _>>>()?;
        Some(Key::new(instance, &inputs, self.device))
    }

    /// Compares with the last run, else with the nearest record of the kind,
    /// source estimate then stands for its own.
    fn explain(
        &self,
        index: usize,
        last: Option<&Record>,
        status: &mut Status,
    ) -> Result<(), StoreError> {
        let now = &probable_key(&self.plan.instances[index], &self.known, self.device);
        let old = if last.is_some() {
            last
        } else {
            status.compared = Compared::Nearest;
            self.nearest(now)?
        };
        if let Some(old) = old {
            status.reasons = self.reasons(index, now, old);
            let nearest =
                DurationEstimate { took_s: old.made.elapsed_s, source: EstimateSource::Nearest };
            status.estimate = status.estimate.or(Some(nearest));
        } else {
            status.compared = Compared::Nothing;
            status.reasons = self.upstream_reasons(index);
        }
        Ok(())
    }

    fn nearest(&self, now: &Key) -> Result<Option<&Record>, StoreError> {
        if self.all.get().is_none() {
            let _ = self.all.set(Nearest::new(self.store.records()?));
        }
        Ok(self.all.get().and_then(|all| all.to(now)))
    }

    fn reasons(&self, index: usize, now: &Key, old: &Record) -> Vec<Reason> {
        let unsettled = self.upstream_reasons(index);
        let fields: HashSet<&str> = unsettled.iter().map(|reason| reason.field.as_str()).collect();
        let of_unsettled = |difference: &Difference| {
            difference.role == FieldKind::Input && fields.contains(field_of(&difference.name))
        };
        let differences = now.differences(&old.key);
        let differences: Vec<_> = differences.iter().filter(|d| !of_unsettled(d)).collect();
        let here = self.place(index);
        let reason = |difference: &&Difference| Reason::of(difference, now, here, here);
        let mut reasons: Vec<Reason> = differences.iter().map(reason).collect();
        if reasons.is_empty() && unsettled.is_empty() {
            reasons.push(Reason::missing(&old.digest));
        }
        reasons.extend(unsettled);
        reasons
    }

    /// One reason for each input that is not settled.
    fn upstream_reasons(&self, index: usize) -> Vec<Reason> {
        let here = self.place(index);
        let open = here.instance.inputs.iter().filter(|edge| !self.is_cached(edge));
        let reason = |edge: &Edge| {
            Reason::unsettled(edge, self.known[edge.from].digest.as_ref(), here, here)
        };
        open.map(reason).collect()
    }

    fn place(&self, index: usize) -> Place<'_> {
        Place { plan: self.plan, instance: &self.plan.instances[index] }
    }
}
