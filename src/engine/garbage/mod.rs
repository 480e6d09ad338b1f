//! Collects what is not needed any more.
//!
//! Needed are the results of the last run of each pipeline, what each pipeline file as it
//! is written came to, the last trials, what running or killed runs lease, and what the
//! caller names; of the rest, what took longest
//! for its size may stay. The collector holds the GC lock, so nothing is looked up
//! meanwhile: see docs/design/garbage.md.
//!
//! Knows nothing of pipeline files and of how the result is shown.

mod about;
mod stale_files;
mod survey;

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
    sync::atomic::AtomicBool,
};

use fs_err as fs;

use super::{
    record::Record,
    roots::KeepTrials,
    store::{Store, StoreError, found},
};
use acai_artifact::Digest;
use acai_common::{events::Stopped, files::FileLock};
use survey::Survey;

/// What to collect.
#[derive(Clone, Debug, Default)]
pub struct GcOptions {
    /// Keys that are needed, beside those of recorded and running runs.
    pub keys: HashSet<Digest>,
    /// Up to how many bytes of artifacts stay, as far as they are worth it; none
    /// keeps only what is needed.
    pub max_bytes: Option<u64>,
    /// Which trials count.
    pub keep_trials: KeepTrials,
    /// Pipelines whose runs do not count, unless they are going on.
    pub forget: Vec<String>,
    /// Whether nothing is removed.
    pub dry_run: bool,
}

/// What was collected, or would be.
#[derive(Clone, Debug, Default)]
pub struct GcReport {
    /// What is removed, what took longest first, then by name.
    pub gone: Vec<Garbage>,
    /// Artifacts that are needed.
    pub needed: Inventory,
    /// Artifacts that stay because they are retained for their size.
    pub retained: Inventory,
    /// Artifacts that are removed, by what came to them: a trial, or an empty text where
    /// that is not known any more.
    pub by_origin: BTreeMap<String, Inventory>,
}

/// Artifacts, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Inventory {
    /// How many.
    pub number: usize,
    /// Their size.
    pub bytes: u64,
    /// Recorded seconds of work in them.
    pub elapsed_s: f64,
}

/// Something that goes.
#[derive(Clone, Debug)]
pub struct Garbage {
    /// What it is.
    pub what: GarbageKind,
    /// What it was about: how its key differs from the nearest that stays, or
    /// its file's name.
    pub about: String,
    /// Its size.
    pub bytes: u64,
    /// Seconds it would take to make it again.
    pub elapsed_s: f64,
    /// When it was made, in seconds since 1970, if that is known.
    pub made_unix_s: Option<u64>,
    /// Files and folders in folders of the store, in the order in which they go.
    names: Vec<(&'static str, String)>,
    /// The lock that must be free for it to go.
    lock: Option<PathBuf>,
}

/// Kinds of garbage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GarbageKind {
    /// An artifact with its records; the kind of stage that made it.
    Artifact(String),
    /// An artifact that no record leads to.
    Orphan,
    /// What is remembered of a trial.
    Trial,
    /// A record that leads nowhere, or cannot be read.
    Record,
    /// A checkpoint of a training that nothing continues.
    Checkpoint,
    /// A half-written file of a dead process.
    HalfWritten,
    /// An artifact that was damaged and set aside.
    Damaged,
    /// What belonged to an artifact that is gone: its checksum, its preview.
    Trace,
}

/// Why nothing was collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The store cannot be used.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Another version wrote into the store what this one cannot read.
    #[error(
        "`{}` was written by another version of acai-pipe, source artifacts this one cannot tell \
         from garbage; collect with that version, or remove the record",
        .0.display()
    )]
    Foreign(PathBuf),
    /// What a pipeline came to cannot be read.
    #[error(
        "`{}` is damaged, so what has to stay is not known; run its pipeline again, or remove \
         the file if nothing of it is wanted",
        .0.display()
    )]
    Damaged(PathBuf),
    /// It was ended from outside; nothing was removed.
    #[error("interrupted; nothing was removed")]
    Interrupted,
}

impl From<Stopped<StoreError>> for CollectError {
    fn from(stopped: Stopped<StoreError>) -> Self {
        match stopped {
            Stopped::Interrupted => Self::Interrupted,
            Stopped::Failed(error) => Self::Store(error),
        }
    }
}

impl Store {
    /// Collects, after one call of `waiting` if runs have to be waited for; none
    /// of them holds the GC lock while it computes.
    ///
    /// # Errors
    /// If the store cannot be used, or is another version's.
    pub fn collect(
        &self,
        options: &GcOptions,
        waiting: &mut dyn FnMut(),
        stop: &AtomicBool,
    ) -> Result<GcReport, CollectError> {
        if self.check(found(self.folders().get("locks")))?.is_none() {
            return Ok(GcReport::default());
        }
        // Whoever only looks needs no right to write.
        let _guard = if options.dry_run {
            (self.acquire_shared(stop)?, None)
        } else {
            self.make_folders()?;
            (None, Some(self.acquire_exclusive(waiting, stop)?))
        };
        if !options.dry_run {
            for pipeline in &options.forget {
                self.forget(pipeline)?;
            }
        }
        let survey = Survey::new(self, options)?;
        let mut report = survey.report(self);
        report.gone.extend(self.stale_files(&survey)?);
        if !options.dry_run {
            report.gone.iter().try_for_each(|garbage| self.remove_garbage(garbage))?;
        }
        report.gone.sort_by(|a, b| b.elapsed_s.total_cmp(&a.elapsed_s).then(a.about.cmp(&b.about)));
        Ok(report)
    }

    /// What is gone already is no error: people remove files by hand, too.
    fn remove_garbage(&self, garbage: &Garbage) -> Result<(), StoreError> {
        let lock = garbage.lock.as_deref().map(FileLock::try_lock).transpose();
        let lock = self.check(lock)?;
        if matches!(lock, Some(None)) {
            return Ok(());
        }
        for (folder, name) in &garbage.names {
            if self.entry(folder, name)?.is_some_and(|there| there.is_folder) {
                self.check(found(fs::remove_dir_all(self.path(folder, name))))?;
            } else {
                self.remove(folder, name)?;
            }
        }
        Ok(())
    }
}

impl GcReport {
    /// Bytes that go.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.gone.iter().map(|garbage| garbage.bytes).sum()
    }

    /// Seconds it would take to make everything again that goes.
    #[must_use]
    pub fn elapsed_s(&self) -> f64 {
        self.gone.iter().map(|garbage| garbage.elapsed_s).sum()
    }
}

impl Inventory {
    fn add(&mut self, bytes: u64, records: &[Record]) {
        self.number += 1;
        self.bytes += bytes;
        self.elapsed_s += records.iter().map(|record| record.made.elapsed_s).sum::<f64>();
    }
}
