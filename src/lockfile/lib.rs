//! The lock: what came out of a pipeline, in a file beside it that is committed
//! with it; and whether it still does.
//!
//! For each instance its key, the digests of what it holds, its scores. From the
//! pipeline and its lock alone every key can be computed again, so a lock whose
//! entries do not belong together, or not to the pipeline, is found out.
//!
//! Knows nothing of the command line, and nothing of how things are run.

mod file;
mod renewal;
#[cfg(test)]
mod tests;
mod text;
pub mod verify;

use std::collections::BTreeMap;

pub use file::beside;
pub use renewal::{Drift, LockGap};

use acai_artifact::{Digest, Digests};
use acai_common::names::InstanceName;
use acai_dataset::checksum::Checksum;
use acai_engine::{key::Key, record::Record};
use acai_metric::score::is_bound;
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};

/// What came out of a pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lockfile {
    /// By instance.
    pub entries: BTreeMap<InstanceName, LockedInstance>,
}

/// What came out of an instance.
#[derive(Clone, Debug)]
pub struct LockedInstance {
    /// Its stage's kind, such as `Train`.
    pub kind: &'static str,
    /// What decided the result.
    pub key: Digest,
    /// The result.
    pub digest: Digest,
    /// The parts of the result, which the keys of others are made of.
    pub parts: Digests,
    /// For datasets: the files they were read from.
    pub files: BTreeMap<String, Checksum>,
    /// Its scores, without the ends of their intervals, which follow from them.
    pub scores: BTreeMap<String, f64>,
    /// The acai-pipe that made it.
    pub tool: String,
}

impl Lockfile {
    /// What `records` say, one for each instance of `plan` that is there.
    #[must_use]
    pub fn of<'a>(plan: &Plan, records: impl IntoIterator<Item = Option<&'a Record>>) -> Self {
        let both = plan.instances.iter().zip(records);
        let entry = |(instance, record): (&Instance, Option<&Record>)| {
            Some((instance.name.clone(), LockedInstance::of(instance, record?)))
        };
        Self { entries: both.filter_map(entry).collect() }
    }

    /// The key of an instance of `plan` if what it reads is as the lock says;
    /// none if the lock does not say.
    #[must_use]
    pub fn key(&self, plan: &Plan, instance: &Instance, device: DeviceKind) -> Option<Key> {
        let parts = |from: usize| Some(&self.entries.get(&plan.instances[from].name)?.parts);
        let inputs = instance.inputs.iter().map(|edge| Some((edge.field, parts(edge.from)?)));
        Some(Key::new(instance, &inputs.collect::<Option<_>>()?, device))
    }
}

impl LockedInstance {
    fn of(instance: &Instance, record: &Record) -> Self {
        let scores = record.scores.iter().filter(|(name, _)| !is_bound(name));
        Self {
            kind: instance.kind,
            key: record.key.digest(),
            digest: record.digest,
            parts: record.parts.clone(),
            files: instance.stage.files(),
            scores: scores.cloned().collect(),
            tool: record.made.tool.clone(),
        }
    }

    /// Whether both say the same of the result, whichever tool made it; a score that is
    /// no number is written without its sign, and is as any other.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let bits = |entry: &Self| -> Vec<(String, u64)> {
            let bits = |value: f64| if value.is_nan() { f64::NAN } else { value }.to_bits();
            entry.scores.iter().map(|(name, value)| (name.clone(), bits(*value))).collect()
        };
        (self.kind, self.key, self.digest) == (other.kind, other.key, other.digest)
            && (&self.parts, &self.files) == (&other.parts, &other.files)
            && bits(self) == bits(other)
    }
}

impl PartialEq for LockedInstance {
    fn eq(&self, other: &Self) -> bool {
        self.agrees(other) && self.tool == other.tool
    }
}
