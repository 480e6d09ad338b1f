//! What becomes of a lock after a run: what stays, what goes, and where the run
//! came to something else.
//!
//! An entry of an instance that the run did not reach stays if its key is the
//! one that the plan makes of what the instance reads: as the run found it, else
//! as the lock has it. So a study can be run in several sessions and on several
//! machines, and nothing stays that the pipeline does not say any more.
//!
//! Knows nothing of texts and files.

use std::collections::HashSet;

use super::{LockedInstance, Lockfile};
use acai_artifact::Digest;
use acai_common::names::InstanceName;
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};

/// An instance whose result differs from the lockfile under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which instance.
    pub instance: InstanceName,
    /// The digest that the lock has.
    pub locked: Digest,
    /// The digest that came out; if it is the same, scores or files are not
    /// those that the lock has.
    pub found: Digest,
}

/// Why a lock does not cover a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockGap {
    /// The lock has no such instance.
    Missing(InstanceName),
    /// The lock's instance has another key: the pipeline was changed since.
    Outdated(InstanceName),
    /// The pipeline has no such instance.
    Foreign(InstanceName),
}

impl Lockfile {
    /// This lockfile after a run of `plan` with the results `now`.
    #[must_use]
    pub fn renewed(&self, plan: &Plan, now: &Self, device: DeviceKind) -> Self {
        let mut renewed = Self::default();
        for instance in &plan.instances {
            let name = &instance.name;
            let old = self.entries.get(name);
            let entry = match (now.entries.get(name), old) {
                (Some(found), Some(old)) if found.agrees(old) => old,
                (Some(found), _) => found,
                (None, Some(old)) => {
                    // Inputs stand before it in the plan, so they are renewed already.
                    let key = renewed.key(plan, instance, device);
                    if key.is_none_or(|key| key.digest() != old.key) {
                        continue;
                    }
                    old
                }
                (None, None) => continue,
            };
            renewed.entries.insert(name.clone(), entry.clone());
        }
        renewed
    }

    /// Where `now` departs from this lock.
    #[must_use]
    pub fn drift(&self, now: &Self) -> Vec<Drift> {
        let differs = |(name, found): (&InstanceName, &LockedInstance)| {
            let locked = self.entries.get(name).filter(|locked| locked.key == found.key)?;
            (!locked.agrees(found)).then(|| Drift {
                instance: name.clone(),
                locked: locked.digest,
                found: found.digest,
            })
        };
        now.entries.iter().filter_map(differs).collect()
    }

    /// Why this is not the lock of `plan`; empty if it is, for every instance.
    /// What reads an outdated instance is not told for that alone.
    #[must_use]
    pub fn gaps(&self, plan: &Plan, device: DeviceKind) -> Vec<LockGap> {
        let gap = |instance: &Instance| {
            let name = instance.name.clone();
            let Some(entry) = self.entries.get(&name) else { return Some(LockGap::Missing(name)) };
            let key = self.key(plan, instance, device);
            let differs = key.is_some_and(|key| key.digest() != entry.key);
            differs.then_some(LockGap::Outdated(name))
        };
        let planned: HashSet<_> = plan.instances.iter().map(|instance| &instance.name).collect();
        let foreign = self.entries.keys().filter(|name| !planned.contains(name));
        let foreign = foreign.cloned().map(LockGap::Foreign);
        plan.instances.iter().filter_map(gap).chain(foreign).collect()
    }
}
