//! The results that are expected of instances, by the lockfile and by the store.

use std::collections::BTreeMap;

use super::{super::Lockfile, Source};
use acai_artifact::{Digest, Digests};
use acai_engine::{
    key::Key,
    store::{Store, StoreError},
};
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};

/// The expected result of an instance.
#[derive(Clone, Debug)]
pub struct Expected {
    key: Digest,
    /// The parts, as the lock has them, else the store.
    parts: Digests,
    locked: Option<Digest>,
    stored: Option<Digest>,
}

/// The expected result of each instance of a plan, or why there is none.
#[derive(Clone, Debug)]
pub struct Expectations(Vec<Result<Expected, String>>);

impl Expectations {
    /// What `lock` and `store` say of `plan`. The key of an instance is made of the
    /// expected parts of its inputs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn new(
        plan: &Plan,
        lock: &Lockfile,
        store: &Store,
        device: DeviceKind,
    ) -> Result<Self, StoreError> {
        let mut expectations = Self(Vec::with_capacity(plan.instances.len()));
        for instance in &plan.instances {
            let expected = match expectations.key(plan, instance, device) {
                Ok(key) => expected(instance, key, lock, store)?,
                Err(why) => Err(why),
            };
            expectations.0.push(expected);
        }
        Ok(expectations)
    }

    /// Of the instance at that place of the plan.
    pub(super) fn of(&self, at: usize) -> Result<&Expected, String> {
        self.0[at].as_ref().map_err(Clone::clone)
    }

    /// `count` instances with an expected result, in the order of the plan: those
    /// with the least keys. Keys are hashes, so this is a random sample, and the
    /// same one everywhere.
    #[must_use]
    pub fn sample(&self, count: usize) -> Vec<usize> {
        let said = self.0.iter().enumerate();
        let mut drawn: Vec<(Digest, usize)> =
            said.filter_map(|(at, expected)| Some((expected.as_ref().ok()?.key, at))).collect();
        drawn.sort_unstable();
        let mut drawn: Vec<usize> = drawn.into_iter().take(count).map(|(_, at)| at).collect();
        drawn.sort_unstable();
        drawn
    }

    fn key(&self, plan: &Plan, instance: &Instance, device: DeviceKind) -> Result<Digest, String> {
        let mut inputs = BTreeMap::new();
        for edge in &instance.inputs {
            let Ok(expected) = &self.0[edge.from] else {
                let name = &plan.instances[edge.from].name;
                return Err(format!("nothing says what {name} is, which it reads"));
            };
            inputs.insert(edge.field, &expected.parts);
        }
        Ok(Key::new(instance, &inputs, device).digest())
    }
}

impl Expected {
    /// Its key.
    pub(super) fn key(&self) -> Digest {
        self.key
    }

    /// The artifact that its readers read.
    pub(super) fn digest(&self) -> Digest {
        self.locked.or(self.stored).expect("there is at least one digest")
    }

    /// Where the digest comes from.
    pub(super) fn source(&self) -> Source {
        if self.locked.is_some() { Source::Lockfile } else { Source::Store }
    }

    /// Every expected digest.
    pub(super) fn all(&self) -> impl Iterator<Item = (Source, Digest)> + use<> {
        let locked = self.locked.map(|digest| (Source::Lockfile, digest));
        let stored = self.stored.map(|digest| (Source::Store, digest));
        locked.into_iter().chain(stored)
    }
}

fn expected(
    instance: &Instance,
    key: Digest,
    lock: &Lockfile,
    store: &Store,
) -> Result<Result<Expected, String>, StoreError> {
    let entry = lock.entries.get(&instance.name);
    let locked = entry.filter(|entry| entry.key == key);
    let record = store.record(&key)?;
    let parts = locked.map(|entry| &entry.parts).or(record.as_ref().map(|record| &record.parts));
    let Some(parts) = parts.cloned() else {
        return Ok(Err(match entry {
            Some(_) => "the lock has it under another key: the pipeline was changed since",
            None => "neither the lock nor the store says what it should be",
        }
        .to_owned()));
    };
    let (locked, stored) = (locked.map(|entry| entry.digest), record.map(|record| record.digest));
    Ok(Ok(Expected { key, parts, locked, stored }))
}
