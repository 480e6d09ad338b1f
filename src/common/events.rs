//! Events of a run, as data: the only thing that passes between the engine and
//! what shows progress.
//!
//! Knows nothing of terminals or JSON; `progress` turns events into both.

use crate::names::InstanceName;

/// An event.
#[derive(Clone, Debug)]
pub enum Event {
    /// The run starts; `instances` will each end as finished, failed or skipped.
    Planned {
        /// Name of the pipeline.
        pipeline: String,
        /// How many instances there are.
        instances: usize,
        /// Length of the longest instance's name, for aligned lines.
        longest_name: usize,
    },
    /// Another run is computing the same key; this one waits for its result.
    Waiting {
        /// The instance that waits.
        instance: InstanceName,
    },
    /// An instance that was not in the cache begins.
    Started {
        /// The instance.
        instance: InstanceName,
        /// The stage's kind, such as `Train`.
        kind: &'static str,
        /// Its key, in hexadecimal; empty if it has none.
        key: String,
    },
    /// The progress of a running instance.
    Progressed {
        /// The instance.
        instance: InstanceName,
        /// Its progress.
        progress: Progress,
    },
    /// A note from an instance that is running.
    Noted {
        /// The instance.
        instance: InstanceName,
        /// A line for people.
        note: String,
    },
    /// A stored artifact did not match its digest; it was moved aside and is rebuilt.
    SetAside {
        /// The instance of the artifact.
        instance: InstanceName,
        /// Where the damaged file is now.
        path: std::path::PathBuf,
    },
    /// An instance is done.
    Finished(Finished),
    /// An instance failed; others that do not depend on it go on.
    Failed {
        /// The instance.
        instance: InstanceName,
        /// The stage's kind.
        kind: &'static str,
        /// The chain of causes, outermost first.
        error: String,
    },
    /// An instance was not run because something it needs failed.
    Skipped {
        /// The instance.
        instance: InstanceName,
        /// The stage's kind.
        kind: &'static str,
        /// The failed instance it needs.
        because: InstanceName,
    },
    /// The run is over.
    Done(Summary),
}

/// The end of one instance.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The instance.
    pub instance: InstanceName,
    /// The stage's kind.
    pub kind: &'static str,
    /// Where the result came from.
    pub obtained: Obtained,
    /// Content digest of the artifact, in hexadecimal.
    pub digest: String,
    /// Seconds of work in this run (0 when cached).
    pub elapsed_s: f64,
    /// Training throughput when it was computed; `Train` only.
    pub images_per_s: Option<f64>,
    /// Peak resident memory of the process that computed it; `Train` only.
    pub peak_rss_bytes: Option<u64>,
    /// The artifact's scores, such as `mean_distance`.
    pub scores: Vec<(String, f64)>,
}

/// Where a result came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obtained {
    /// It was in the store.
    Cached,
    /// It was copied from the shared cache.
    Copied,
    /// It was computed.
    Computed,
}

/// The progress of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
    /// What a unit is, such as `images`.
    pub unit: &'static str,
    /// Latest figures worth showing, such as (`mse`, 0.01).
    pub figures: Vec<(&'static str, f64)>,
}

/// A message from a running instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Its progress.
    Progress(Progress),
    /// A line for people, such as a file that was skipped.
    Note(String),
}

impl Message {
    /// The event that reports it for `instance`.
    #[must_use]
    pub fn of(self, instance: InstanceName) -> Event {
        match self {
            Self::Progress(progress) => Event::Progressed { instance, progress },
            Self::Note(note) => Event::Noted { instance, note },
        }
    }
}

/// The work was interrupted from outside.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Why work that can be interrupted ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum Stopped<E> {
    /// It was interrupted from outside.
    #[error("interrupted")]
    Interrupted,
    /// It failed.
    #[error("{0}")]
    Failed(E),
}

impl<E> Stopped<E> {
    /// The same with another error.
    pub fn map<F>(self, error: impl FnOnce(E) -> F) -> Stopped<F> {
        match self {
            Self::Interrupted => Stopped::Interrupted,
            Self::Failed(failed) => Stopped::Failed(error(failed)),
        }
    }
}

impl From<std::io::Error> for Stopped<std::io::Error> {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Counts at the end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Instances that were computed.
    pub ran: usize,
    /// Instances that were in the cache.
    pub cached: usize,
    /// Instances that failed.
    pub failed: usize,
    /// Instances not run because of a failure.
    pub skipped: usize,
    /// Wall time of the whole run in seconds.
    pub elapsed_s: f64,
}
