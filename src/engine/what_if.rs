//! What another version of a pipeline's file would change and compute, beside
//! the file as it is.
//!
//! Knows nothing of how the other version came about.

use std::collections::HashMap;

use super::{
    key::FieldKind,
    reason::{Place, Reason, field_of},
    status::{Compared, Known, State, Status, predict, probable_key},
    store::{Store, StoreError},
};
use acai_common::names::InstanceName;
use acai_net::DeviceKind;
use acai_plan::{Edge, Plan};

/// Two versions side by side.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// What a run would do with the file as it is.
    pub now: Vec<Status>,
    /// What a run would do with the other version. Where an instance is in both,
    /// its reasons are what differs from the file as it is, none if nothing does.
    pub then: Vec<Status>,
    /// For each instance of the other version, its place in the file's plan.
    pub counterparts: Vec<Option<usize>>,
}

/// Compares `then` with `now`, the file as it is.
///
/// # Errors
/// If the store cannot be read.
pub fn what_if(
    now: &Plan,
    then: &Plan,
    store: &Store,
    device: DeviceKind,
) -> Result<WhatIf, StoreError> {
    let before = predict(now, store, device)?;
    let mut after = predict(then, store, device)?;
    let places = now.instances.iter().enumerate().map(|(place, one)| (&one.name, place));
    let places: HashMap<&InstanceName, usize> = places.collect();
    let counterparts = then.instances.iter().map(|instance| places.get(&instance.name).copied());
    let counterparts: Vec<Option<usize>> = counterparts.collect();
    let mut changed = Vec::with_capacity(after.len());
    for index in 0..after.len() {
        let Some(counterpart) = counterparts[index] else {
            changed.push(true);
            continue;
        };
        let sides =
            Comparison { now, then, before: &before, after: &after, device, changed: &changed };
        let reasons = sides.reasons(index, counterpart);
        changed.push(!reasons.is_empty());
        after[index].status.reasons = reasons;
        after[index].status.compared = Compared::File;
    }
    let statuses = |known: Vec<Known>| known.into_iter().map(|known| known.status).collect();
    Ok(WhatIf { now: statuses(before), then: statuses(after), counterparts })
}

struct Comparison<'a> {
    now: &'a Plan,
    then: &'a Plan,
    before: &'a [Known],
    after: &'a [Known],
    device: DeviceKind,
    /// Whether an instance of `then` differs, as far as is known.
    changed: &'a [bool],
}

impl Comparison<'_> {
    /// What of an instance differs from the same in the file as it is; places
    /// are told as in the file.
    fn reasons(&self, index: usize, counterpart: usize) -> Vec<Reason> {
        let here = Place { plan: self.then, instance: &self.then.instances[index] };
        let written = Place { plan: self.now, instance: &self.now.instances[counterpart] };
        let key = &probable_key(here.instance, self.after, self.device);
        let old_key = probable_key(written.instance, self.before, self.device);
        let is_open = |name: &str| {
            let edge = here.instance.inputs.iter().find(|edge| edge.field == field_of(name));
            edge.is_some_and(|edge| !self.is_cached(edge))
        };
        let differences = key.differences(&old_key);
        let settled =
            differences.iter().filter(|one| one.role != FieldKind::Input || !is_open(&one.name));
        let mut reasons: Vec<Reason> =
            settled.map(|one| Reason::of(one, key, here, written)).collect();
        let open = here.instance.inputs.iter().filter(|edge| !self.is_cached(edge));
        reasons.extend(open.filter_map(|edge| self.unsettled(edge, here, written)));
        reasons
    }

    /// The reason that an input is, if it has to be computed and is another one
    /// than in the file as it is.
    fn unsettled(&self, edge: &Edge, here: Place<'_>, written: Place<'_>) -> Option<Reason> {
        let counterpart =
            written.instance.inputs.iter().find(|counterpart| counterpart.field == edge.field);
        let name = |plan: &Plan, edge: &Edge| plan.instances[edge.from].name.clone();
        let is_same = counterpart
            .is_some_and(|counterpart| name(self.now, counterpart) == name(self.then, edge));
        if is_same && !self.changed[edge.from] {
            return None;
        }
        let old = counterpart.and_then(|counterpart| self.before[counterpart.from].digest.as_ref());
        Some(Reason::unsettled(edge, old, here, written))
    }

    fn is_cached(&self, edge: &Edge) -> bool {
        self.after[edge.from].status.state == State::Cached
    }
}
