//! What another version of a pipeline's file would change and compute, beside
//! the file as it is.
//!
//! Knows nothing of how the other version came about.

use std::collections::HashMap;

use super::{
    key::FieldKind,
    predict::Predictor,
    reason::{Place, Reason, field_of},
    sources::Sources,
    status::{Compared, Status, explained, predictor},
    store::StoreError,
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
    sources: &Sources<'_>,
    device: DeviceKind,
) -> Result<WhatIf, StoreError> {
    let before = predictor(now, sources, device)?;
    let after = predictor(then, sources, device)?;
    let places = now.instances.iter().enumerate().map(|(place, one)| (&one.name, place));
    let places: HashMap<&InstanceName, usize> = places.collect();
    let counterparts = then.instances.iter().map(|instance| places.get(&instance.name).copied());
    let counterparts: Vec<Option<usize>> = counterparts.collect();
    let mut statuses = explained(&after)?;
    let mut changed = Vec::with_capacity(statuses.len());
    for (index, status) in statuses.iter_mut().enumerate() {
        let Some(counterpart) = counterparts[index] else {
            changed.push(true);
            continue;
        };
        let comparison = Comparison { before: &before, after: &after, changed: &changed };
        let reasons = comparison.reasons(index, counterpart);
        changed.push(!reasons.is_empty());
        status.reasons = reasons;
        status.compared = Compared::File;
    }
    Ok(WhatIf { now: explained(&before)?, then: statuses, counterparts })
}

struct Comparison<'a> {
    before: &'a Predictor<'a>,
    after: &'a Predictor<'a>,
    /// Whether an instance of the other version differs, as far as is known.
    changed: &'a [bool],
}

impl Comparison<'_> {
    /// What of an instance differs from the same in the file as it is; places
    /// are told as in the file.
    fn reasons(&self, index: usize, counterpart: usize) -> Vec<Reason> {
        let (now, then) = (self.before.plan, self.after.plan);
        let here = Place { plan: then, instance: &then.instances[index] };
        let written = Place { plan: now, instance: &now.instances[counterpart] };
        let key = &self.after.probable_key(index);
        let old_key = self.before.probable_key(counterpart);
        let is_open = |name: &str| {
            let edge = here.instance.inputs.iter().find(|edge| edge.field == field_of(name));
            edge.is_some_and(|edge| self.after.is_open(edge))
        };
        let differences = key.differences(&old_key);
        let known =
            differences.iter().filter(|one| one.kind != FieldKind::Input || !is_open(&one.name));
        let mut reasons: Vec<Reason> =
            known.map(|one| Reason::of(one, key, here, written)).collect();
        let open = here.instance.inputs.iter().filter(|edge| self.after.is_open(edge));
        reasons.extend(open.filter_map(|edge| self.computed_first(edge, here, written)));
        reasons
    }

    /// The reason that an input is, if it has to be computed and is another one
    /// than in the file as it is.
    fn computed_first(&self, edge: &Edge, here: Place<'_>, written: Place<'_>) -> Option<Reason> {
        let counterpart = written.instance.inputs.iter().find(|one| one.field == edge.field);
        let name = |plan: &Plan, edge: &Edge| plan.instances[edge.from].name.clone();
        let is_same =
            counterpart.is_some_and(|one| name(written.plan, one) == name(here.plan, edge));
        if is_same && !self.changed[edge.from] {
            return None;
        }
        let old = counterpart.and_then(|one| self.before.predictions[one.from].digest.as_ref());
        Some(Reason::computed_first(edge, old, here, written))
    }
}
