//! The engine's promises, held with stages that take no time.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    confined::Confined,
    executor::{Executor, Local},
    remote::Remote,
    schedule::{Outcome, RunContext, run},
    status::{State, Status, statuses},
    store::Store,
};
use acai_artifact::{Kind, Layout};
use acai_common::{
    events::{Event, Obtained, Summary},
    names::InstanceName,
};
use acai_config::Pipeline;
use acai_dataset::SearchPaths;
use acai_net::DeviceKind;
use acai_plan::{Edge, Plan};
use acai_stage::{CheckpointRequests, Input, Params, RunStats, Stage, Work};

mod audit;
mod crash;
mod garbage;
mod keys;
mod prediction;
mod remote;
mod reuse;
mod what_if;
mod why;

/// What a fake stage does besides writing its artifact.
#[derive(Clone, Debug, Default)]
enum Behaviour {
    #[default]
    Works,
    Fails,
    Panics,
    /// Raises the flag of the run, then notices it.
    IsInterrupted,
    /// Works slowly.
    TakesMs(u64),
}

/// Adds `add` to its inputs' numbers and writes the sum, and apart from it a note.
#[derive(Clone, Debug, Default)]
struct Fake {
    add: i64,
    /// At its default unless set.
    scale: Option<i64>,
    /// Written to a part that no stage reads.
    note: i64,
    seeded: bool,
    version: u32,
    inputs: Vec<&'static str>,
    behaviour: Behaviour,
    ran: Arc<AtomicUsize>,
}

impl Stage for Fake {
    fn kind(&self) -> &'static str {
        "Fake"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn output(&self) -> Kind {
        Kind::Scores
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn params(&self) -> Params {
        Params::default().required("add", &self.add).required("note", &self.note).defaulted(
            "deep.scale",
            &self.scale.unwrap_or(1),
            &1,
        )
    }

    fn is_seeded(&self) -> bool {
        self.seeded
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        self.ran.fetch_add(1, Ordering::SeqCst);
        work.progress(1, 2, "");
        match self.behaviour {
            Behaviour::Works => {}
            Behaviour::Fails => anyhow::bail!("no luck"),
            Behaviour::Panics => panic!("a bug"),
            Behaviour::IsInterrupted => {
                work.stop.store(true, Ordering::SeqCst);
                work.check_stop()?;
            }
            Behaviour::TakesMs(ms) => std::thread::sleep(std::time::Duration::from_millis(ms)),
        }
        let mut sum = self.add;
        for field in &self.inputs {
            sum += work.input(field).read::<i64>("value/sum")?.data[0];
        }
        let sum = sum * self.scale.unwrap_or(1) + work.seed.cast_signed();
        work.out.write("value/sum", &[1], &[sum], Layout::Contiguous)?;
        work.out.write("note/note", &[1], &[self.note], Layout::Contiguous)?;
        work.out.score("sum", sum as f64)?;
        Ok(RunStats { images_per_s: Some(12.0), earlier_s: 0.0 })
    }
}

const TEXT: &str = r#"Pipeline(name: "test", stages: {"only": Dataset(source: "lines")})"#;

/// A plan in the making: fake stages by name, in the place of a real one.
struct Planned(Plan);

impl Planned {
    fn new() -> Self {
        let mut plan = Plan::new(&Pipeline::parse("test.ron", TEXT, &[]).unwrap()).unwrap();
        plan.instances.truncate(1);
        Self(plan)
    }

    /// Adds a stage that reads the stages named in `from` as `a`, `b`, ….
    fn stage(mut self, name: &str, from: &[&str], fake: Fake) -> Self {
        let fields = &["a", "b", "c"][..from.len()];
        let edge = |(&field, name): (&&'static str, &&str)| Edge {
            field,
            from: self.0.position(name).unwrap() - 1,
            reads: &["value"],
        };
        let inputs = fields.iter().zip(from).map(edge).collect();
        let mut instance = self.0.instances[0].clone();
        instance.name = InstanceName { stage: name.parse().unwrap(), variant: None, seed: None };
        instance.kind = "Fake";
        instance.seed = Some(3);
        instance.inputs = inputs;
        instance.stage = Arc::new(Fake { inputs: fields.to_vec(), ..fake });
        self.0.instances.push(instance);
        self
    }

    fn plan(mut self) -> Plan {
        self.0.instances.remove(0);
        self.0
    }
}

/// A store in a folder of its own, and the events of the last run.
struct Bench {
    dir: tempfile::TempDir,
    store: Store,
    events: Mutex<Vec<Event>>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(&dir.path().join("cache"));
        Self { dir, store, events: Mutex::default() }
    }

    fn outcome(&self, plan: &Plan) -> Outcome {
        self.outcome_with(plan, None, Some(&Local))
    }

    fn outcome_with(
        &self,
        plan: &Plan,
        remote: Option<&Remote>,
        executor: Option<&dyn Executor>,
    ) -> Outcome {
        let stop = AtomicBool::new(false);
        let context = RunContext {
            store: &self.store,
            file: None,
            remote,
            executor,
            device: DeviceKind::Cpu,
            places: &SearchPaths::default(),
            stop: &stop,
            checkpoint_every: Duration::MAX,
            checkpoint_requests: CheckpointRequests::default(),
        };
        self.events.lock().unwrap().clear();
        let mut tell = |event| self.events.lock().unwrap().push(event);
        run(plan, &context, &mut tell).unwrap()
    }

    /// (ran, cached, failed, skipped) of a run.
    fn run(&self, plan: &Plan) -> (usize, usize, usize, usize) {
        counts(&self.outcome(plan))
    }

    fn status(&self, plan: &Plan) -> Vec<Status> {
        statuses(plan, &self.store, DeviceKind::Cpu).unwrap()
    }

    fn states(&self, plan: &Plan) -> Vec<State> {
        self.status(plan).into_iter().map(|status| status.state).collect()
    }

    /// Digest by instance, as the events told it.
    fn digests(&self) -> Vec<(String, String)> {
        let finished = |event: &Event| match event {
            Event::Finished(end) => Some((end.instance.to_string(), end.digest.clone())),
            _ => None,
        };
        self.events.lock().unwrap().iter().filter_map(finished).collect()
    }

    fn digest_of(&self, instance: &str) -> String {
        self.digests().into_iter().find(|(name, _)| name == instance).unwrap().1
    }

    fn object_of(&self, instance: &str) -> PathBuf {
        self.store.object(&self.digest_of(instance).parse().unwrap())
    }

    fn files(&self, folder: &str) -> usize {
        std::fs::read_dir(self.dir.path().join("cache").join(folder)).map_or(0, Iterator::count)
    }
}

fn counts(outcome: &Outcome) -> (usize, usize, usize, usize) {
    let Summary { ran, cached, failed, skipped, .. } = outcome.summary;
    (ran, cached, failed, skipped)
}

fn flip(path: &PathBuf) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// `root` ← `left`, `right` ← `end`.
fn diamond(root: Fake, left: Fake) -> Plan {
    Planned::new()
        .stage("root", &[], root)
        .stage("left", &["root"], left)
        .stage("right", &["root"], Fake { add: 5, ..Fake::default() })
        .stage("end", &["left", "right"], Fake { add: 7, ..Fake::default() })
        .plan()
}
