//! Runs instances once more, in a folder of their own, and says whether they
//! come out as the lock and the store say.
//!
//! Each instance is given what it read the first time: what an input came to
//! just now, if that is the same, else the artifact in the store, once its
//! content was found to be the one that was read. So a difference is told where
//! it arises, and not for everything downstream. An input that is neither
//! verified nor in the store is run, too.
//!
//! Knows nothing of the command line, and nothing of how verdicts are shown.

mod expected;
mod verdict;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Instant,
};

pub use expected::{Expectations, Expected};
pub use verdict::{Source, Verdict};

use super::Lockfile;
use acai_artifact::{ArtifactError, Difference, Digest, Reader, differences};
use acai_common::{
    events::{Event, Finished, Message, Obtained, Summary},
    names::InstanceName,
};
use acai_engine::{
    executor::{Computed, Job},
    schedule::RunContext,
    store::{Store, StoreError},
};
use acai_plan::{Instance, Plan};
use acai_stage::Checkpoints;

const INTERRUPTED: &str = "interrupted";

/// Nothing can be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// There is no place for results.
    #[error("no folder for results can be made: {0}; TMPDIR names another place")]
    Folder(#[from] io::Error),
}

/// What to verify, and how strictly.
#[derive(Clone, Debug)]
pub struct Request {
    /// Places of the instances in the plan.
    pub chosen: Vec<usize>,
    /// How far numbers may be from those of the lock, relative to the largest
    /// of their dataset.
    pub tolerance: Option<f64>,
}

/// What was found out about an instance.
#[derive(Debug)]
pub struct Checked {
    /// Which.
    pub instance: InstanceName,
    /// How it stands.
    pub verdict: Verdict,
    /// Its digest, if it was run.
    pub found: Option<Digest>,
    /// Seconds that took.
    pub elapsed_s: f64,
}

/// The end of a verification.
#[derive(Debug)]
pub struct Verified {
    /// What was asked for, and what had to be run for it, in the order of the plan.
    pub checked: Vec<Checked>,
    /// Whether it was ended early from outside.
    pub interrupted: bool,
}

/// Verifies what `request` asks for against `lock` and the store of `context`,
/// which is only read.
///
/// # Errors
/// If the store cannot be read, or there is no place for results.
pub fn verify(
    plan: &Plan,
    lock: &Lockfile,
    request: &Request,
    context: &RunContext<'_>,
    tell: &mut dyn FnMut(Event),
) -> Result<Verified, VerifyError> {
    let start = Instant::now();
    let expectations = Expectations::new(plan, lock, context.store, context.device)?;
    let folder = tempfile::Builder::new().prefix("acai-pipe-verify-").tempdir()?;
    let mut again = Verifier {
        plan,
        expectations: &expectations,
        request,
        context,
        folder: folder.path(),
        wanted: Vec::new(),
        stored: BTreeMap::new(),
        same: BTreeMap::new(),
    };
    again.wanted = again.wanted();
    let wanted = again.wanted.iter().filter(|&&is_wanted| is_wanted);
    let lengths = plan.instances.iter().map(|instance| instance.name.to_string().len());
    tell(Event::Planned {
        pipeline: plan.name().to_string(),
        instances: wanted.count(),
        longest_name: lengths.max().unwrap_or(0),
    });
    let checked = again.all(tell);
    let interrupted = context.stop.load(Ordering::Relaxed);
    tell(Event::Done(summary(&checked, start.elapsed().as_secs_f64())));
    Ok(Verified { checked, interrupted })
}

fn summary(checked: &[Checked], elapsed_s: f64) -> Summary {
    let ran = checked.iter().filter(|one| one.found.is_some()).count();
    Summary { ran, skipped: checked.len() - ran, elapsed_s, ..Summary::default() }
}

struct Verifier<'a> {
    plan: &'a Plan,
    expectations: &'a Expectations,
    request: &'a Request,
    context: &'a RunContext<'a>,
    folder: &'a Path,
    /// Which instances are run.
    wanted: Vec<bool>,
    /// Artifacts of the store, and whether they hold what they are called by.
    stored: BTreeMap<Digest, bool>,
    /// Where the artifacts are that came out as their readers read them, by place in the plan.
    same: BTreeMap<usize, PathBuf>,
}

impl Verifier<'_> {
    /// Which instances are run: the chosen ones, and inputs that are not there.
    fn wanted(&mut self) -> Vec<bool> {
        let mut wanted = vec![false; self.plan.instances.len()];
        for &at in &self.request.chosen {
            wanted[at] = true;
        }
        for at in (0..wanted.len()).rev() {
            if !wanted[at] || self.expectations.of(at).is_err() {
                continue;
            }
            for edge in &self.plan.instances[at].inputs {
                wanted[edge.from] = wanted[edge.from] || !self.is_stored(edge.from);
            }
        }
        wanted
    }

    /// Whether the store has this instance's artifact, judged by its content.
    fn is_stored(&mut self, at: usize) -> bool {
        let expectations = self.expectations;
        expectations.of(at).is_ok_and(|expected| self.is_held(expected.digest()))
    }

    /// Whether the store has the artifact that is called so, and it holds just that.
    fn is_held(&mut self, digest: Digest) -> bool {
        let store = self.context.store;
        *self.stored.entry(digest).or_insert_with(|| holds(store, &digest))
    }

    fn all(&mut self, tell: &mut dyn FnMut(Event)) -> Vec<Checked> {
        let wanted: Vec<usize> = (0..self.wanted.len()).filter(|&at| self.wanted[at]).collect();
        wanted.into_iter().map(|at| self.check(at, tell)).collect()
    }

    fn check(&mut self, at: usize, tell: &mut dyn FnMut(Event)) -> Checked {
        let instance = self.plan.instances[at].name.clone();
        let start = Instant::now();
        let (verdict, found) = match self.computed(at, tell) {
            Ok(computed) => {
                let found = computed.digests.artifact(self.plan.instances[at].stage.output());
                tell(self.finished(at, computed, &found, start));
                if self.expectations.of(at).is_ok_and(|expected| expected.digest() == found) {
                    self.same.insert(at, self.path(at));
                }
                (self.judged(at, &found), Some(found))
            }
            Err(why) => (Verdict::NotRun(why), None),
        };
        Checked { instance, verdict, found, elapsed_s: start.elapsed().as_secs_f64() }
    }

    /// Runs an instance, or says why not.
    fn computed(&mut self, at: usize, tell: &mut dyn FnMut(Event)) -> Result<Computed, String> {
        let is_stopped = || self.context.stop.load(Ordering::Relaxed);
        if is_stopped() {
            return Err(INTERRUPTED.to_owned());
        }
        let key = self.expectations.of(at)?.key().to_string();
        let executor = self.context.executor.ok_or("nothing computes here")?;
        let inputs = self.inputs(at)?;
        let Instance { name, kind, stage, seed, .. } = &self.plan.instances[at];
        tell(Event::Started { instance: name.clone(), kind, key });
        let checkpoints = Checkpoints {
            folder: self.path(at).with_extension("checkpoints"),
            every: self.context.checkpoint_every,
            requests: self.context.checkpoint_requests.clone(),
        };
        let job = Job {
            stage: stage.as_ref(),
            inputs,
            out: &self.path(at),
            seed: seed.filter(|_| stage.is_seeded()).unwrap_or(0),
            device: self.context.device,
            places: self.context.places,
            stop: self.context.stop,
            checkpoints: &checkpoints,
        };
        let mut pass_on = |told: Message| tell(told.of(name.clone()));
        let computed = executor.execute(&job, &mut pass_on);
        computed.map_err(|error| {
            if self.context.stop.load(Ordering::Relaxed) {
                return INTERRUPTED.to_owned();
            }
            let error = format!("{error:#}");
            tell(Event::Failed { instance: name.clone(), kind, error: error.clone() });
            format!("failed: {error}")
        })
    }

    /// What an instance read the first time, by field.
    fn inputs(&mut self, at: usize) -> Result<BTreeMap<&'static str, PathBuf>, String> {
        let plan = self.plan;
        let mut inputs = BTreeMap::new();
        for edge in &plan.instances[at].inputs {
            let path = if let Some(path) = self.same.get(&edge.from) {
                path.clone()
            } else if self.is_stored(edge.from) {
                self.context.store.object(&self.expectations.of(edge.from)?.digest())
            } else {
                let name = &plan.instances[edge.from].name;
                return Err(format!("the store lacks what it read of {name}"));
            };
            inputs.insert(edge.field, path);
        }
        Ok(inputs)
    }

    /// How what came out stands to the lock and to the store.
    fn judged(&mut self, at: usize, found: &Digest) -> Verdict {
        let expectations = self.expectations;
        let Ok(expected) = expectations.of(at) else {
            unreachable!("what nothing is expected of is not run")
        };
        let made = self.path(at);
        let mut verdict = Verdict::Identical(expected.source());
        for (source, digest) in expected.all() {
            if digest == *found || matches!(verdict, Verdict::Differs(..)) {
                continue;
            }
            let differences = if self.is_held(digest) {
                let stored = self.context.store.object(&digest);
                compared(&stored, &made).map_err(|error| error.to_string())
            } else {
                Err("the store lacks the artifact, so where is not known".to_owned())
            };
            verdict = Verdict::of(source, differences, self.request.tolerance);
        }
        verdict
    }

    fn finished(&self, at: usize, computed: Computed, found: &Digest, start: Instant) -> Event {
        let Instance { name, kind, .. } = &self.plan.instances[at];
        Event::Finished(Finished {
            instance: name.clone(),
            kind,
            obtained: Obtained::Computed,
            digest: found.to_string(),
            elapsed_s: start.elapsed().as_secs_f64(),
            images_per_s: computed.figures.images_per_s,
            peak_rss_bytes: None,
            scores: computed.scores,
        })
    }

    fn path(&self, at: usize) -> PathBuf {
        self.folder.join(format!("{at}.h5"))
    }
}

fn holds(store: &Store, digest: &Digest) -> bool {
    let content = || -> Result<Digest, ArtifactError> {
        let reader = Reader::open(&store.object(digest))?;
        Ok(reader.digests()?.artifact(reader.kind()))
    };
    content().is_ok_and(|content| content == *digest)
}

fn compared(stored: &Path, made: &Path) -> Result<Vec<Difference>, ArtifactError> {
    differences(&Reader::open(stored)?, &Reader::open(made)?)
}
