//! Which key each instance of a pipeline had in its last runs: what "old"
//! means in an explanation.
//!
//! Knows nothing of plans.

use std::{collections::BTreeMap, io};

use fs_err as fs;

use super::store::{Store, StoreError, found};
use acai_artifact::Digest;
use acai_common::files::FileLock;

/// Instance name to the key and the artifact of its last run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(pub BTreeMap<String, (Digest, Digest)>);

impl Runs {
    fn text(&self) -> String {
        let line = |(instance, (key, digest)): (&String, &(Digest, Digest))| {
            format!("{instance} {key} {digest}\n")
        };
        self.0.iter().map(line).collect()
    }

    fn includes(&self, other: &Self) -> bool {
        other.0.iter().all(|(instance, entry)| self.0.get(instance) == Some(entry))
    }

    /// Lines that cannot be read are left out: they only explain.
    fn parse(text: &str) -> Self {
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
        match fs::read(self.path("runs", pipeline)) {
            Ok(bytes) => Ok(Runs::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Runs::default()),
            Err(error) => self.check(Err(error)),
        }
    }

    /// Notes the results of this run; instances that were not reached keep what
    /// they had. Results of killed runs are noted first. Nothing is written if nothing changed.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn note_run(&self, pipeline: &str, now: Runs) -> Result<(), StoreError> {
        if self.runs(pipeline)?.includes(&now) && self.leases_of(pipeline)?.is_empty() {
            return Ok(());
        }
        self.make_folders()?;
        let _lock = self.check(FileLock::lock_uninterrupted(&self.path("locks", pipeline)))?;
        let mut runs = self.runs(pipeline)?;
        let dead = self.stale_leases(pipeline)?;
        for held in dead.iter().flat_map(|lease| &lease.held) {
            if let Some(record) = self.finished(&held.key)? {
                runs.0.insert(held.instance.clone(), (held.key, record.digest));
            }
        }
        runs.0.extend(now.0);
        self.check(self.write("runs", pipeline, &runs.text()))?;
        dead.into_iter().try_for_each(|lease| self.check(lease.remove()))
    }

    /// Every pipeline that was run or is running.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn pipelines(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.names("runs")?;
        names.extend(self.lease_holders()?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Forgets the results of a pipeline; what its running runs lease stays leased.
    pub(super) fn forget(&self, pipeline: &str) -> Result<(), StoreError> {
        let _lock = self.check(FileLock::lock_uninterrupted(&self.path("locks", pipeline)))?;
        let dead = self.stale_leases(pipeline)?;
        self.check(found(fs::remove_file(self.path("runs", pipeline))))?;
        dead.into_iter().try_for_each(|lease| self.check(lease.remove()))
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
        store.note_run("p", runs(&[("lines", 1), ("models/acai/0", 2)])).unwrap();
        store.note_run("p", runs(&[("models/acai/0", 3), ("paths/acai/0", 4)])).unwrap();
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
