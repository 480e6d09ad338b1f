//! What may outlive an attempt at long work, and when it is written.
//!
//! Knows nothing of what is in a checkpoint, or of who asks for one.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What may outlive an attempt: the next one at the same key finds it again.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    /// A folder for this instance alone; it need not be there yet.
    pub folder: PathBuf,
    /// How long to work from one to the next.
    pub every: Duration,
    /// Requests for one at once.
    pub requests: CheckpointRequests,
}

/// Requests from outside to write a checkpoint at once and go on. Clones count the
/// same requests.
#[derive(Clone, Debug, Default)]
pub struct CheckpointRequests(Arc<AtomicU64>);

impl CheckpointRequests {
    /// Asks all work under way for a checkpoint.
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were so far: work that has seen fewer has one to write.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
