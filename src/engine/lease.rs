//! Leases: what runs rely on, so that it is not collected.
//!
//! A run writes down each key before it relies on the result under it, in a file
//! of its own that it has locked: the lock is released when the run ends, even by a kill, the file stays, and
//! says what a killed run had finished. Between looking a key up and writing it
//! down a run holds the GC lock shared: see docs/design/garbage.md.
//!
//! Knows nothing of what is collected.

use std::{
    collections::HashSet,
    fmt::Write as _,
    io::{self, Write as _},
    sync::atomic::AtomicBool,
};

use fs_err::{self as fs, File};

use super::{
    gc_lock::GcGuard,
    roots::Origin,
    store::{Store, StoreError},
};
use acai_artifact::Digest;
use acai_common::{
    events::Stopped,
    files::{FileLock, is_read_only},
};

/// What one run relies on.
#[derive(Debug)]
pub struct Lease<'a> {
    store: &'a Store,
    origin: Origin,
    guard: Option<GcGuard>,
    /// Lines that are not in the file yet; the GC lock is held while there are any.
    fresh: String,
    file: Option<(FileLock, File)>,
    /// Keys that were begun and are not finished.
    open: HashSet<Digest>,
}

/// A line of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeasedKey {
    /// The instance.
    pub(super) instance: String,
    /// Its key.
    pub(super) key: Digest,
    /// Its artifact; none while that is computed.
    pub(super) digest: Option<Digest>,
}

/// What a run that is over leased, and did not release.
#[derive(Debug)]
pub(super) struct StaleLease {
    /// Its lines.
    pub(super) held: Vec<LeasedKey>,
    /// What was run.
    pub(super) origin: Origin,
    name: String,
    _lock: FileLock,
}

impl Store {
    /// The names of a pipeline's leases, live and stale.
    pub(super) fn leases_of(&self, pipeline: &str) -> Result<Vec<String>, StoreError> {
        let mut names = self.names("leases")?;
        names.retain(|name| owner(name).is_some_and(|owner| owner == pipeline));
        Ok(names)
    }

    /// Pipelines that have leases.
    pub(super) fn lease_holders(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.names("leases")?.iter().filter_map(|name| owner(name)).collect())
    }

    /// Everything in live and stale leases; of pipelines to `forget` only live
    /// ones count.
    pub(super) fn leased(&self, forget: &[String]) -> Result<Vec<LeasedKey>, StoreError> {
        let mut all = Vec::new();
        for name in self.names("leases")? {
            let Some(owner) = owner(&name) else { continue };
            if !self.entry("leases", &name)?.is_some_and(|there| there.is_file) {
                continue;
            }
            let path = self.path("leases", &name);
            if forget.contains(&owner) && self.check(FileLock::is_free(&path))? {
                continue;
            }
            let text = self.read("leases", &name)?;
            all.extend(parse(&String::from_utf8_lossy(&text.unwrap_or_default())));
        }
        Ok(all)
    }

    /// The leases of a pipeline's runs that are over; the caller holds the
    /// pipeline's lock, under which leases are created.
    pub(super) fn stale_leases(&self, pipeline: &str) -> Result<Vec<StaleLease>, StoreError> {
        let mut dead = Vec::new();
        for name in self.leases_of(pipeline)? {
            if !self.entry("leases", &name)?.is_some_and(|there| there.is_file) {
                continue;
            }
            if let Some(lock) = self.check(FileLock::try_lock(&self.path("leases", &name)))? {
                let text = self.read("leases", &name)?.unwrap_or_default();
                let text = String::from_utf8_lossy(&text);
                let (held, origin) = (parse(&text), origin(pipeline, &text));
                dead.push(StaleLease { held, origin, name, _lock: lock });
            }
        }
        Ok(dead)
    }

    /// Removes a lease whose keys are noted elsewhere.
    pub(super) fn release(&self, lease: StaleLease) -> Result<(), StoreError> {
        let StaleLease { name, _lock: lock, .. } = lease;
        let removed = self.remove("leases", &name);
        drop(lock);
        removed
    }
}

impl<'a> Lease<'a> {
    /// Leases nothing yet.
    #[must_use]
    pub fn new(store: &'a Store, origin: &Origin) -> Self {
        let (origin, fresh) = (origin.clone(), origin.text());
        Self { store, origin, guard: None, fresh, file: None, open: HashSet::new() }
    }

    /// From now on nothing is collected, until [`Self::begin`] or [`Self::leave`].
    ///
    /// # Errors
    /// If the store cannot be used.
    pub fn enter(&mut self, stop: &AtomicBool) -> Result<(), Stopped<StoreError>> {
        if self.guard.is_none() {
            self.guard = self.store.acquire_shared(stop)?;
        }
        Ok(())
    }

    /// Leases the result of `instance`.
    pub fn keep(&mut self, instance: &str, key: &Digest, digest: &Digest) {
        self.open.remove(key);
        let _ = writeln!(self.fresh, "{instance} {key} {digest}");
    }

    /// Leases the future result under `key`, and lets collectors in again:
    /// computing it may take days.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn begin(&mut self, instance: &str, key: &Digest) -> Result<(), StoreError> {
        self.open.insert(*key);
        let _ = writeln!(self.fresh, "{instance} {key} -");
        self.leave()
    }

    /// Writes down what is leased, and lets collectors in again.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn leave(&mut self) -> Result<(), StoreError> {
        let written = self.write();
        self.store.check(written)?;
        self.fresh.clear();
        self.guard = None;
        Ok(())
    }

    /// Leaves, or where nothing can be written stays: then collectors wait until the
    /// lease ends.
    ///
    /// # Errors
    /// If the store cannot be used.
    pub fn leave_if_writable(&mut self) -> Result<(), StoreError> {
        match self.write() {
            Err(error) if is_read_only(&error) => Ok(()),
            written => {
                self.store.check(written)?;
                self.fresh.clear();
                self.guard = None;
                Ok(())
            }
        }
    }

    /// Releases everything. Unfinished keys stay leased until the next run of the
    /// pipeline is over.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn end(&mut self) -> Result<(), StoreError> {
        self.guard = None;
        match self.file.take() {
            Some((_lock, file)) if self.open.is_empty() => {
                self.store.check(fs::remove_file(file.path()))
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(self.create()?);
        }
        if let Some((_, file)) = &mut self.file {
            file.write_all(self.fresh.as_bytes())?;
            file.sync_data()?;
        }
        Ok(())
    }

    /// A file of this run alone, made and locked under the pipeline's lock: whatever
    /// looks for stale leases never sees it unlocked.
    fn create(&self) -> io::Result<(FileLock, File)> {
        let store = self.store;
        store.make_folders().map_err(|error| error.source)?;
        let _lock = FileLock::lock_uninterrupted(&store.path("locks", &self.origin.pipeline))?;
        let mut number = 0_u64;
        loop {
            number += 1;
            let path = store.path("leases", &format!("{}.{number}", self.origin.pipeline));
            match File::options().append(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    if let Some(lock) = FileLock::try_lock(&path)? {
                        return Ok((lock, file));
                    }
                }
            }
        }
    }
}

/// The pipeline whose lease is called `name`; none if no lease is called so.
fn owner(name: &str) -> Option<String> {
    let (pipeline, number) = name.rsplit_once('.')?;
    number.parse::<u64>().is_ok().then(|| pipeline.to_owned())
}

/// What the lease of a run of `pipeline` says that was run.
fn origin(pipeline: &str, text: &str) -> Origin {
    let mut origin = Origin::named(pipeline);
    for line in text.lines() {
        origin.read(line);
    }
    origin
}

/// A line that was cut by a kill leased nothing yet.
fn parse(text: &str) -> Vec<LeasedKey> {
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.filter_map(|line| LeasedKey::parse(line.trim_end())).collect()
}

impl LeasedKey {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (instance, key) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
        let digest = match words.next()? {
            "-" => None,
            digest => Some(digest.parse().ok()?),
        };
        Some(Self { instance, key, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest([byte; 32])
    }

    fn stored() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        store.make_folders().unwrap();
        (dir, store)
    }

    #[test]
    fn nothing_is_collected_until_leased_keys_are_written_down() {
        let (_dir, store) = stored();
        let (go_on, stopped) = (AtomicBool::new(false), AtomicBool::new(true));
        let is_shut = || store.acquire_exclusive(&mut || (), &stopped).is_err();
        let mut lease = Lease::new(&store, &Origin::named("p"));
        lease.enter(&go_on).unwrap();
        lease.keep("lines", &digest(1), &digest(2));
        assert!(is_shut() && store.leased(&[]).unwrap().is_empty());
        lease.begin("models/acai/0", &digest(3)).unwrap();
        assert!(!is_shut());
        let held = |name: &str, key, digest| LeasedKey { instance: name.to_owned(), key, digest };
        let all =
            [held("lines", digest(1), Some(digest(2))), held("models/acai/0", digest(3), None)];
        assert_eq!(store.leased(&[]).unwrap(), all);
        lease.enter(&go_on).unwrap();
        lease.keep("models/acai/0", &digest(3), &digest(4));
        lease.end().unwrap();
        assert!(store.leased(&[]).unwrap().is_empty());
    }

    #[test]
    fn two_runs_of_a_pipeline_have_a_lease_each_and_only_stale_ones_are_found() {
        let (_dir, store) = stored();
        let (mut living, mut dead) =
            (Lease::new(&store, &Origin::named("p")), Lease::new(&store, &Origin::named("p")));
        living.begin("a", &digest(1)).unwrap();
        dead.begin("b", &digest(2)).unwrap();
        Lease::new(&store, &Origin::named("p.q")).leave().unwrap();
        drop(dead);
        let left = store.stale_leases("p").unwrap();
        let keys: Vec<Digest> = left.iter().flat_map(|lease| &lease.held).map(|h| h.key).collect();
        assert_eq!((left.len(), keys), (1, vec![digest(2)]));
        assert_eq!(store.leased(&[]).unwrap().len(), 2);
    }

    #[test]
    fn an_unfinished_key_stays_leased() {
        let (_dir, store) = stored();
        let mut lease = Lease::new(&store, &Origin::named("p"));
        lease.begin("a", &digest(1)).unwrap();
        lease.end().unwrap();
        assert_eq!(store.leased(&[]).unwrap()[0].key, digest(1));
    }

    #[test]
    fn a_cut_line_leases_nothing() {
        let key = digest(7);
        let text = format!("lines {key} -\nmodels/acai/0 {key} -");
        assert_eq!(parse(&text).len(), 1);
    }
}
