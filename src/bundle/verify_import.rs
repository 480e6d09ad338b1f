//! What an unpacked bundle says, checked against itself; and its artifacts, let
//! into its store one by one.
//!
//! Everything fits together or nothing is taken: the pipeline makes the keys,
//! the lock has those keys and no others, a record for each says what the lock
//! says, and each artifact that is there holds what its record says. That the
//! results are right is another matter: for that they are made again.
//!
//! Knows nothing of archives.

mod plan;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use fs_err as fs;

pub(super) use self::plan::is_local;
use self::plan::plan;
use super::{
    LOCK, Refusal, STORE,
    manifest::{FileRole, ManifestEntry, role},
    unpack::UNVERIFIED,
};
use acai_artifact::{Digest, Reader};
use acai_common::events::Stopped;
use acai_engine::{
    Runs,
    confined::{Confined, CopyError},
    record::Record,
    reservation::NewArtifact,
    roots::Origin,
    store::{Lookup, Store},
};
use acai_lockfile::{LockGap, Lockfile};
use acai_net::DeviceKind;
use acai_plan::{Instance, Plan};

/// Checks the bundle that was unpacked to `folder`, and fills its store.
pub(super) fn import(
    entries: &[ManifestEntry],
    folder: &Path,
    confined: &Confined,
) -> Result<(), Refusal> {
    let plan = plan(entries, folder)?;
    let lock = lock(folder)?;
    let device = device(&lock, &plan)?;
    let records = records(entries, folder, &lock, &plan, device)?;
    nothing_else(entries, &records)?;
    // Records of the bundle are written again once they are checked.
    let store = folder.join(STORE);
    if store.exists() {
        fs::remove_dir_all(&store)?;
    }
    let store = Store::new(&store);
    let entry = |(instance, record): (&Instance, &Record)| {
        (instance.name.to_string(), (record.key.digest(), record.digest))
    };
    let runs = Runs(plan.instances.iter().zip(&records).map(entry).collect());
    let planned = plan.instances.iter().map(|instance| instance.name.to_string()).collect();
    store.note_run(&Origin::named(plan.name().as_str()), runs, &planned)?;
    for (instance, record) in plan.instances.iter().zip(records) {
        let file = folder.join(UNVERIFIED).join(format!("{}.h5", record.digest));
        let door = Importer { store: &store, confined, instance };
        door.import(record, &file)?;
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<Lockfile, Refusal> {
    Lockfile::load(&folder.join(LOCK))?.ok_or_else(|| Refusal::Missing(LOCK.to_owned()))
}

/// The kind of device that the lock is of.
fn device(lock: &Lockfile, plan: &Plan) -> Result<DeviceKind, Refusal> {
    let gaps = lock.gaps(plan, DeviceKind::Cpu);
    let Some(gap) = gaps.first() else { return Ok(DeviceKind::Cpu) };
    if lock.gaps(plan, DeviceKind::Cuda).is_empty() {
        return Ok(DeviceKind::Cuda);
    }
    Err(Refusal::Lockfile(match gap {
        LockGap::Missing(name) => format!("it lacks {name}, which the pipeline has"),
        LockGap::Outdated(name) => format!("{name} has another key than the pipeline gives it"),
        LockGap::Foreign(name) => format!("it has {name}, which the pipeline has not"),
    }))
}

/// The record of each instance; each says what the lock says.
fn records(
    entries: &[ManifestEntry],
    folder: &Path,
    lock: &Lockfile,
    plan: &Plan,
    device: DeviceKind,
) -> Result<Vec<Record>, Refusal> {
    let there = |entry: &&ManifestEntry| matches!(role(&entry.path), FileRole::Record(_));
    let paths: BTreeSet<&str> =
        entries.iter().filter(there).map(|entry| entry.path.as_str()).collect();
    let record = |instance: &Instance| -> Result<Record, Refusal> {
        let name = instance.name.to_string();
        let wrong = |why: &str| Refusal::Record { instance: name.clone(), why: why.to_owned() };
        let key = lock.key(plan, instance, device);
        let key = key.ok_or_else(|| Refusal::Lockfile(format!("it lacks what {name} reads")))?;
        let path = format!("{STORE}/actions/{}", key.digest());
        if !paths.contains(path.as_str()) {
            return Err(Refusal::Missing(path));
        }
        let text = String::from_utf8(fs::read(folder.join(path))?).ok();
        // What it says is shown on terminals, which obey such characters.
        let text = text.filter(|text| !text.contains(|c: char| c.is_control() && c != '\n'));
        let record = text.and_then(|text| Record::parse(&text));
        let record = record.ok_or_else(|| wrong("is none that this acai-pipe can read"))?;
        if record.key.digest() != key.digest() {
            return Err(wrong("stands under another key than its own"));
        }
        if record.parts.artifact(instance.stage.output()) != record.digest {
            return Err(wrong("has another digest than its parts"));
        }
        // What the hash leaves out, the pipeline says.
        Ok(Record { key, ..record })
    };
    let records = plan.instances.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let now = Lockfile::of(plan, records.iter().map(Some));
    match lock.drift(&now).first() {
        Some(drift) => Err(Refusal::Lockfile(format!(
            "it has other digests, scores or files for {} than its record",
            drift.instance
        ))),
        None => Ok(records),
    }
}

/// Nothing is in the bundle that no instance needs.
fn nothing_else(entries: &[ManifestEntry], records: &[Record]) -> Result<(), Refusal> {
    let is_needed = |entry: &&ManifestEntry| match role(&entry.path) {
        FileRole::Record(key) => records.iter().any(|record| record.key.digest() == key),
        FileRole::Object(digest) => records.iter().any(|record| record.digest == digest),
        FileRole::Text | FileRole::Descriptor | FileRole::None(_) => true,
    };
    match entries.iter().find(|entry| !is_needed(entry)) {
        Some(stray) => Err(Refusal::Stray(stray.path.clone())),
        None => Ok(()),
    }
}

/// Where the artifact of an instance enters the store, or does not.
struct Importer<'a> {
    store: &'a Store,
    confined: &'a Confined,
    instance: &'a Instance,
}

impl Importer<'_> {
    fn import(&self, record: Record, file: &Path) -> Result<(), Refusal> {
        let is_in = self.store.object(&record.digest).exists();
        if is_in || !file.exists() {
            return Ok(self.store.import_record(&record)?);
        }
        let never = std::sync::atomic::AtomicBool::new(false);
        let slot = match self.store.lookup(&record.key, &mut || (), &never) {
            Ok(Lookup::Miss(slot)) => slot,
            Err(Stopped::Failed(error)) => return Err(error.into()),
            Ok(Lookup::Hit(_)) | Err(Stopped::Interrupted) => {
                return Err(self.wrong("stands under the key of another".to_owned()));
            }
        };
        let opened = fs::File::open(file)?.into_parts().0;
        let (kind, digests) = match self.confined.take(opened, file, slot.path(), &never) {
            Ok(taken) => taken,
            Err(Stopped::Failed(CopyError::File(why))) => return Err(self.wrong(why)),
            Err(Stopped::Failed(CopyError::Here(error))) => return Err(error.into()),
            Err(Stopped::Interrupted) => return Err(self.wrong("was not read".to_owned())),
        };
        self.compare(&record, digests.artifact(kind))?;
        let scores = Reader::open(slot.path()).and_then(|artifact| artifact.scores());
        let scores = scores.map_err(|error| self.wrong(error.kind.to_string()))?;
        if !same(&scores, &record.scores) {
            return Err(self.wrong("has other scores than its record".to_owned()));
        }
        slot.publish(NewArtifact { kind, digests, scores, made: record.made })?;
        fs::remove_file(file)?;
        Ok(())
    }

    fn compare(&self, record: &Record, found: Digest) -> Result<(), Refusal> {
        if found == record.digest {
            return Ok(());
        }
        let said = record.digest;
        Err(self.wrong(format!("is not what the lock says: it holds {found}, and not {said}")))
    }

    fn wrong(&self, why: String) -> Refusal {
        Refusal::Artifact { instance: self.instance.name.to_string(), why }
    }
}

fn same(one: &[(String, f64)], other: &[(String, f64)]) -> bool {
    let bits = |scores: &[(String, f64)]| -> BTreeMap<String, u64> {
        scores.iter().map(|(name, score)| (name.clone(), score.to_bits())).collect()
    };
    bits(one) == bits(other)
}
