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

#[cfg(test)]
mod tests {
    use std::{fs, sync::atomic::AtomicBool, time::Duration};

    use super::*;
    use crate::{CheckpointRequests, Checkpoints};
    use acai_artifact::{Kind, Writer};
    use acai_common::diagnostics::SourceMap;
    use acai_dataset::resolve::Resolver;
    use acai_net::DeviceKind;

    const DESCRIPTOR: &str = r#"Descriptor(
        name: "d",
        about: "a file and a folder",
        image: (height: 32, width: 32, channels: 1),
        classes: ["a", "b"],
        files: [(name: "x.npz")],
        train: [Npz(file: "x.npz", images: "x", labels: "y"), Folder(path: "leaves")],
        split: Blocks(test: 0.25, blocks: 2),
    )"#;

    fn resolve(folder: &Path) -> ResolvedDataset {
        let mut resolver = Resolver {
            folder,
            search_paths: &SearchPaths::default(),
            hashes: &mut Hashes::default(),
            sources: &mut SourceMap::default(),
        };
        ResolvedDataset::resolve("./d.ron", &mut resolver).unwrap()
    }

    /// What is said when `change` is done between verifying and the end of decoding.
    fn told(folder: &Path, change: &dyn Fn()) -> Result<(), String> {
        let dataset = resolve(folder);
        let mut out = Writer::create(&folder.join("out.h5"), Kind::Images).unwrap();
        let mut work = Work {
            inputs: &BTreeMap::new(),
            out: &mut out,
            seed: 0,
            device: DeviceKind::Cpu,
            places: &SearchPaths::default(),
            tell: &mut |_| (),
            stop: &AtomicBool::new(false),
            checkpoints: &Checkpoints {
                folder: folder.to_owned(),
                every: Duration::MAX,
                requests: CheckpointRequests::default(),
            },
        };
        let inputs = Inputs::obtain(&dataset, &mut work).map_err(|error| error.to_string())?;
        change();
        inputs.check_unchanged(&work).map_err(|error| error.to_string())
    }

    #[test]
    fn what_changes_while_it_is_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("d.ron"), DESCRIPTOR).unwrap();
        fs::write(path("x.npz"), "one").unwrap();
        for class in ["leaves/a", "leaves/b"] {
            fs::create_dir_all(path(class)).unwrap();
            fs::write(path(class).join("1.png"), "one").unwrap();
        }
        let write = |name: &str, text: &str| fs::write(path(name), text).unwrap();
        let times = fs::metadata(path("x.npz")).unwrap().modified().unwrap();
        let backdate = |name: &str| {
            let file = fs::File::options().write(true).open(path(name)).unwrap();
            file.set_modified(times).unwrap();
        };
        told(dir.path(), &|| ()).unwrap();
        let changes: [(&str, &dyn Fn()); 4] = [
            ("x.npz", &|| {
                write("x.npz", "two");
                backdate("x.npz");
            }),
            ("leaves", &|| write("leaves/a/1.png", "two")),
            ("leaves", &|| write("leaves/b/2.png", "two")),
            ("leaves", &|| fs::remove_file(path("leaves/b/2.png")).unwrap()),
        ];
        for (name, change) in changes {
            let error = told(dir.path(), change).unwrap_err();
            let expected = format!("{name} has changed while it was read");
            assert!(error.contains(&expected), "{error}");
        }
        told(dir.path(), &|| ()).unwrap();
    }
}
