//! What is in the store, what of it is needed, and what it costs to make again.
//!
//! Knows nothing of half-written files, and removes nothing.

use std::collections::{BTreeMap, HashSet};

use super::{CollectError, Garbage, GarbageKind, GcOptions, GcReport, Inventory, about};
use crate::{
    record::{self, Record},
    roots::{KnownRoot, Root},
    store::{Store, StoreError, object_name},
};
use acai_artifact::Digest;

/// The store, as it is while the GC lock is held.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Readable records by the artifact they lead to.
    records: BTreeMap<Digest, Vec<Record>>,
    /// Records that cannot be read.
    unreadable: Vec<String>,
    /// Artifacts and their sizes.
    objects: BTreeMap<Digest, u64>,
    /// Keys that are needed.
    keys: HashSet<Digest>,
    /// Artifacts that are needed.
    digests: HashSet<Digest>,
    /// Trials that go.
    trials: Vec<KnownRoot>,
    max_bytes: u64,
}

/// An artifact that is not needed.
struct Candidate<'a> {
    digest: Digest,
    bytes: u64,
    records: &'a [Record],
    elapsed_s: f64,
}

impl Survey {
    pub(super) fn new(store: &Store, options: &GcOptions) -> Result<Self, CollectError> {
        let max_bytes = options.max_bytes.unwrap_or(0);
        let mut survey = Self { max_bytes, keys: options.keys.clone(), ..Self::default() };
        survey.read_records(store)?;
        survey.read_objects(store)?;
        survey.read_needs(store, &options.forget)?;
        survey.read_roots(store, options)?;
        survey.follow_records();
        Ok(survey)
    }

    /// Whether a training that was broken off may go on: its key is needed, and
    /// has come to nothing so far.
    pub(super) fn may_go_on(&self, key: &Digest) -> bool {
        let finished = || {
            let mut artifacts = self.records.iter().filter(|(digest, _)| self.has(digest));
            artifacts.any(|(_, records)| records.iter().any(|one| one.key.digest() == *key))
        };
        self.keys.contains(key) && !finished()
    }

    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.objects.contains_key(digest)
    }

    fn read_records(&mut self, store: &Store) -> Result<(), CollectError> {
        for name in store.names("actions")? {
            if name.parse::<Digest>().is_err() {
                continue;
            }
            let text = store.read("actions", &name)?.unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            match Record::parse(&text) {
                Some(record) => self.records.entry(record.digest).or_default().push(record),
                None if record::is_foreign(&text) => {
                    return Err(CollectError::Foreign(store.path("actions", &name)));
                }
                None => self.unreadable.push(name),
            }
        }
        Ok(())
    }

    fn read_objects(&mut self, store: &Store) -> Result<(), StoreError> {
        for name in store.names("objects")? {
            if let Some(digest) = name.strip_suffix(".h5").and_then(|name| name.parse().ok())
                && let Some(there) = store.entry("objects", &name)?
            {
                self.objects.insert(digest, there.bytes);
            }
        }
        Ok(())
    }

    fn read_needs(&mut self, store: &Store, forget: &[String]) -> Result<(), StoreError> {
        for pipeline in store.pipelines()?.iter().filter(|name| !forget.contains(name)) {
            for (key, digest) in store.runs(pipeline)?.0.into_values() {
                self.keys.insert(key);
                self.digests.insert(digest);
            }
        }
        for held in store.leased(forget)? {
            self.keys.insert(held.key);
            self.digests.extend(held.digest);
        }
        Ok(())
    }

    fn read_roots(&mut self, store: &Store, options: &GcOptions) -> Result<(), CollectError> {
        let mut roots = store.roots()?;
        if let Some(foreign) = roots.iter().find(|known| known.is_foreign) {
            return Err(CollectError::Foreign(store.path("roots", &foreign.name)));
        }
        roots.retain(|known| !options.forget.contains(&known.root.origin.pipeline));
        if let Some(damaged) = roots.iter().find(|known| known.is_damaged) {
            return Err(CollectError::Damaged(store.path("roots", &damaged.name)));
        }
        let (kept, going) = options.keep_trials.part(roots);
        for (key, digest) in kept.iter().flat_map(|known| known.root.results.0.values()) {
            self.keys.insert(*key);
            self.digests.insert(*digest);
        }
        self.trials = going;
        Ok(())
    }

    /// What records of needed keys lead to is needed.
    fn follow_records(&mut self) {
        let (keys, needed) = (&self.keys, &mut self.digests);
        for (digest, records) in &self.records {
            if records.iter().any(|record| keys.contains(&record.key.digest())) {
                needed.insert(*digest);
            }
        }
    }

    /// Parts the artifacts into those that stay and those that go, and finds
    /// the records that lead nowhere.
    pub(super) fn report(&self, store: &Store) -> GcReport {
        let mut report = GcReport { needed: self.needed(), ..GcReport::default() };
        let mut kept: Vec<&Record> = self.records_of(|digest| self.digests.contains(digest));
        let mut going = Vec::new();
        let mut room = self.max_bytes.saturating_sub(report.needed.bytes);
        for candidate in self.candidates() {
            if candidate.records.is_empty() || candidate.bytes > room {
                going.push(candidate);
            } else {
                room -= candidate.bytes;
                report.retained.add(candidate.bytes, candidate.records);
                kept.extend(candidate.records);
            }
        }
        report.by_origin = self.by_origin(&going);
        report.gone = going.into_iter().map(|one| one.garbage(&kept)).collect();
        report.gone.extend(self.lost_records(store));
        report.gone.extend(self.trials.iter().map(|known| trial(store, known)));
        report
    }

    /// What goes, by the newest trial that came to it.
    fn by_origin(&self, going: &[Candidate<'_>]) -> BTreeMap<String, Inventory> {
        let mut by_origin: BTreeMap<String, Inventory> = BTreeMap::new();
        for candidate in going {
            let came_to_it =
                |known: &&KnownRoot| known.root.digests().any(|one| *one == candidate.digest);
            let origin = self.trials.iter().find(came_to_it).map(|known| label(&known.root));
            let inventory = by_origin.entry(origin.unwrap_or_default()).or_default();
            inventory.add(candidate.bytes, candidate.records);
        }
        by_origin
    }

    fn needed(&self) -> Inventory {
        let mut inventory = Inventory::default();
        for (digest, &bytes) in self.objects.iter().filter(|(one, _)| self.digests.contains(one)) {
            inventory.add(bytes, self.records.get(digest).map_or(&[], Vec::as_slice));
        }
        inventory
    }

    /// What is not needed, what took longest for its size first.
    fn candidates(&self) -> Vec<Candidate<'_>> {
        let unneeded = self.objects.iter().filter(|(digest, _)| !self.digests.contains(digest));
        let candidate = |(digest, &bytes): (&Digest, &u64)| {
            let records = self.records.get(digest).map_or(&[][..], Vec::as_slice);
            let elapsed_s = records.iter().map(|record| record.made.elapsed_s).sum();
            Candidate { digest: *digest, bytes, records, elapsed_s }
        };
        let mut candidates: Vec<_> = unneeded.map(candidate).collect();
        candidates.sort_by(|a, b| b.price().total_cmp(&a.price()).then(a.digest.cmp(&b.digest)));
        candidates
    }

    fn records_of(&self, wanted: impl Fn(&Digest) -> bool) -> Vec<&Record> {
        let found = self.records.iter().filter(|(digest, _)| wanted(digest));
        found.flat_map(|(_, records)| records).collect()
    }

    /// Records without an artifact whose keys are not needed; those of needed keys
    /// still say why something is computed again.
    fn lost_records(&self, store: &Store) -> Vec<Garbage> {
        let lost = self.records_of(|digest| !self.has(digest)).into_iter();
        let lost = lost.filter(|record| !self.keys.contains(&record.key.digest()));
        let lost =
            lost.map(|record| (record.key.digest().to_string(), record.made.finished_unix_s));
        let unreadable = self.unreadable.iter().map(|name| (name.clone(), 0));
        let garbage = |(name, made): (String, u64)| {
            let made = Some(made).filter(|&made| made > 0);
            let file = store.file(GarbageKind::Record, name.clone(), "actions", name);
            Garbage { made_unix_s: made, ..file }
        };
        lost.chain(unreadable).map(garbage).collect()
    }
}

/// What a trial was of.
fn label(root: &Root) -> String {
    let earlier = if root.is_superseded { ", as it was before" } else { "" };
    format!("{}{earlier}", root.origin)
}

fn trial(store: &Store, known: &KnownRoot) -> Garbage {
    let KnownRoot { root, name, .. } = known;
    Garbage {
        made_unix_s: Some(root.noted_unix_s),
        ..store.file(GarbageKind::Trial, label(root), "roots", name.clone())
    }
}

impl Candidate<'_> {
    /// Seconds per byte.
    fn price(&self) -> f64 {
        self.elapsed_s / self.bytes.max(1) as f64
    }

    /// Records go first: a record source artifact is there is the one thing that
    /// must not be half removed.
    fn garbage(&self, kept: &[&Record]) -> Garbage {
        let name = self.digest.to_string();
        let actions = self.records.iter().map(|record| record.key.digest().to_string());
        let mut names: Vec<_> = actions.map(|key| ("actions", key)).collect();
        names.push(("objects", object_name(&self.digest)));
        names.push(("checksums", name.clone()));
        names.push(("previews", format!("{name}.png")));
        let newest = self.records.iter().max_by_key(|record| record.made.finished_unix_s);
        let (what, about) = match newest {
            Some(record) => {
                (GarbageKind::Artifact(about::kind(record)), about::about(record, kept))
            }
            None => (GarbageKind::Orphan, self.digest.short()),
        };
        Garbage {
            what,
            about,
            bytes: self.bytes,
            elapsed_s: self.elapsed_s,
            made_unix_s: newest.map(|record| record.made.finished_unix_s),
            names,
            lock: None,
        }
    }
}

impl Store {
    /// A single file that no work is in.
    pub(super) fn file(
        &self,
        what: GarbageKind,
        about: String,
        folder: &'static str,
        name: String,
    ) -> Garbage {
        let there = self.entry(folder, &name).ok().flatten();
        Garbage {
            what,
            about,
            bytes: there.map_or(0, |there| there.bytes),
            elapsed_s: 0.0,
            made_unix_s: None,
            names: vec![(folder, name)],
            lock: None,
        }
    }
}
