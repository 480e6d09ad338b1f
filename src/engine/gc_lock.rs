//! The GC lock. Readers hold it shared, the collector exclusively.
//!
//! See docs/design/garbage.md. Knows nothing of what is looked up or collected.

use std::{sync::atomic::AtomicBool, time::Duration};

use super::store::{Store, StoreError, found};
use acai_common::{
    events::Stopped,
    files::{FileLock, is_read_only},
};

/// The lock's file; no pipeline and no digest has this name. It is called as in
/// earlier versions, so that both exclude each other.
const LOCK: &str = "gate.lock";

/// Held by a collector that waits for the lock.
const TURN: &str = "turn.lock";

/// How often, and how many times in a row, a reader checks whether a collector
/// waits.
const CHECK_EVERY: Duration = Duration::from_millis(10);
const CHECKS: usize = 100;

/// While it lives, nothing is collected.
#[derive(Debug)]
pub struct GcGuard {
    _lock: FileLock,
}

impl Store {
    /// Keeps collectors out until dropped; for readers of several files that are
    /// soon done. None where there is no store to collect from.
    ///
    /// # Errors
    /// If the store cannot be used.
    pub fn lock_shared(&self) -> Result<Option<GcGuard>, StoreError> {
        self.acquire_shared(&AtomicBool::new(false)).map_err(|stopped| match stopped {
            Stopped::Failed(error) => error,
            Stopped::Interrupted => unreachable!("the flag is never raised"),
        })
    }

    pub(super) fn acquire_shared(
        &self,
        stop: &AtomicBool,
    ) -> Result<Option<GcGuard>, Stopped<StoreError>> {
        // No lock is made through a link.
        self.check(found(self.folders().get("locks")))?;
        self.yield_to_collector();
        match FileLock::lock_shared(&self.path("locks", LOCK), stop) {
            Ok(lock) => Ok(Some(GcGuard { _lock: lock })),
            Err(Stopped::Interrupted) => Err(Stopped::Interrupted),
            // A store in which nothing can be locked is one in which nothing is collected.
            Err(Stopped::Failed(error)) if is_read_only(&error) => Ok(None),
            Err(Stopped::Failed(error)) => Ok(self.check(found(Err(error)))?),
        }
    }

    /// Lets a waiting collector go first: readers could hold the lock in turn for
    /// ever. Only for a second: a holder must never wait for a waiting collector,
    /// that would deadlock.
    fn yield_to_collector(&self) {
        let turn = self.path("locks", TURN);
        for _ in 0..CHECKS {
            match FileLock::try_lock_shared(&turn) {
                Ok(None) => std::thread::sleep(CHECK_EVERY),
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }

    /// Waits until there is no reader, and keeps readers out.
    pub(super) fn acquire_exclusive(
        &self,
        waiting: &mut dyn FnMut(),
        stop: &AtomicBool,
    ) -> Result<FileLock, Stopped<StoreError>> {
        let path = self.path("locks", LOCK);
        if let Some(lock) = self.check(FileLock::try_lock(&path))? {
            return Ok(lock);
        }
        waiting();
        let failed = |stopped: Stopped<_>| stopped.map(|error| self.error(error));
        let _turn = FileLock::lock(&self.path("locks", TURN), &mut || (), stop).map_err(failed)?;
        FileLock::lock(&path, &mut || (), stop).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    /// Three readers in turn almost never leave the lock free.
    #[test]
    fn a_collector_gets_its_turn_among_many_readers() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        store.make_folders().unwrap();
        let (go_on, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
        let share = || {
            for _ in 0..500 {
                if is_over.load(Ordering::Relaxed) {
                    return true;
                }
                let _reading = store.lock_shared().unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
            false
        };
        std::thread::scope(|scope| {
            let sharers = [0, 1, 2].map(|_| scope.spawn(share));
            std::thread::sleep(Duration::from_millis(50));
            drop(store.acquire_exclusive(&mut || (), &go_on).unwrap());
            is_over.store(true, Ordering::Relaxed);
            assert!(sharers.into_iter().all(|sharer| sharer.join().unwrap()), "they had to end");
        });
    }
}
