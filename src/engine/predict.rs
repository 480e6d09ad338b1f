//! What a run will do with each instance, found out without running.
//!
//! Goes through the plan as [`super::schedule`] does and asks [`Sources`] the
//! same questions. What a run finds out by computing is taken from the last
//! run, and then the word is `maybe`. A key gives one artifact: what is made
//! again under a key that has a record is taken to come out as recorded.
//!
//! Knows nothing of why something is not there; `status` compares and explains.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashMap, HashSet},
};

use super::{
    Runs,
    key::Key,
    match_index::MatchIndex,
    nearest::Nearest,
    record::Record,
    sources::{Decision, Sources, VerifiedArtifacts},
    status::State,
    store::{Store, StoreError},
};
use acai_artifact::{Digest, Digests, Hasher};
use acai_net::DeviceKind;
use acai_plan::{Edge, Instance, Plan};

/// Finds the record of a key in the store.
pub(super) type FindRecord = fn(&Store, &Digest) -> Result<Option<Record>, StoreError>;

/// How carefully to look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scrutiny {
    /// What counts as being in the store.
    pub(super) find: FindRecord,
    /// Whether artifacts that a run would read are verified, as the run does.
    pub(super) verifies: bool,
}

/// What is known of an instance before a run.
#[derive(Debug)]
pub(super) struct Prediction {
    pub(super) state: State,
    /// Its key, if everything it reads is known for certain.
    pub(super) key: Option<Key>,
    /// The record under the key that it has if its inputs come out as expected.
    pub(super) found: Option<Record>,
    /// The record of its last run, if it is not cached.
    pub(super) last: Option<Record>,
    /// What its artifact is, or is expected to be: the parts and the digest.
    pub(super) parts: Option<Digests>,
    pub(super) digest: Option<Digest>,
    /// Whether `parts` is certain.
    pub(super) is_certain: bool,
    /// Whether its artifact is there but damaged.
    pub(super) is_damaged: bool,
    /// An earlier instance that does the same work, if that is still to be done.
    pub(super) same_as: Option<usize>,
}

/// All records; read only when needed.
pub(super) struct History {
    pub(super) nearest: Nearest,
    matches: MatchIndex,
}

pub(super) struct Predictor<'a> {
    pub(super) plan: &'a Plan,
    sources: &'a Sources<'a>,
    pub(super) device: DeviceKind,
    scrutiny: Scrutiny,
    runs: Runs,
    history: OnceCell<History>,
    pub(super) predictions: Vec<Prediction>,
    /// The first instance of each kind of work.
    identities: HashMap<Digest, usize>,
    verified: VerifiedArtifacts,
    /// Artifacts that will have been written by the time an instance is looked up.
    restored: HashSet<Digest>,
}

impl<'a> Predictor<'a> {
    /// Predicts every instance of `plan`.
    pub(super) fn new(
        plan: &'a Plan,
        sources: &'a Sources<'a>,
        device: DeviceKind,
        scrutiny: Scrutiny,
    ) -> Result<Self, StoreError> {
        let mut predictor = Self {
            plan,
            sources,
            device,
            scrutiny,
            runs: sources.store.runs(plan.name().as_str())?,
            history: OnceCell::new(),
            predictions: Vec::with_capacity(plan.instances.len()),
            identities: HashMap::new(),
            verified: VerifiedArtifacts::default(),
            restored: HashSet::new(),
        };
        for index in 0..plan.instances.len() {
            predictor.predict(index)?;
        }
        Ok(predictor)
    }

    /// Every record of the store.
    pub(super) fn history(&self) -> Result<&History, StoreError> {
        if self.history.get().is_none() {
            let records = self.sources.store.records()?;
            // A shared cache that cannot be read offers nothing.
            let shared = self.sources.remote.map(|remote| remote.records_beside(&records));
            let shared = shared.and_then(Result::ok).unwrap_or_default();
            let matches = MatchIndex::new(records.iter().chain(&shared));
            let _ = self.history.set(History { nearest: Nearest::new(records), matches });
        }
        Ok(self.history.get().expect("it was just set"))
    }

    /// The key of an instance if its inputs come out as expected; parts of
    /// inputs that were never there are left out.
    pub(super) fn probable_key(&self, index: usize) -> Key {
        let (instance, nothing) = (&self.plan.instances[index], Digests::default());
        let parts = |edge: &Edge| self.predictions[edge.from].parts.as_ref();
        let inputs = instance.inputs.iter();
        let inputs = inputs.map(|edge| (edge.field, parts(edge).unwrap_or(&nothing)));
        Key::new(instance, &inputs.collect(), self.device)
    }

    /// Whether an input is not known before something is computed.
    pub(super) fn is_open(&self, edge: &Edge) -> bool {
        !self.predictions[edge.from].is_certain
    }

    fn predict(&mut self, index: usize) -> Result<(), StoreError> {
        let instance = &self.plan.instances[index];
        let is_known = instance.inputs.iter().all(|edge| !self.is_open(edge));
        let key = is_known.then(|| self.probable_key(index));
        let identity = key.as_ref().map_or_else(|| self.identity(index), Key::digest);
        if let Some(&first) = self.identities.get(&identity) {
            let prediction = self.same_work(first);
            self.predictions.push(prediction);
            return Ok(());
        }
        self.identities.insert(identity, index);
        let prediction = match key {
            Some(key) => self.predict_known(index, key, &identity)?,
            None => self.predict_open(index)?,
        };
        let state = prediction.state;
        self.predictions.push(prediction);
        match state {
            State::Run | State::Fetched => self.verify_inputs(index, true),
            State::Maybe => self.verify_inputs(index, false),
            State::Cached | State::Copied => Ok(()),
        }
    }

    /// Stands for the key where inputs are not known: equal for two instances
    /// whose keys will be equal whatever their inputs come to.
    fn identity(&self, index: usize) -> Digest {
        let instance = &self.plan.instances[index];
        let stand_in = |edge: &Edge| {
            let mut first = edge.from;
            while let Some(earlier) = self.predictions[first].same_as {
                first = earlier;
            }
            let part = |&part: &&'static str| {
                let mut hash = Hasher::new("acai-pipe 2026 prediction");
                hash.text(&format!("{first} {part}"));
                (part.to_owned(), hash.finish())
            };
            Digests { parts: edge.reads.iter().map(part).collect() }
        };
        let known = |edge: &Edge| self.predictions[edge.from].parts.clone().unwrap_or_default();
        let parts = |edge: &Edge| if self.is_open(edge) { stand_in(edge) } else { known(edge) };
        let inputs = instance.inputs.iter().map(|edge| (edge.field, parts(edge)));
        let inputs: BTreeMap<&'static str, Digests> = inputs.collect();
        let inputs = inputs.iter().map(|(&field, parts)| (field, parts)).collect();
        Key::new(instance, &inputs, self.device).digest()
    }

    /// An instance whose work an earlier one has done by then.
    fn same_work(&self, first: usize) -> Prediction {
        let earlier = &self.predictions[first];
        let is_there = earlier.is_certain && earlier.found.is_some();
        Prediction {
            state: State::Cached,
            key: earlier.key.clone(),
            found: earlier.found.clone(),
            last: None,
            parts: earlier.parts.clone(),
            digest: earlier.digest,
            is_certain: earlier.is_certain,
            is_damaged: false,
            same_as: (!is_there).then_some(first),
        }
    }

    /// An instance whose key is known.
    fn predict_known(
        &mut self,
        index: usize,
        key: Key,
        digest: &Digest,
    ) -> Result<Prediction, StoreError> {
        let instance = &self.plan.instances[index];
        let decision = self.decide(digest, instance)?;
        let mut prediction = match decision {
            Decision::Cached(record) => certain(State::Cached, &record),
            Decision::Copy(record) => {
                self.write(record.digest);
                Prediction { found: None, ..certain(State::Copied, &record) }
            }
            Decision::Compute(_) => {
                let recorded = self.sources.store.record(digest)?;
                if let Some(record) = &recorded {
                    self.write(record.digest);
                }
                expected(self.work(instance), recorded.as_ref())
            }
        };
        prediction.key = Some(key);
        self.complete(index, prediction)
    }

    /// An instance of whose inputs some are computed first.
    fn predict_open(&mut self, index: usize) -> Result<Prediction, StoreError> {
        let instance = &self.plan.instances[index];
        let is_expected =
            instance.inputs.iter().all(|edge| self.predictions[edge.from].parts.is_some());
        let decision = if is_expected {
            self.decide(&self.probable_key(index).digest(), instance)?
        } else {
            Decision::Compute(None)
        };
        let prediction = match decision {
            Decision::Cached(record) => {
                Prediction { is_certain: false, ..certain(State::Maybe, &record) }
            }
            Decision::Copy(record) => expected(State::Maybe, Some(&record)),
            Decision::Compute(_) if self.may_match(index)? => expected(State::Maybe, None),
            Decision::Compute(_) => expected(self.work(instance), None),
        };
        self.complete(index, prediction)
    }

    /// Adds the last run, and what is expected after it where nothing else tells.
    fn complete(&self, index: usize, prediction: Prediction) -> Result<Prediction, StoreError> {
        // For a cached instance the last run is not needed: its record is not read.
        if prediction.state == State::Cached {
            return Ok(prediction);
        }
        let name = self.plan.instances[index].name.to_string();
        let last = match self.runs.0.get(&name) {
            Some((key, _)) => self.sources.store.record(key)?,
            None => None,
        };
        let Prediction { parts, digest, .. } = &prediction;
        let parts = parts.clone().or_else(|| last.as_ref().map(|record| record.parts.clone()));
        let digest = digest.or_else(|| last.as_ref().map(|record| record.digest));
        Ok(Prediction { last, parts, digest, ..prediction })
    }

    /// What [`Sources::decide`] says, after what is done before.
    fn decide(&self, key: &Digest, instance: &Instance) -> Result<Decision, StoreError> {
        let Sources { store, .. } = *self.sources;
        if let Some(record) = (self.scrutiny.find)(store, key)? {
            return Ok(Decision::Cached(record));
        }
        if !self.restored.is_empty()
            && let Some(record) = store.record(key)?
            && self.restored.contains(&record.digest)
        {
            return Ok(Decision::Cached(record));
        }
        Ok(self.sources.decide_without_store(key, instance.stage.output()))
    }

    /// Whether some result is there that this instance may turn out to have.
    fn may_match(&self, index: usize) -> Result<bool, StoreError> {
        let instance = &self.plan.instances[index];
        let open = instance.inputs.iter().filter(|edge| self.is_open(edge));
        let open: Vec<&str> = open.map(|edge| edge.field).collect();
        let key = self.probable_key(index);
        for candidate in self.history()?.matches.matching(&key, &open) {
            if !matches!(self.decide(&candidate, instance)?, Decision::Compute(_)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How an instance is computed.
    fn work(&self, instance: &Instance) -> State {
        let downloads = self.scrutiny.verifies && instance.stage.downloads(self.sources.places);
        if downloads { State::Fetched } else { State::Run }
    }

    /// Notes that an artifact is written.
    fn write(&mut self, digest: Digest) {
        self.restored.insert(digest);
        self.verified.add(digest);
    }

    /// Verifies what an instance reads before it is computed, which is `certain`
    /// or not.
    fn verify_inputs(&mut self, index: usize, certain: bool) -> Result<(), StoreError> {
        if !self.scrutiny.verifies {
            return Ok(());
        }
        for edge in &self.plan.instances[index].inputs {
            let Prediction { state, found, is_damaged, .. } = &self.predictions[edge.from];
            let Some(digest) = found.as_ref().map(|record| record.digest) else { continue };
            let is_damaged = match state {
                State::Cached => !self.verified.is_sound(self.sources.store, &digest)?,
                State::Maybe => *is_damaged && certain,
                State::Copied | State::Run | State::Fetched => false,
            };
            if is_damaged {
                self.rebuild(edge.from, digest, certain)?;
            }
        }
        Ok(())
    }

    /// A damaged artifact is set aside and made or copied again, for certain or
    /// if its reader is computed.
    fn rebuild(&mut self, index: usize, digest: Digest, certain: bool) -> Result<(), StoreError> {
        let instance = &self.plan.instances[index];
        let key = self.probable_key(index).digest();
        let decision = self.sources.decide_without_store(&key, instance.stage.output());
        let is_copied = matches!(decision, Decision::Copy(_));
        self.predictions[index].is_damaged = true;
        self.predictions[index].state = match (certain, is_copied) {
            (false, _) => State::Maybe,
            (true, true) => State::Copied,
            (true, false) => self.work(instance),
        };
        if certain {
            self.write(digest);
        }
        if is_copied { Ok(()) } else { self.verify_inputs(index, certain) }
    }
}

/// What is known where the artifact of `record` is there when it is needed.
fn certain(state: State, record: &Record) -> Prediction {
    Prediction { found: Some(record.clone()), is_certain: true, ..expected(state, Some(record)) }
}

/// What is known where the artifact may come out as `record` says.
fn expected(state: State, record: Option<&Record>) -> Prediction {
    Prediction {
        state,
        key: None,
        found: None,
        last: None,
        parts: record.map(|record| record.parts.clone()),
        digest: record.map(|record| record.digest),
        is_certain: false,
        is_damaged: false,
        same_as: None,
    }
}
