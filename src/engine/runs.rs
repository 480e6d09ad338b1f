//! Which key each instance of a pipeline had in its last runs: what "old"
//! means in an explanation.
//!
//! Knows nothing of plans.

use std::collections::{BTreeMap, HashSet};

use super::{
    roots::{Origin, pipeline_of},
    store::{Store, StoreError},
};
use acai_artifact::Digest;
use acai_common::{
    files::{FileLock, is_read_only},
    names::Name,
};

/// Instance name to the key and the artifact of its last run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(pub BTreeMap<String, (Digest, Digest)>);

impl Runs {
    pub(super) fn text(&self) -> String {
        let line = |(instance, (key, digest)): (&String, &(Digest, Digest))| {
            format!("{instance} {key} {digest}\n")
        };
        self.0.iter().map(line).collect()
    }

    pub(super) fn includes(&self, other: &Self) -> bool {
        other.0.iter().all(|(instance, entry)| self.0.get(instance) == Some(entry))
    }

    /// Lines that cannot be read are left out: they only explain.
    pub(super) fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let mut words = line.split(' ');
            let instance = words.next()?.to_owned();
            Some((instance, (words.next()?.parse().ok()?, words.next()?.parse().ok()?)))
        };
        Self(text.lines().filter_map(entry).collect())
    }
}

impl Store {
    /// The last runs of a pipeline; empty if there are none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn runs(&self, pipeline: &str) -> Result<Runs, StoreError> {
        let bytes = self.read("runs", pipeline)?;
        Ok(Runs::parse(&String::from_utf8_lossy(&bytes.unwrap_or_default())))
    }

    /// Notes the results of a run of `origin`, whose plan has the instances `planned`;
    /// those that were not reached keep what they had. Results of killed runs are noted
    /// first. Nothing is written if nothing changed.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn note_run(
        &self,
        origin: &Origin,
        now: Runs,
        planned: &HashSet<String>,
    ) -> Result<(), StoreError> {
        let pipeline = origin.pipeline.as_str();
        let is_known = self.runs(pipeline)?.includes(&now) && self.leases_of(pipeline)?.is_empty();
        if is_known && self.has_root(origin, &now)? {
            return Ok(());
        }
        match self.note(origin, now, planned) {
            // Who may only read a store computed nothing, and collects nothing from it.
            Err(error) if is_read_only(&error.source) => Ok(()),
            noted => noted,
        }
    }

    fn note(
        &self,
        origin: &Origin,
        now: Runs,
        planned: &HashSet<String>,
    ) -> Result<(), StoreError> {
        let pipeline = origin.pipeline.as_str();
        self.make_folders()?;
        let _lock = self.check(FileLock::lock_uninterrupted(&self.path("locks", pipeline)))?;
        let mut runs = self.runs(pipeline)?;
        let dead = self.stale_leases(pipeline)?;
        for lease in &dead {
            let mut finished = Runs::default();
            for held in &lease.held {
                if let Some(record) = self.finished(&held.key)? {
                    finished.0.insert(held.instance.clone(), (held.key, record.digest));
                }
            }
            self.note_root(&lease.origin, &finished, None)?;
            runs.0.extend(finished.0);
        }
        self.note_root(origin, &now, Some(planned))?;
        runs.0.extend(now.0);
        self.write("runs", pipeline, &runs.text())?;
        dead.into_iter().try_for_each(|lease| self.release(lease))
    }

    /// Every pipeline that was run or is running.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn pipelines(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.names("runs")?;
        names.extend(self.lease_holders()?);
        names.extend(self.names("roots")?.iter().filter_map(|name| pipeline_of(name)));
        names.retain(|name| name.parse::<Name>().is_ok());
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Forgets the results of a pipeline; what its running runs lease stays leased.
    pub(super) fn forget(&self, pipeline: &str) -> Result<(), StoreError> {
        let _lock = self.check(FileLock::lock_uninterrupted(&self.path("locks", pipeline)))?;
        let dead = self.stale_leases(pipeline)?;
        self.remove("runs", pipeline)?;
        for name in self.names("roots")? {
            if pipeline_of(&name).as_deref() == Some(pipeline) {
                self.remove("roots", &name)?;
            }
        }
        dead.into_iter().try_for_each(|lease| self.release(lease))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_added_to_what_was_known() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        assert_eq!(store.runs("p").unwrap(), Runs::default());
        let entry = |byte: u8| (Digest([byte; 32]), Digest([byte + 1; 32]));
        let runs = |entries: &[(&str, u8)]| {
            Runs(entries.iter().map(|&(name, byte)| (name.to_owned(), entry(byte))).collect())
        };
        let note = |now| store.note_run(&Origin::named("p"), now, &HashSet::new()).unwrap();
        note(runs(&[("lines", 1), ("models/acai/0", 2)]));
        note(runs(&[("models/acai/0", 3), ("paths/acai/0", 4)]));
        let expected = runs(&[("lines", 1), ("models/acai/0", 3), ("paths/acai/0", 4)]);
        assert_eq!(store.runs("p").unwrap(), expected);
    }

    #[test]
    fn a_cut_file_loses_only_its_last_line() {
        let key = Digest([7; 32]);
        let text = format!("lines {key} {key}\nmodels/acai/0 {key} 0707");
        assert_eq!(Runs::parse(&text).0.keys().collect::<Vec<_>>(), ["lines"]);
    }
}
