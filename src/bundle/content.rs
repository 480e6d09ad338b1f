//! What goes into a bundle.
//!
//! Knows nothing of archives.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use fs_err as fs;

use super::{
    LOCK, Level, PIPELINE, STORE, crate_metadata, croissant,
    pack::{Packable, pack},
    reproducing,
    verify_import::is_local,
};
use acai_artifact::Digest;
use acai_common::{
    diagnostics::Diagnostics,
    text::{canonical_ron, pretty_ron},
};
use acai_config::{Context, Pipeline};
use acai_dataset::{SearchPaths, descriptor::Descriptor, hashes::Hashes};
use acai_engine::{
    record::{Provenance, Record},
    store::{Store, StoreError},
};
use acai_lockfile::Lockfile;
use acai_net::DeviceKind;
use acai_plan::Plan;
use acai_stage::Declaration;

/// Stands for the machine that a record names, which is private.
const HOST: &str = "elsewhere";

/// What is to be bundled.
pub struct Content<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The record of each of its instances.
    pub records: Vec<Record>,
    /// Where the artifacts are.
    pub store: &'a Store,
    /// Where nets ran.
    pub device: DeviceKind,
    /// Which artifacts go in.
    pub level: Level,
    /// The page, if there is one.
    pub report: Option<String>,
    /// What its author says of it.
    pub terms: Attribution,
    /// The command that makes what is missing, for messages.
    pub run: String,
}

/// What an author says of a study.
#[derive(Clone, Debug, Default)]
pub struct Attribution {
    /// What others may do with it: the address of a licence, or its name.
    pub licence: Option<String>,
    /// Who made it.
    pub author: Option<String>,
}

/// Why nothing was packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// An artifact is gone or damaged.
    #[error("the artifact of {instance} is not there any more, or damaged; `{run}` makes it again")]
    Damaged {
        /// Whose it is.
        instance: String,
        /// The command that makes it.
        run: String,
    },
    /// Bundled, the pipeline would be another.
    #[error(
        "{0} would have another key in the bundle; if its dataset is drawn, name it as \
         `source: \"lines\"`"
    )]
    Other(String),
    /// Bundled, it cannot be read.
    #[error("the pipeline cannot be read as it would be bundled, which is a bug of acai-pipe\n{0}")]
    Diagnostics(#[from] Diagnostics),
    /// The store cannot be used.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The bundle cannot be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A dataset that the pipeline names.
pub(super) struct Source {
    /// What its file in the bundle is called, without ending.
    pub(super) name: String,
    pub(super) descriptor: Descriptor,
    /// The stage that reads it.
    pub(super) stage: String,
}

impl Content<'_> {
    /// Packs everything into `to` and returns its length.
    ///
    /// # Errors
    /// If an artifact is damaged, or if the bundle cannot be written.
    pub fn pack(&self, to: &Path) -> Result<u64, PackError> {
        let sources = self.sources();
        let mut files = self.texts(&sources);
        self.verify_as_imported(&files)?;
        for (path, object) in self.objects()? {
            files.insert(path, Packable::File(object));
        }
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        let made = crate_metadata::text(self, &sources, &paths);
        files.insert("ro-crate-metadata.json".to_owned(), Packable::Text(made));
        Ok(pack(files.into_iter().collect(), to)?)
    }

    /// The datasets, each once.
    fn sources(&self) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for stage in &self.plan.pipeline().stages {
            let Some(Declaration::Dataset(dataset)) = &stage.declaration else { continue };
            let Some(known) = &dataset.resolved else { continue };
            let mut descriptor = known.resolved();
            for file in &mut descriptor.files {
                file.mirrors.retain(|mirror| !is_local(&mirror.to_string()));
            }
            let mut name = descriptor.name.to_string();
            let mut number = 1;
            let differs = |source: &Source, name: &str| {
                source.name.eq_ignore_ascii_case(name) && source.descriptor != descriptor
            };
            while sources.iter().any(|source| differs(source, &name)) {
                number += 1;
                name = format!("{}-{number}", descriptor.name);
            }
            sources.push(Source { name, descriptor, stage: stage.name.to_string() });
        }
        sources
    }

    /// Everything but artifacts and the crate's metadata.
    fn texts(&self, sources: &[Source]) -> BTreeMap<String, Packable> {
        let mut files = BTreeMap::new();
        let mut put = |path: String, text: String| files.insert(path, Packable::Text(text));
        let mut sets = Vec::new();
        for source in sources {
            let Source { name, descriptor, stage } = source;
            put(format!("croissant/{name}.json"), croissant::text(descriptor));
            if !descriptor.is_drawn() {
                let path = format!("datasets/{name}.ron");
                sets.push(format!("{stage}.source={}", canonical_ron(&path)));
                put(path, pretty_ron("Descriptor", descriptor));
            }
        }
        put(PIPELINE.to_owned(), self.plan.pipeline().text_with(&sets));
        let records = self.records.iter().map(Some);
        put(LOCK.to_owned(), Lockfile::of(self.plan, records).write());
        for record in &self.records {
            let path = format!("{STORE}/actions/{}", record.key.digest());
            put(path, without_machine(record).text());
        }
        put("REPRODUCING.md".to_owned(), reproducing::text(self, sources));
        if let Some(page) = &self.report {
            put("report.html".to_owned(), page.clone());
        }
        files
    }

    /// Reads the pipeline back as an importer will: every key must be the same.
    fn verify_as_imported(&self, files: &BTreeMap<String, Packable>) -> Result<(), PackError> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("datasets"))?;
        for (path, file) in files {
            let is_read = path == PIPELINE || path.starts_with("datasets/");
            if let (true, Packable::Text(text)) = (is_read, file) {
                fs::write(folder.path().join(path), text)?;
            }
        }
        let places = SearchPaths { is_offline: true, ..SearchPaths::default() };
        let mut around = Context { places, hashes: Hashes::default() };
        let pipeline = Pipeline::read(&folder.path().join(PIPELINE), &[], &mut around)?;
        let plan = Plan::new(&pipeline)?;
        let lock = Lockfile::of(self.plan, self.records.iter().map(Some));
        let other = plan.instances.iter().find(|instance| {
            let key = lock.key(&plan, instance, self.device).map(|key| key.digest());
            key != lock.entries.get(&instance.name).map(|entry| entry.key)
        });
        match other {
            Some(instance) => Err(PackError::Other(instance.name.to_string())),
            None => Ok(()),
        }
    }

    /// The artifacts, each once, by path.
    fn objects(&self) -> Result<BTreeMap<String, PathBuf>, PackError> {
        let mut objects = BTreeMap::new();
        for (instance, record) in self.plan.instances.iter().zip(&self.records) {
            if !self.level.takes(instance.stage.output()) {
                continue;
            }
            let digest = &record.digest;
            if !self.store.is_sound(digest)? {
                let (instance, run) = (instance.name.to_string(), self.run.clone());
                return Err(PackError::Damaged { instance, run });
            }
            objects.insert(object(digest), self.store.object(digest));
        }
        Ok(objects)
    }
}

/// Where the artifact of this digest is in a bundle.
pub(super) fn object(digest: &Digest) -> String {
    format!("{STORE}/objects/{digest}.h5")
}

/// The record without what tells of its author's machine and folders. The
/// pipeline says what `--set` had set.
#[must_use]
pub fn without_machine(record: &Record) -> Record {
    let host = HOST.to_owned();
    let made = Provenance { host, sets: Vec::new(), ..record.made.clone() };
    Record { made, ..record.clone() }
}
