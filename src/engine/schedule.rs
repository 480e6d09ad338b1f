//! Runs a plan: each instance is looked up, and computed if it is missing.
//!
//! Approach: instances come in topological order, so everything an instance
//! reads is done before it. Its key is made of what its inputs contain, so when
//! a recomputed input comes out the same, everything downstream stays cached.
//! What is done about a key is decided by `Sources::decide`, which `plan` asks
//! as well. Bytes of inputs are verified just before they are read; a damaged one
//! is set aside and made again first, and the instance's key is then looked up
//! again. A failure skips everything downstream; everything else goes on.
//!
//! Knows nothing of terminals: it reports events.

use std::{
    borrow::Cow,
    io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use super::{
    Runs,
    executor::{Computed, Executor, Job},
    host,
    key::Key,
    lease::Lease,
    record::{Provenance, Record},
    remote::Remote,
    reservation::{NewArtifact, Reservation},
    roots::Origin,
    sources::{Sources, VerifiedArtifacts},
    store::{Lookup, Store, StoreError},
};
use acai_artifact::{Digest, Kind};
use acai_common::events::{Event, Finished, Message, Obtained, Stopped, Summary};
use acai_dataset::SearchPaths;
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};
use acai_stage::{CheckpointRequests, Checkpoints, RunStats};

mod supply;

/// What a run works with.
pub struct RunContext<'a> {
    /// Where results are kept.
    pub store: &'a Store,
    /// The pipeline's file; without it results are noted under its name alone.
    pub file: Option<&'a Path>,
    /// A shared cache, asked for what the store lacks.
    pub remote: Option<&'a Remote>,
    /// Where instances are computed; without it, only what the shared cache has
    /// is got.
    pub executor: Option<&'a dyn Executor>,
    /// Where nets run.
    pub device: DeviceKind,
    /// Where files of datasets are.
    pub places: &'a SearchPaths,
    /// Set from outside to end the run early.
    pub stop: &'a AtomicBool,
    /// How long work goes on from one checkpoint to the next.
    pub checkpoint_every: Duration,
    /// Requests from outside for a checkpoint at once.
    pub checkpoint_requests: CheckpointRequests,
}

impl RunContext<'_> {
    /// What results and files are got from.
    #[must_use]
    pub fn sources(&self) -> Sources<'_> {
        Sources { store: self.store, remote: self.remote, places: self.places }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What happened to the instances.
    pub summary: Summary,
    /// The record of each instance of the plan that was reached and did not fail.
    pub records: Vec<Option<Record>>,
    /// Whether it was ended early from outside.
    pub interrupted: bool,
}

/// What has become of an instance.
enum State {
    Pending,
    Done {
        key: Digest,
        digest: Digest,
        obtained: Obtained,
        /// What was found. What was computed is read from the store when it is asked for:
        /// a run of many instances would fill the memory with it.
        record: Option<Box<Record>>,
    },
    Failed,
    /// The failed instance it needs.
    Skipped(usize),
}

/// Why a run ends early.
type End = Stopped<StoreError>;

struct Scheduler<'a> {
    plan: &'a Plan,
    context: &'a RunContext<'a>,
    report: &'a mut dyn FnMut(Event),
    states: Vec<State>,
    lease: Lease<'a>,
    verified: VerifiedArtifacts,
    swept: bool,
}

/// Runs every instance of `plan` that is not in the store.
///
/// # Errors
/// If the store cannot be used; a failing instance is no error but an event.
pub fn run(
    plan: &Plan,
    context: &RunContext<'_>,
    report: &mut dyn FnMut(Event),
) -> Result<Outcome, StoreError> {
    let start = Instant::now();
    report(planned(plan));
    let states = plan.instances.iter().map(|_| State::Pending).collect();
    let origin = origin(plan, context.file);
    let lease = Lease::new(context.store, &origin);
    let verified = VerifiedArtifacts::default();
    let mut scheduler = Scheduler { plan, context, report, states, lease, verified, swept: false };
    let end = scheduler.all();
    let planned = plan.instances.iter().map(|instance| instance.name.to_string()).collect();
    let noted = context.store.note_run(&origin, scheduler.runs(), &planned);
    let noted = noted.and_then(|()| scheduler.lease.end());
    let summary = Summary { elapsed_s: start.elapsed().as_secs_f64(), ..scheduler.summary() };
    (scheduler.report)(Event::Done(summary));
    match end {
        Err(Stopped::Failed(error)) => Err(error),
        end => {
            noted?;
            let interrupted = end.is_err();
            Ok(Outcome { summary, records: scheduler.records()?, interrupted })
        }
    }
}

/// What a run of `plan`, from the file at `path`, is of.
#[must_use]
pub fn origin(plan: &Plan, path: Option<&Path>) -> Origin {
    let name = plan.name().as_str();
    path.map_or_else(
        || Origin::named(name),
        |path| Origin::of_file(name, path, &plan.pipeline().sets),
    )
}

fn planned(plan: &Plan) -> Event {
    let lengths = plan.instances.iter().map(|instance| instance.name.to_string().len());
    Event::Planned {
        pipeline: plan.name().to_string(),
        instances: plan.instances.len(),
        longest_name: lengths.max().unwrap_or(0),
    }
}

impl Scheduler<'_> {
    fn all(&mut self) -> Result<(), End> {
        for index in 0..self.plan.instances.len() {
            if self.context.stop.load(Ordering::Relaxed) {
                return Err(End::Interrupted);
            }
            if matches!(self.states[index], State::Pending) {
                self.resolve(index)?;
            }
        }
        Ok(())
    }

    /// Brings an instance to its end, whichever it is.
    fn resolve(&mut self, index: usize) -> Result<(), End> {
        loop {
            if let Some(failed) = self.failed_input(index) {
                self.skip(index, failed);
                return Ok(());
            }
            let key = self.key(index)?;
            match self.lookup(index, &key)? {
                Lookup::Hit(record) => {
                    self.finish(index, record, &key, Obtained::Cached, 0.0);
                    return Ok(());
                }
                Lookup::Miss(reservation) => {
                    let Some(reservation) = self.obtain(index, &key, reservation)? else {
                        return Ok(());
                    };
                    let damaged = self.damaged_inputs(index)?;
                    if damaged.is_empty() {
                        return self.compute(index, &key, reservation);
                    }
                    drop(reservation);
                    self.rebuild(&damaged)?;
                }
            }
        }
    }

    /// The root cause, if something this instance reads could not be made.
    fn failed_input(&self, index: usize) -> Option<usize> {
        self.plan.instances[index].inputs.iter().find_map(|edge| match self.states[edge.from] {
            State::Failed => Some(edge.from),
            State::Skipped(failed) => Some(failed),
            State::Pending | State::Done { .. } => None,
        })
    }

    fn key(&self, index: usize) -> Result<Key, StoreError> {
        let instance = &self.plan.instances[index];
        let inputs = instance.inputs.iter();
        let records = inputs.clone().map(|edge| self.record(edge.from));
        let records: Vec<_> = records.collect::<Result<_, _>>()?;
        let parts = inputs.zip(&records).map(|(edge, record)| (edge.field, &record.parts));
        Ok(Key::new(instance, &parts.collect(), self.context.device))
    }

    /// The record of an input.
    fn record(&self, index: usize) -> Result<Cow<'_, Record>, StoreError> {
        match &self.states[index] {
            State::Done { record: Some(record), .. } => Ok(Cow::Borrowed(record)),
            State::Done { key, .. } => self.read_record(key).map(Cow::Owned),
            _ => unreachable!("inputs are done first, and failed ones were looked for"),
        }
    }

    /// The record of what was computed in this run.
    fn read_record(&self, key: &Digest) -> Result<Record, StoreError> {
        let store = self.context.store;
        let gone = || {
            let path = store.path("actions", &key.to_string());
            let message = format!("`{}` was removed or damaged during the run", path.display());
            store.error(io::Error::new(io::ErrorKind::NotFound, message))
        };
        store.record(key)?.ok_or_else(gone)
    }

    /// The digest of an input.
    fn digest(&self, index: usize) -> Digest {
        match &self.states[index] {
            State::Done { digest, .. } => *digest,
            _ => unreachable!("inputs are done first, and failed ones were looked for"),
        }
    }

    fn compute(&mut self, index: usize, key: &Key, reservation: Reservation) -> Result<(), End> {
        let Instance { name, kind, stage, .. } = &self.plan.instances[index];
        let output = stage.output();
        let Some(executor) = self.context.executor else {
            self.fail(index, &anyhow::anyhow!("is not in the shared cache"));
            return Ok(());
        };
        let digest = key.digest().to_string();
        (self.report)(Event::Started { instance: name.clone(), kind, key: digest });
        let start = Instant::now();
        match self.execute(index, executor, &reservation) {
            Ok(Computed { digests, scores, figures }) => {
                let elapsed_s = start.elapsed().as_secs_f64();
                let made = self.made(elapsed_s + figures.earlier_s, &figures);
                let record =
                    reservation.publish(NewArtifact { kind: output, digests, scores, made })?;
                self.verified.add(record.digest);
                self.finish(index, record, key, Obtained::Computed, elapsed_s);
                Ok(())
            }
            Err(_) if self.context.stop.load(Ordering::Relaxed) => Err(End::Interrupted),
            Err(error) => {
                self.fail(index, &error);
                Ok(())
            }
        }
    }

    fn made(&self, elapsed_s: f64, figures: &RunStats) -> Provenance {
        Provenance {
            elapsed_s,
            images_per_s: figures.images_per_s,
            peak_rss_bytes: host::peak_rss_bytes(),
            finished_unix_s: host::unix_s(),
            host: host::name(),
            tool: format!("acai-pipe {}", env!("CARGO_PKG_VERSION")),
            sets: self.plan.pipeline().sets.clone(),
        }
    }

    fn execute(
        &mut self,
        index: usize,
        executor: &dyn Executor,
        reservation: &Reservation,
    ) -> anyhow::Result<Computed> {
        let instance = &self.plan.instances[index];
        let store = self.context.store;
        let input = |field, from| (field, store.object(&self.digest(from)));
        let checkpoints = Checkpoints {
            folder: reservation.checkpoints(),
            every: self.context.checkpoint_every,
            requests: self.context.checkpoint_requests.clone(),
        };
        let job = Job {
            stage: instance.stage.as_ref(),
            inputs: instance.inputs.iter().map(|edge| input(edge.field, edge.from)).collect(),
            out: reservation.path(),
            seed: instance.seed.filter(|_| instance.stage.is_seeded()).unwrap_or(0),
            device: self.context.device,
            places: self.context.places,
            stop: self.context.stop,
            checkpoints: &checkpoints,
        };
        let name = &instance.name;
        let report = &mut self.report;
        let mut forward = |message: Message| report(message.of(name.clone()));
        executor.execute(&job, &mut forward)
    }

    /// Notes the result of an instance, after `elapsed_s` seconds of work.
    fn finish(
        &mut self,
        index: usize,
        record: Record,
        key: &Key,
        obtained: Obtained,
        elapsed_s: f64,
    ) {
        let Instance { name, kind, stage, .. } = &self.plan.instances[index];
        let trains = stage.output() == Kind::Model;
        self.lease.keep(&name.to_string(), &key.digest(), &record.digest);
        (self.report)(Event::Finished(Finished {
            instance: name.clone(),
            kind,
            obtained,
            digest: record.digest.to_string(),
            elapsed_s,
            images_per_s: record.made.images_per_s,
            peak_rss_bytes: record.made.peak_rss_bytes.filter(|_| trains),
            scores: record.scores.clone(),
        }));
        let (key, digest) = (key.digest(), record.digest);
        let record = (obtained != Obtained::Computed).then(|| Box::new(record));
        self.states[index] = State::Done { key, digest, obtained, record };
    }

    fn fail(&mut self, index: usize, error: &anyhow::Error) {
        let Instance { name, kind, .. } = &self.plan.instances[index];
        (self.report)(Event::Failed { instance: name.clone(), kind, error: format!("{error:#}") });
        self.states[index] = State::Failed;
    }

    fn skip(&mut self, index: usize, failed: usize) {
        let Instance { name, kind, .. } = &self.plan.instances[index];
        let because = self.plan.instances[failed].name.clone();
        (self.report)(Event::Skipped { instance: name.clone(), kind, because });
        self.states[index] = State::Skipped(failed);
    }

    fn runs(&self) -> Runs {
        let entry = |(instance, state): (&Instance, &State)| match state {
            State::Done { key, digest, .. } => Some((instance.name.to_string(), (*key, *digest))),
            _ => None,
        };
        Runs(self.plan.instances.iter().zip(&self.states).filter_map(entry).collect())
    }

    fn records(mut self) -> Result<Vec<Option<Record>>, StoreError> {
        let states = std::mem::take(&mut self.states);
        let record = |state| match state {
            State::Done { record: Some(record), .. } => Ok(Some(*record)),
            State::Done { key, .. } => self.read_record(&key).map(Some),
            State::Pending | State::Failed | State::Skipped(_) => Ok(None),
        };
        states.into_iter().map(record).collect()
    }

    fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for state in &self.states {
            match state {
                State::Pending => {}
                State::Done { obtained: Obtained::Computed, .. } => summary.ran += 1,
                State::Done { obtained: Obtained::Cached | Obtained::Copied, .. } => {
                    summary.cached += 1;
                }
                State::Failed => summary.failed += 1,
                State::Skipped(_) => summary.skipped += 1,
            }
        }
        summary
    }
}
