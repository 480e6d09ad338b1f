//! The gate: shared by who looks something up, taken by who collects.
//!
//! See docs/design/garbage.md. Knows nothing of what is looked up or collected.

use std::{sync::atomic::AtomicBool, time::Duration};

use super::store::{Store, StoreError, found};
use acai_common::{
    events::Stopped,
    files::{FileLock, is_read_only},
};

/// The gate's file; no pipeline and no digest is called so.
const GATE: &str = "gate.lock";

/// LeasedKey by a collector that waits for the gate.
const TURN: &str = "turn.lock";

/// How often, and how many times in a row, somebody looks whether it is still
/// the collector's turn.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: usize = 100;

/// While it lives, nobody collects.
#[derive(Debug)]
pub struct GcGuard {
    _lock: FileLock,
}

impl Store {
    /// Keeps collectors away until dropped; for whoever reads more than one
    /// file and is soon done. None where there is no store to collect from.
    ///
    /// # Errors
    /// If the store cannot be used.
    pub fn lock_shared(&self) -> Result<Option<GcGuard>, StoreError> {
        self.acquire_shared(&AtomicBool::new(false)).map_err(|stopped| match stopped {
            Stopped::Failed(error) => error,
            Stopped::Interrupted => unreachable!("nobody raises the flag"),
        })
    }

    pub(super) fn acquire_shared(
        &self,
        stop: &AtomicBool,
    ) -> Result<Option<GcGuard>, Stopped<StoreError>> {
        self.yield_to_collector();
        match FileLock::lock_shared(&self.path("locks", GATE), stop) {
            Ok(lock) => Ok(Some(GcGuard { _lock: lock })),
            Err(Stopped::Interrupted) => Err(Stopped::Interrupted),
            // A store in which nobody could ever lock is one that nobody collects from.
            Err(Stopped::Failed(error)) if is_read_only(&error) => Ok(None),
            Err(Stopped::Failed(error)) => Ok(self.check(found(Err(error)))?),
        }
    }

    /// Lets a collector that waits go first: the gate is shared, so that it could
    /// be held by one after the other for ever. Not for long, and whatever comes
    /// of it: who has the gate already must not wait for who waits for it.
    fn yield_to_collector(&self) {
        let turn = self.path("locks", TURN);
        for _ in 0..LOOKS {
            match FileLock::try_lock_shared(&turn) {
                Ok(None) => std::thread::sleep(LOOK),
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }

    /// Waits until nobody reads, and keeps everybody out.
    pub(super) fn acquire_exclusive(
        &self,
        waiting: &mut dyn FnMut(),
        stop: &AtomicBool,
    ) -> Result<FileLock, Stopped<StoreError>> {
        let gate = self.path("locks", GATE);
        if let Some(lock) = self.check(FileLock::try_lock(&gate))? {
            return Ok(lock);
        }
        waiting();
        let failed = |stopped: Stopped<_>| stopped.map(|error| self.error(error));
        let _turn = FileLock::lock(&self.path("locks", TURN), &mut || (), stop).map_err(failed)?;
        FileLock::lock(&gate, &mut || (), stop).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    /// Three who share the gate in turn leave it free almost never.
    #[test]
    fn a_collector_gets_its_turn_among_many_who_share() {
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
