//! Checks everything in the store, byte by byte, and repairs what can be repaired.
//!
//! A damaged artifact is moved aside together with the records that lead to it,
//! so that the next run makes it again. Runs may go on meanwhile. Knows nothing
//! of pipelines.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    record::{self, Record},
    store::{Store, StoreError, content, object_name},
};
use acai_artifact::Digest;
use acai_common::{events::Stopped, files};

/// The result of an audit.
#[derive(Clone, Debug, Default)]
pub struct AuditReport {
    /// How many artifacts were looked at.
    pub objects: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many records were looked at.
    pub records: usize,
    /// How many of them lead to artifacts that are not there.
    pub lost_records: usize,
    /// What is wrong: with records, then with artifacts.
    pub damages: Vec<Damage>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, for people.
    pub what: String,
    /// What was done about it.
    pub repaired: Option<String>,
}

/// Why an artifact is not what it should be.
enum Verdict {
    Sound,
    /// Gone since it was listed.
    Gone,
    Damaged(String),
}

struct Auditor<'a> {
    store: &'a Store,
    repair: bool,
    /// The keys source records lead to each artifact.
    records: BTreeMap<Digest, Vec<Digest>>,
    audit: AuditReport,
}

impl Store {
    /// Looks at everything; `look` is told of every artifact before it is read.
    ///
    /// # Errors
    /// If the store cannot be used.
    pub fn audit(
        &self,
        repair: bool,
        look: &mut dyn FnMut(&Path),
        stop: &AtomicBool,
    ) -> Result<AuditReport, Stopped<StoreError>> {
        let (records, audit) = (BTreeMap::new(), AuditReport::default());
        let mut auditor = Auditor { store: self, repair, records, audit };
        auditor.read_records()?;
        for name in sorted(self.names("objects")?) {
            if stop.load(Ordering::Relaxed) {
                return Err(Stopped::Interrupted);
            }
            look(&self.path("objects", &name));
            auditor.object(&name)?;
        }
        auditor.lost_records();
        Ok(auditor.audit)
    }
}

impl Auditor<'_> {
    fn read_records(&mut self) -> Result<(), StoreError> {
        for name in sorted(self.store.names("actions")?) {
            if name.parse::<Digest>().is_err() {
                continue;
            }
            let path = self.store.path("actions", &name);
            let Some(text) = self.store.read("actions", &name)? else {
                if self.store.entry("actions", &name)?.is_some() {
                    self.unreadable(path, "cannot be read as a file".to_owned())?;
                }
                continue;
            };
            self.audit.records += 1;
            match judge_record(&name, &String::from_utf8_lossy(&text)) {
                Ok((key, digest)) => self.records.entry(digest).or_default().push(key),
                Err(what) => self.unreadable(path, what)?,
            }
        }
        Ok(())
    }

    /// A record of another version is left to that version.
    fn unreadable(&mut self, path: PathBuf, what: String) -> Result<(), StoreError> {
        let repaired = if self.repair && !what.contains("another version") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let there = self.store.entry("actions", &name)?;
            let is_folder = there.is_some_and(|there| there.is_folder);
            if is_folder {
                let folders = self.store.folders();
                self.store.check(folders.move_aside("actions", &name, &name, ".actions"))?;
            } else {
                self.store.remove("actions", &name)?;
            }
            Some(if is_folder { "set aside" } else { "removed" }.to_owned())
        } else {
            None
        };
        self.audit.damages.push(Damage { path, what, repaired });
        Ok(())
    }

    fn object(&mut self, name: &str) -> Result<(), StoreError> {
        let path = self.store.path("objects", name);
        let Some(digest) = name.strip_suffix(".h5").and_then(|name| name.parse().ok()) else {
            return Ok(());
        };
        let Some(there) = self.store.entry("objects", name)? else { return Ok(()) };
        self.audit.objects += 1;
        self.audit.bytes += there.bytes;
        if let Verdict::Damaged(what) = self.judge_patiently(&digest)? {
            let repaired = if self.repair { self.rebuild(&digest)? } else { None };
            self.audit.damages.push(Damage { path, what, repaired });
        }
        Ok(())
    }

    /// Whether an artifact is still damaged once no other process is writing it.
    fn judge_patiently(&self, digest: &Digest) -> Result<Verdict, StoreError> {
        match self.judge(digest)? {
            Verdict::Damaged(_) => {
                let _lock = self.store.check(self.store.lock_object(digest))?;
                self.judge(digest)
            }
            verdict => Ok(verdict),
        }
    }

    /// First the bytes, which is cheap and never opens a file that is damaged;
    /// then the content, which is what the name says.
    fn judge(&self, digest: &Digest) -> Result<Verdict, StoreError> {
        let object = self.store.object(digest);
        if !self.store.is_sound(digest)? {
            let what = match files::open_unlinked(&object).map(|_| object.is_dir()) {
                Ok(true) => "is a folder".to_owned(),
                Ok(false) => "its bytes are not those that were published".to_owned(),
                Err(error) if files::is_odd(&error) => "is no regular file".to_owned(),
                Err(error) => format!("cannot be read: {}", error.kind()),
            };
            let there = self.store.entry("objects", &object_name(digest))?;
            return Ok(there.map_or(Verdict::Gone, |_| Verdict::Damaged(what)));
        }
        Ok(match content(&object) {
            Ok(content) if content == *digest => Verdict::Sound,
            Ok(content) => Verdict::Damaged(format!("its content is {content}")),
            Err(_) if !object.exists() => Verdict::Gone,
            Err(error) => Verdict::Damaged(error.kind.to_string()),
        })
    }

    /// Records first: as long as one is there, its artifact should be, too.
    fn rebuild(&mut self, digest: &Digest) -> Result<Option<String>, StoreError> {
        let keys = self.records.remove(digest).unwrap_or_default();
        for key in &keys {
            self.drop_record(key, digest)?;
        }
        let is_sound = || Ok(!matches!(self.judge(digest)?, Verdict::Damaged(_)));
        let Some(aside) = self.store.set_aside_unless(digest, &is_sound)? else { return Ok(None) };
        let again = if keys.is_empty() { "" } else { "; the next run makes it again" };
        Ok(Some(format!("set aside as {}{again}", aside.display())))
    }

    /// Removes a record, unless it has come to lead elsewhere meanwhile.
    fn drop_record(&self, key: &Digest, digest: &Digest) -> Result<(), StoreError> {
        let leads_here = self.store.record(key)?.is_some_and(|record| record.digest == *digest);
        if leads_here {
            self.store.remove("actions", &key.to_string())?;
        }
        Ok(())
    }

    /// Records source artifacts are not there. That is no damage: such a key is
    /// computed when it is needed, and the record says what the result was.
    fn lost_records(&mut self) {
        let lost = self.records.iter().filter(|(digest, _)| !self.store.object(digest).exists());
        self.audit.lost_records = lost.map(|(_, keys)| keys.len()).sum();
    }
}

/// The key and the artifact of the record called `name`, or what is wrong with it.
fn judge_record(name: &str, text: &str) -> Result<(Digest, Digest), String> {
    if record::is_foreign(text) {
        return Err("is a record of another version of acai-pipe".to_owned());
    }
    let record = Record::parse(text).ok_or("cannot be read as a record")?;
    let key = record.key.digest();
    if key.to_string() != name {
        return Err(format!("is the record of another key, {key}"));
    }
    Ok((key, record.digest))
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
