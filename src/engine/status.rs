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
    key::{Difference, Key, Role},
    record::Record,
    store::{Store, StoreError},
};
use crate::{
    artifact::{Digest, Digests},
    net::DeviceKind,
    plan::{Edge, Instance, Plan},
};

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
    /// Seconds it took when it was last computed.
    pub took_s: Option<f64>,
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
}

/// One reason why an instance is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The field that differs: last segment of its name where that is clear.
    pub field: String,
    /// Its value in the record compared with.
    pub old: Option<String>,
    /// Its value now; none for an input that is not computed yet.
    pub new: Option<String>,
    /// Where it stands, `file:line:column`.
    pub at: Option<String>,
    /// The instance that an input comes from.
    pub upstream: Option<String>,
}

/// Says for every instance of `plan` what a run would do.
///
/// # Errors
/// If the store cannot be read.
pub fn statuses(plan: &Plan, store: &Store, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
    look(plan, store, device, Store::finished)
}

/// The same of what records tell: an instance with a record counts as cached,
/// whether or not its artifact is there.
///
/// # Errors
/// If the store cannot be read.
pub fn recorded(plan: &Plan, store: &Store, device: DeviceKind) -> Result<Vec<Status>, StoreError> {
    look(plan, store, device, Store::record)
}

/// Finds the record of a key.
type Find = fn(&Store, &Digest) -> Result<Option<Record>, StoreError>;

fn look(
    plan: &Plan,
    store: &Store,
    device: DeviceKind,
    find: Find,
) -> Result<Vec<Status>, StoreError> {
    let runs = store.runs(plan.name().as_str())?;
    let (all, known) = (OnceCell::new(), Vec::new());
    let mut foresight = Foresight { plan, store, device, find, runs, all, known };
    for index in 0..plan.instances.len() {
        let known = foresight.look(index)?;
        foresight.known.push(known);
    }
    Ok(foresight.known.into_iter().map(|known| known.status).collect())
}

/// What is known of an instance: its status, and what its artifact will
/// probably hold.
struct Known {
    status: Status,
    expected: Option<Digests>,
}

struct Foresight<'a> {
    plan: &'a Plan,
    store: &'a Store,
    device: DeviceKind,
    find: Find,
    runs: Runs,
    all: OnceCell<Vec<Record>>,
    known: Vec<Known>,
}

impl Foresight<'_> {
    fn look(&self, index: usize) -> Result<Known, StoreError> {
        let instance = &self.plan.instances[index];
        let last = match self.runs.0.get(&instance.name.to_string()) {
            Some((key, _)) => self.store.record(key)?,
            None => None,
        };
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
        let took_s = found.as_ref().or(last.as_ref()).map(|record| record.made.elapsed_s);
        let expected = found.as_ref().or(last.as_ref()).map(|record| record.parts.clone());
        let mut status = Status {
            state,
            key: key.filter(|_| settled),
            record: found.filter(|_| settled),
            reasons: Vec::new(),
            compared: Compared::LastRun,
            took_s,
        };
        if state != State::Cached {
            self.explain(index, last, &mut status)?;
        }
        Ok(Known { status, expected })
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

    /// Compares with the last run, else with the nearest record of the kind.
    fn explain(
        &self,
        index: usize,
        last: Option<Record>,
        status: &mut Status,
    ) -> Result<(), StoreError> {
        let instance = &self.plan.instances[index];
        let now = self.key_with_unknowns(instance);
        let old = if last.is_some() {
            last
        } else {
            status.compared = Compared::Nearest;
            self.nearest(&now)?.cloned()
        };
        if let Some(old) = old {
            status.reasons = self.reasons(index, &now, &old);
        } else {
            status.compared = Compared::Nothing;
            status.reasons = self.upstream_reasons(index);
        }
        Ok(())
    }

    /// The key with the parts of inputs that will be computed left out.
    fn key_with_unknowns(&self, instance: &Instance) -> Key {
        let nothing = Digests::default();
        let parts = |edge: &Edge| self.known[edge.from].expected.as_ref();
        let inputs =
            instance.inputs.iter().map(|edge| (edge.field, parts(edge).unwrap_or(&nothing)));
        Key::new(instance, &inputs.collect(), self.device)
    }

    fn nearest(&self, now: &Key) -> Result<Option<&Record>, StoreError> {
        if self.all.get().is_none() {
            let _ = self.all.set(self.store.records()?);
        }
        let all = self.all.get().into_iter().flatten();
        let kind = now.value(Role::Kind);
        let same_kind = all.filter(|record| record.key.value(Role::Kind) == kind);
        let distance = |record: &&Record| {
            let newest_first = u64::MAX - record.made.finished_unix_s;
            (now.differences(&record.key).len(), newest_first, record.digest)
        };
        Ok(same_kind.min_by_key(distance))
    }

    fn reasons(&self, index: usize, now: &Key, old: &Record) -> Vec<Reason> {
        let unsettled = self.upstream_reasons(index);
        let fields: HashSet<&str> = unsettled.iter().map(|reason| reason.field.as_str()).collect();
        let of_unsettled = |difference: &Difference| {
            difference.role == Role::Input && fields.contains(field_of(&difference.name))
        };
        let differences = now.differences(&old.key);
        let differences: Vec<_> = differences.iter().filter(|d| !of_unsettled(d)).collect();
        let mut reasons: Vec<Reason> =
            differences.iter().map(|difference| self.reason(index, difference, now)).collect();
        if reasons.is_empty() && unsettled.is_empty() {
            reasons.push(Reason::missing(old));
        }
        reasons.extend(unsettled);
        reasons
    }

    /// One reason for each input that is not settled.
    fn upstream_reasons(&self, index: usize) -> Vec<Reason> {
        let instance = &self.plan.instances[index];
        let reason = |edge: &Edge| Reason {
            field: edge.field.to_owned(),
            old: None,
            new: None,
            at: Some(self.plan.location(instance, &[edge.field.to_owned()])),
            upstream: Some(self.plan.instances[edge.from].name.to_string()),
        };
        instance.inputs.iter().filter(|edge| !self.is_cached(edge)).map(reason).collect()
    }

    fn reason(&self, index: usize, difference: &Difference, now: &Key) -> Reason {
        let instance = &self.plan.instances[index];
        let Difference { role, name, old, new } = difference;
        let params = instance.stage.params().0;
        let param = params.iter().find(|param| *role == Role::Param && param.name == *name);
        let edge = instance
            .inputs
            .iter()
            .find(|edge| *role == Role::Input && edge.field == field_of(name));
        let spelled = match (param, edge) {
            (Some(param), _) => Some(param.spelled.clone()),
            (None, Some(edge)) => Some(vec![edge.field.to_owned()]),
            (None, None) => None,
        };
        Reason {
            field: shown(*role, name, now),
            old: old.clone(),
            new: new.clone(),
            at: spelled.map(|spelled| self.plan.location(instance, &spelled)),
            upstream: edge.map(|edge| self.plan.instances[edge.from].name.to_string()),
        }
    }
}

impl Reason {
    /// Nothing changed, but the artifact is gone.
    fn missing(old: &Record) -> Self {
        let old = Some(old.digest.to_string());
        Self { field: "artifact".to_owned(), old, new: None, at: None, upstream: None }
    }
}

/// The field that an input's name (`data.train`) starts with.
fn field_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The last segment of a parameter's name, unless two parameters share it.
fn shown(role: Role, name: &str, key: &Key) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    match role {
        Role::Param | Role::Default => {
            let alike = key.fields.iter().filter(|field| last(&field.name) == last(name));
            if alike.count() > 1 { name.to_owned() } else { last(name) }
        }
        Role::Input => name.to_owned(),
        Role::Kind | Role::Version | Role::Seed | Role::Device => role.as_str().to_owned(),
    }
}
