//! Roots: what the files of pipelines came to, so that it is not collected.
//!
//! A root is a file of its own, `roots/<pipeline>.<hash>`, for each pipeline file (its
//! name *and* its path) and each list of `--set` arguments that it was run with. Without
//! `--set` it is what the file as written came to, and stays until it is forgotten. With
//! `--set` it is a trial, and so is what a file had come to before it was edited: of
//! trials the last ones stay.
//!
//! Knows nothing of plans, and not what is collected.

use std::{
    collections::HashSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use fs_err as fs;

use super::{
    Runs, host, seal,
    store::{Store, StoreError},
};
use acai_artifact::{Digest, Hasher};

const HEADER: &str = "acai-pipe root 1";

/// A trial that is run again and comes to the same is noted anew after so long.
const NOTED_ANEW_S: u64 = 3_600;

/// What a run was of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The pipeline's name.
    pub pipeline: String,
    /// The absolute path of its file; none if nothing but the name counts.
    pub file: Option<PathBuf>,
    /// The `--set` arguments.
    pub sets: Vec<String>,
}

/// What a pipeline file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Root {
    /// What was run.
    pub origin: Origin,
    /// Whether the file has come to something else since.
    pub is_superseded: bool,
    /// When that was last so, in seconds since 1970.
    pub noted_unix_s: u64,
    /// What it came to.
    pub results: Runs,
}

/// A root in the store.
#[derive(Clone, Debug)]
pub(super) struct KnownRoot {
    pub(super) root: Root,
    pub(super) name: String,
    /// Whether another version wrote it, which may mean something by it.
    pub(super) is_foreign: bool,
    /// Whether it is not as it was written.
    pub(super) is_damaged: bool,
}

impl Origin {
    /// A pipeline that is known by its name alone.
    #[must_use]
    pub fn named(pipeline: &str) -> Self {
        Self { pipeline: pipeline.to_owned(), ..Self::default() }
    }

    /// The pipeline `name` in the file at `path`, run with `sets`.
    #[must_use]
    pub fn of_file(name: &str, path: &Path, sets: &[String]) -> Self {
        let file = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
        Self { pipeline: name.to_owned(), file, sets: sets.to_vec() }
    }

    /// The lines that say it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if let Some(file) = &self.file {
            let _ = writeln!(text, "file {}", one_line(&file.display().to_string()));
        }
        for set in &self.sets {
            let _ = writeln!(text, "set {}", one_line(set));
        }
        text
    }

    /// Takes in a line of [`Self::text`]; false if it is none.
    pub(super) fn read(&mut self, line: &str) -> bool {
        match line.split_once(' ') {
            Some(("file", file)) => self.file = Some(PathBuf::from(file)),
            Some(("set", set)) => self.sets.push(set.to_owned()),
            _ => return false,
        }
        true
    }

    /// The name of the root's file. Different origins have different ones.
    fn root_name(&self, superseded: Option<&Runs>) -> String {
        let mut hash = Hasher::new("acai-pipe 2026 root");
        hash.text(&self.text());
        hash.text(&superseded.map_or_else(String::new, Runs::text));
        format!("{}.{}", self.pipeline, &hash.finish().to_string()[..16])
    }
}

/// The name, the file and the settings: `tiny (FILE) --set models.kimg=2`.
impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.pipeline)?;
        if let Some(file) = &self.file {
            write!(f, " ({})", file.display())?;
        }
        self.sets.iter().try_for_each(|set| write!(f, " --set {set}"))
    }
}

impl Root {
    /// Whether it is one of those of which only the last stay.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.is_superseded || !self.origin.sets.is_empty()
    }

    fn text(&self) -> String {
        let Self { origin, is_superseded, noted_unix_s, results } = self;
        let mut text = format!("{HEADER}\npipeline {}\n{}", origin.pipeline, origin.text());
        if *is_superseded {
            text.push_str("superseded\n");
        }
        let _ = writeln!(text, "noted {noted_unix_s}");
        seal::sealed(text + &results.text())
    }

    /// Lines that cannot be read are left out: what can be read is kept. None if the seal
    /// is of another text.
    fn parse(text: &str) -> Option<Self> {
        let text = seal::opened(text)?;
        let mut root = Self { results: Runs::parse(text), ..Self::default() };
        for line in text.lines() {
            match line.split_once(' ') {
                _ if line == "superseded" => root.is_superseded = true,
                Some(("pipeline", name)) => name.clone_into(&mut root.origin.pipeline),
                Some(("noted", time)) => root.noted_unix_s = time.parse().unwrap_or(0),
                _ => {
                    root.origin.read(line);
                }
            }
        }
        Some(root)
    }

    /// Whether `results` say something else than this about an instance, or no longer
    /// have it. `planned` are the instances that there are; none if that is unknown.
    fn differs(&self, results: &Runs, planned: Option<&HashSet<String>>) -> bool {
        self.results.0.iter().any(|(instance, entry)| {
            let is_other = results.0.get(instance).is_some_and(|now| now != entry);
            is_other || planned.is_some_and(|planned| !planned.contains(instance))
        })
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

impl Store {
    /// Every root.
    pub(super) fn roots(&self) -> Result<Vec<KnownRoot>, StoreError> {
        let mut roots = Vec::new();
        for name in self.names("roots")? {
            let Some(pipeline) = pipeline_of(&name) else { continue };
            let Some(text) = self.read("roots", &name)? else { continue };
            let text = String::from_utf8_lossy(&text);
            let head = text.lines().next().unwrap_or_default();
            let is_foreign = head != HEADER && head.starts_with("acai-pipe root ");
            let found = Root::parse(&text);
            let is_damaged = found.is_none();
            let mut root = found.unwrap_or_default();
            if root.origin.pipeline.is_empty() {
                root.origin.pipeline = pipeline;
            }
            roots.push(KnownRoot { root, name, is_foreign, is_damaged });
        }
        Ok(roots)
    }

    /// Other files whose pipeline has the name of `origin`'s, and which are still there.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn namesakes(&self, origin: &Origin) -> Result<Vec<PathBuf>, StoreError> {
        let mut files = Vec::new();
        for name in self.names("roots")? {
            if pipeline_of(&name).as_ref() == Some(&origin.pipeline) {
                let text = self.read("roots", &name)?;
                let root = Root::parse(&String::from_utf8_lossy(&text.unwrap_or_default()));
                files.extend(root.and_then(|root| root.origin.file));
            }
        }
        files.retain(|file| origin.file.as_ref() != Some(file) && file.is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Whether [`Self::note_root`] would change nothing that counts.
    pub(super) fn has_root(&self, origin: &Origin, now: &Runs) -> Result<bool, StoreError> {
        if origin.file.is_none() {
            return Ok(true);
        }
        let Some(root) = self.root_of(origin)? else { return Ok(false) };
        let is_old = root.is_trial() && host::unix_s() > root.noted_unix_s + NOTED_ANEW_S;
        Ok(root.results.includes(now) && !is_old)
    }

    /// Notes what a run of `origin` came to; instances that it did not reach keep what
    /// they had. What the file had come to before it was edited becomes a trial. The
    /// caller holds the pipeline's lock.
    pub(super) fn note_root(
        &self,
        origin: &Origin,
        now: &Runs,
        planned: Option<&HashSet<String>>,
    ) -> Result<(), StoreError> {
        if origin.file.is_none() || (now.0.is_empty() && planned.is_some()) {
            return Ok(());
        }
        let mut results = Runs::default();
        if let Some(old) = self.root_of(origin)? {
            if old.differs(now, planned) {
                let old = Root { is_superseded: true, ..old.clone() };
                let name = origin.root_name(Some(&old.results));
                self.write("roots", &name, &old.text())?;
            }
            results = old.results;
        }
        results.0.extend(now.0.clone());
        if let Some(planned) = planned {
            results.0.retain(|instance, _| planned.contains(instance));
        }
        let noted_unix_s = host::unix_s();
        let root = Root { origin: origin.clone(), is_superseded: false, noted_unix_s, results };
        self.write("roots", &origin.root_name(None), &root.text())
    }

    fn root_of(&self, origin: &Origin) -> Result<Option<Root>, StoreError> {
        let text = self.read("roots", &origin.root_name(None))?;
        Ok(text.and_then(|text| Root::parse(&String::from_utf8_lossy(&text))))
    }
}

/// The pipeline whose root is called `name`; none if no root is called so.
pub(super) fn pipeline_of(name: &str) -> Option<String> {
    let (pipeline, hash) = name.split_once('.')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| pipeline.to_owned())
}

/// Which trials stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepTrials {
    /// The last so many of each pipeline file.
    Number(usize),
    /// Those of the last so many days.
    Days(u64),
}

impl Default for KeepTrials {
    fn default() -> Self {
        Self::Number(10)
    }
}

impl KeepTrials {
    /// Parts `roots` into those that stay, and the trials that go.
    pub(super) fn part(self, roots: Vec<KnownRoot>) -> (Vec<KnownRoot>, Vec<KnownRoot>) {
        let (mut trials, mut kept): (Vec<_>, Vec<_>) =
            roots.into_iter().partition(|known| known.root.is_trial());
        trials.sort_by_key(|known| std::cmp::Reverse(known.root.noted_unix_s));
        let (mut going, now) = (Vec::new(), host::unix_s());
        for trial in trials {
            let file = &trial.root.origin.file;
            let newer =
                kept.iter().filter(|one| one.root.is_trial() && one.root.origin.file == *file);
            let stays = match self {
                Self::Number(most) => newer.count() < most,
                Self::Days(days) => {
                    now.saturating_sub(trial.root.noted_unix_s) < days.saturating_mul(86_400)
                }
            };
            if stays { kept.push(trial) } else { going.push(trial) }
        }
        (kept, going)
    }
}

impl Root {
    /// What it came to, as digests.
    pub(super) fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.results.0.values().map(|(_, digest)| digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(entries: &[(&str, u8)]) -> Runs {
        let entry = |byte: u8| (Digest([byte; 32]), Digest([byte; 32]));
        Runs(entries.iter().map(|&(name, byte)| (name.to_owned(), entry(byte))).collect())
    }

    fn stored() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        store.make_folders().unwrap();
        (dir, store)
    }

    fn origin(file: &str, sets: &[&str]) -> Origin {
        let sets = sets.iter().map(ToString::to_string).collect();
        Origin { pipeline: "p".to_owned(), file: Some(PathBuf::from(file)), sets }
    }

    #[test]
    fn a_root_reads_back() {
        let root = Root {
            origin: origin("/a b/p.ron", &["models.kimg=2", "seeds=[0, 1]"]),
            is_superseded: true,
            noted_unix_s: 17,
            results: results(&[("lines", 1), ("models/acai/0", 2)]),
        };
        assert_eq!(Root::parse(&root.text()).as_ref(), Some(&root));
        assert_eq!(Root::parse(&root.text()[..root.text().len() - 5]), None);
    }

    #[test]
    fn what_a_file_came_to_before_an_edit_is_a_trial() {
        let (_dir, store) = stored();
        let file = origin("/p.ron", &[]);
        let planned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        store.note_root(&file, &results(&[("a", 1), ("b", 2)]), None).unwrap();
        // Not everything was reached, and what was reached came out the same.
        store.note_root(&file, &results(&[("a", 1)]), Some(&planned(&["a", "b"]))).unwrap();
        assert_eq!(store.roots().unwrap().len(), 1);
        store.note_root(&file, &results(&[("a", 3)]), Some(&planned(&["a", "b"]))).unwrap();
        store.note_root(&file, &results(&[("a", 3)]), Some(&planned(&["a"]))).unwrap();
        let mut roots = store.roots().unwrap();
        roots.sort_by_key(|known| (known.root.is_trial(), known.root.results.text()));
        let roots: Vec<_> = roots.into_iter().map(|known| known.root.results).collect();
        assert_eq!(
            roots,
            [results(&[("a", 3)]), results(&[("a", 1), ("b", 2)]), results(&[("a", 3), ("b", 2)])]
        );
    }

    #[test]
    fn of_each_file_the_last_trials_stay() {
        let now = host::unix_s();
        let known = |file: &str, set: &str, days: u64| {
            let noted_unix_s = now - days * 86_400;
            let root = Root { origin: origin(file, &[set]), noted_unix_s, ..Root::default() };
            KnownRoot { root, name: String::new(), is_foreign: false, is_damaged: false }
        };
        let written = Root { origin: origin("/a", &[]), ..Root::default() };
        let roots = vec![
            KnownRoot { root: written, name: String::new(), is_foreign: false, is_damaged: false },
            known("/a", "one", 3),
            known("/a", "two", 2),
            known("/b", "three", 9),
        ];
        let going = |keep: KeepTrials| -> Vec<String> {
            let (_, going) = keep.part(roots.clone());
            going.into_iter().map(|known| known.root.origin.sets[0].clone()).collect()
        };
        assert_eq!(going(KeepTrials::Number(2)), [""; 0]);
        assert_eq!(going(KeepTrials::Number(1)), ["one"]);
        assert_eq!(going(KeepTrials::Number(0)), ["two", "one", "three"]);
        assert_eq!(going(KeepTrials::Days(5)), ["three"]);
        assert_eq!(going(KeepTrials::default()), [""; 0]);
    }
}
