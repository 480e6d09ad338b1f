//! What is there already: in the store, in the shared cache, and whether it is
//! sound.
//!
//! Knows nothing of computing.

use super::{End, Scheduler};
use crate::{
    key::Key,
    remote::Refused,
    store::{Lookup, Reservation},
};
use acai_common::events::Event;
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
        let mut waiting = || (self.tell)(Event::Waiting { instance: name.clone() });
        let found = store.lookup(key, &mut waiting, self.context.stop)?;
        if matches!(found, Lookup::Miss(_)) && !self.swept {
            store.sweep()?;
            self.swept = true;
        }
        Ok(found)
    }

    /// Settles an instance with what the shared cache has; gives the slot back
    /// if there is nothing, or nothing that may be taken.
    pub(super) fn fetch(
        &mut self,
        index: usize,
        key: &Key,
        slot: Reservation,
    ) -> Result<Option<Reservation>, End> {
        let Instance { name, stage, .. } = &self.plan.instances[index];
        let Some(remote) = self.context.remote else { return Ok(Some(slot)) };
        let note = match remote.fetch(&slot, stage.output(), self.context.stop) {
            Ok(Some(finish)) => {
                let record = slot.publish(finish)?;
                self.sound.insert(record.digest);
                self.finish(index, record, key, None);
                return Ok(None);
            }
            Ok(None) => return Ok(Some(slot)),
            Err(Refused::Interrupted) => return Err(End::Interrupted),
            Err(refused) if self.context.executor.is_none() => {
                self.fail(index, &refused.into());
                return Ok(None);
            }
            Err(refused) => refused.to_string(),
        };
        (self.tell)(Event::Noted { instance: name.clone(), note });
        Ok(Some(slot))
    }

    /// Inputs source bytes are not what was published.
    pub(super) fn damaged_inputs(&mut self, index: usize) -> Result<Vec<usize>, End> {
        let mut damaged = Vec::new();
        for edge in &self.plan.instances[index].inputs {
            let digest = self.record(edge.from).digest;
            if self.sound.contains(&digest) {
                continue;
            }
            if self.context.store.is_sound(&digest)? {
                self.sound.insert(digest);
            } else {
                damaged.push(edge.from);
            }
        }
        Ok(damaged)
    }

    /// Sets damaged artifacts aside and computes them anew.
    pub(super) fn rebuild(&mut self, damaged: &[usize]) -> Result<(), End> {
        for &index in damaged {
            let digest = self.record(index).digest;
            if let Some(path) = self.context.store.set_aside(&digest)? {
                let instance = self.plan.instances[index].name.clone();
                (self.tell)(Event::SetAside { instance, path });
            }
            self.resolve(index)?;
        }
        Ok(())
    }
}
