//! Getting what is there already: from the store and from the shared cache; and
//! verifying it before it is read.
//!
//! Knows nothing of computing.

use super::{End, Scheduler};
use crate::{
    key::Key, remote::Refused, reservation::Reservation, sources::Decision, store::Lookup,
};
use acai_common::events::{Event, Obtained, Stopped};
use acai_plan::Instance;

impl Scheduler<'_> {
    pub(super) fn lookup(&mut self, index: usize, key: &Key) -> Result<Lookup, End> {
        let name = &self.plan.instances[index].name;
        let (store, digest) = (self.context.store, key.digest());
        self.lease.enter(self.context.stop)?;
        if let Some(record) = store.finished(&digest)? {
            return Ok(Lookup::Hit(record));
        }
        self.lease.begin(&name.to_string(), &digest)?;
        let mut waiting = || (self.report)(Event::Waiting { instance: name.clone() });
        let found = store.lookup(key, &mut waiting, self.context.stop)?;
        if matches!(found, Lookup::Miss(_))
            && let Some(digest) = store.misplaced(&digest)?
            && let Some(path) = store.set_aside(&digest)?
        {
            (self.report)(Event::SetAside { instance: name.clone(), path });
        }
        if matches!(found, Lookup::Miss(_)) && !self.swept {
            store.sweep()?;
            self.swept = true;
        }
        Ok(found)
    }

    /// Finishes an instance with what is there; gives the reservation back if it
    /// has to be computed.
    pub(super) fn obtain(
        &mut self,
        index: usize,
        key: &Key,
        reservation: Reservation,
    ) -> Result<Option<Reservation>, End> {
        let output = self.plan.instances[index].stage.output();
        let record = match self.context.sources().decide(&key.digest(), output)? {
            Decision::Cached(record) => {
                self.finish(index, record, key, Obtained::Cached, 0.0);
                return Ok(None);
            }
            Decision::Compute(None) => return Ok(Some(reservation)),
            Decision::Compute(Some(refused)) => {
                return Ok(self.without_copy(index, reservation, refused));
            }
            Decision::Copy(record) => record,
        };
        let Some(remote) = self.context.remote else { return Ok(Some(reservation)) };
        match remote.copy(record, &reservation, self.context.stop) {
            Ok(copied) => {
                let record = reservation.publish(copied)?;
                self.verified.add(record.digest);
                self.finish(index, record, key, Obtained::Copied, 0.0);
                Ok(None)
            }
            Err(Stopped::Interrupted) => Err(End::Interrupted),
            Err(Stopped::Failed(refused)) => Ok(self.without_copy(index, reservation, refused)),
        }
    }

    /// What the shared cache has must not be taken: a note, or where nothing can
    /// be computed a failure.
    fn without_copy(
        &mut self,
        index: usize,
        reservation: Reservation,
        refused: Refused,
    ) -> Option<Reservation> {
        if self.context.executor.is_none() {
            self.fail(index, &refused.into());
            return None;
        }
        let Instance { name, .. } = &self.plan.instances[index];
        (self.report)(Event::Noted { instance: name.clone(), note: refused.to_string() });
        Some(reservation)
    }

    /// Inputs whose bytes are not what was published.
    pub(super) fn damaged_inputs(&mut self, index: usize) -> Result<Vec<usize>, End> {
        let mut damaged = Vec::new();
        for edge in &self.plan.instances[index].inputs {
            let digest = self.digest(edge.from);
            if !self.verified.is_sound(self.context.store, &digest)? {
                damaged.push(edge.from);
            }
        }
        Ok(damaged)
    }

    /// Sets damaged artifacts aside and gets them again.
    pub(super) fn rebuild(&mut self, damaged: &[usize]) -> Result<(), End> {
        for &index in damaged {
            let digest = self.digest(index);
            if let Some(path) = self.context.store.set_aside(&digest)? {
                let instance = self.plan.instances[index].name.clone();
                (self.report)(Event::SetAside { instance, path });
            }
            self.resolve(index)?;
        }
        Ok(())
    }
}
