//! The files and folders of a dataset: found or downloaded, verified, and the same until
//! everything was decoded. Formats read files more than once and here and there, so the
//! reading that is decoded is another than the one that is verified.
//!
//! Knows nothing of formats.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, ensure};

use super::super::Work;
use acai_dataset::{
    FileSpec, SearchPaths,
    format::{ImageSource, InputName},
    hashes::{FileState, Hashes},
    resolve::ResolvedDataset,
};

/// Verified files and folders.
pub(super) struct Inputs<'a> {
    dataset: &'a ResolvedDataset,
    paths: BTreeMap<String, PathBuf>,
    verified: Vec<Verified<'a>>,
}

/// What was verified, and the state it was in afterwards.
struct Verified<'a> {
    path: PathBuf,
    input: Input<'a>,
    /// Every file in it, or the file itself.
    states: Vec<(PathBuf, FileState)>,
    /// Whether a change since verifying began would show in the states.
    is_settled: bool,
}

enum Input<'a> {
    File(Box<FileSpec>),
    ClassFolder { source: &'a ImageSource, name: &'a str },
}

impl<'a> Inputs<'a> {
    /// Finds or downloads everything, and verifies it.
    pub(super) fn obtain(
        dataset: &'a ResolvedDataset,
        work: &mut Work<'_>,
    ) -> anyhow::Result<Self> {
        let mut inputs = Self { dataset, paths: BTreeMap::new(), verified: Vec::new() };
        for source in dataset.descriptor.sources() {
            for input in source.inputs() {
                if !inputs.paths.contains_key(input.name()) {
                    inputs.add(source, input, work)?;
                }
            }
        }
        Ok(inputs)
    }

    /// Where everything is, by name.
    pub(super) fn paths(&self) -> &BTreeMap<String, PathBuf> {
        &self.paths
    }

    /// Refuses what was decoded if a file may have been another one meanwhile.
    pub(super) fn check_unchanged(&self, work: &Work<'_>) -> anyhow::Result<()> {
        for Verified { path, input, states, is_settled } in &self.verified {
            let is_same = self.states(path, input)? == *states
                && (*is_settled || self.fits(path, input, work)?);
            ensure!(
                is_same,
                "{} has changed while it was read; run again when nothing writes to it",
                path.display()
            );
        }
        Ok(())
    }

    fn add(
        &mut self,
        source: &'a ImageSource,
        input: InputName<'a>,
        work: &mut Work<'_>,
    ) -> anyhow::Result<()> {
        let (start, dataset, name) = (SystemTime::now(), self.dataset, input.name().to_owned());
        let (path, input) = match input {
            InputName::File(name) => {
                let wanted = dataset.wanted(name).context("the descriptor lists every file")?;
                let owner = dataset.dataset_ref();
                let path = work.places.obtain(&wanted, &owner, work.tell, work.stop)?;
                (path, Input::File(Box::new(wanted)))
            }
            InputName::ClassFolder { name, .. } => {
                (self.folder(source, name, work.places)?, Input::ClassFolder { source, name })
            }
        };
        let states = self.states(&path, &input)?;
        let is_settled = states.iter().all(|(_, state)| state.is_settled(start));
        self.paths.insert(name, path.clone());
        self.verified.push(Verified { path, input, states, is_settled });
        Ok(())
    }

    /// The folder of that name, if it still holds what it did when it was resolved.
    fn folder(
        &self,
        source: &ImageSource,
        name: &str,
        search_paths: &SearchPaths,
    ) -> anyhow::Result<PathBuf> {
        let root = search_paths.folder(name, &self.dataset.dataset_ref())?;
        ensure!(
            self.holds(source, name, &root)?,
            "{} does not hold what its descriptor says, or has changed since the pipeline was read",
            root.display()
        );
        Ok(root)
    }

    fn holds(&self, source: &ImageSource, name: &str, root: &Path) -> anyhow::Result<bool> {
        let content = self.dataset.hash_folder(source, root, &mut Hashes::default())?;
        Ok(self.dataset.folder_content(name) == Some(&content))
    }

    fn fits(&self, path: &Path, input: &Input<'_>, work: &Work<'_>) -> anyhow::Result<bool> {
        let fits = match input {
            Input::File(wanted) => wanted.fits(path, work.stop).map_err(Into::into),
            Input::ClassFolder { source, name } => self.holds(source, name, path),
        };
        work.check_stop()?;
        fits
    }

    fn states(&self, path: &Path, input: &Input<'_>) -> anyhow::Result<Vec<(PathBuf, FileState)>> {
        let files = match input {
            Input::File(_) => vec![path.to_owned()],
            Input::ClassFolder { source, .. } => {
                let files = self.dataset.files_of_folder(source, path)?;
                files.into_iter().map(|(_, file)| file).collect()
            }
        };
        let state = |file: PathBuf| FileState::of(&file).map(|state| (file, state));
        Ok(files.into_iter().map(state).collect::<Result<_, _>>()?)
    }
}
