//! `acai-pipe data list | info | fetch | verify`.
//!
//! Knows nothing of formats or of how files are found.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};

use super::{
    exit::{Exit, Failure},
    interrupt,
    options::Options,
    out,
};
use acai_common::{
    diagnostics::{Diagnostic, Diagnostics, SourceMap},
    events::{Event, Message},
    format::{bytes, count},
    names::InstanceName,
    shown::{Shown, Terminal},
};
use acai_dataset::{
    DatasetRef, FileSpec, SearchPaths,
    descriptor::{Counts, Descriptor, Size},
    resolve::{self, ResolveError},
    shipped,
};
use acai_progress as progress;
use acai_report::{Table, terminal::draw};

/// List, describe, fetch and verify datasets.
#[derive(Debug, Args)]
pub(super) struct Data {
    #[command(subcommand)]
    verb: DataVerb,
}

#[derive(Debug, Subcommand)]
enum DataVerb {
    /// List the shipped datasets, and whether their files are here.
    List,
    /// Say what a dataset is, and where its files are.
    Info {
        /// A shipped dataset's name, or the path of a descriptor
        source: String,
    },
    /// Find the files of datasets, or download them.
    Fetch {
        /// Shipped datasets' names, or paths of descriptors
        #[arg(required = true)]
        sources: Vec<String>,
    },
    /// Compare the files that are here with their checksums.
    Verify {
        /// Shipped datasets' names, or paths of descriptors [default: all that are shipped]
        sources: Vec<String>,
    },
}

impl Data {
    pub(super) fn run(&self, options: &Options) -> Result<Exit, Failure> {
        let search_paths = options.places();
        match &self.verb {
            DataVerb::List => list(&search_paths),
            DataVerb::Info { source } => info(&NamedDataset::read(source)?, &search_paths),
            DataVerb::Fetch { sources } => {
                fetch(&NamedDataset::read_all(sources)?, &search_paths, options)
            }
            DataVerb::Verify { sources } if sources.is_empty() => {
                let shipped: Vec<String> = shipped::names().map(str::to_owned).collect();
                verify(&NamedDataset::read_all(&shipped)?, &search_paths, false)
            }
            DataVerb::Verify { sources } => {
                verify(&NamedDataset::read_all(sources)?, &search_paths, true)
            }
        }
    }
}

/// A descriptor that a word of the command line names; its files need not be there.
struct NamedDataset {
    descriptor: Descriptor,
    beside: Option<PathBuf>,
}

impl NamedDataset {
    fn read(source: &str) -> Result<Self, Failure> {
        let mut sources = SourceMap::default();
        let read = resolve::read(source, None, &mut sources);
        let (descriptor, beside) = read.map_err(|unknown| {
            let faults = match unknown {
                ResolveError::Descriptor(faults) => faults,
                ResolveError::Source { message, help } => {
                    vec![Diagnostic { help, ..Diagnostic::new(message) }]
                }
            };
            Diagnostics::new(Arc::new(sources), faults)
        })?;
        Ok(Self { descriptor, beside })
    }

    fn read_all(sources: &[String]) -> Result<Vec<Self>, Failure> {
        sources.iter().map(|source| Self::read(source)).collect()
    }

    fn dataset_ref(&self) -> DatasetRef<'_> {
        resolve::dataset_ref(&self.descriptor, self.beside.as_deref())
    }

    /// Whether it can be used without the network.
    fn state(&self, search_paths: &SearchPaths) -> String {
        if self.descriptor.is_drawn() {
            return "drawn, needs no files".to_owned();
        }
        let files = &self.descriptor.files;
        let missing: Vec<&FileSpec> = files
            .iter()
            .filter(|file| search_paths.find_unverified(file, &self.dataset_ref()).is_none())
            .collect();
        let size: Option<u64> = missing.iter().map(|file| file.size).sum();
        let size = size.map_or_else(String::new, |size| format!(" ({})", bytes(size)));
        match missing.len() {
            0 => "here".to_owned(),
            n if n == files.len() => format!("not here{size}"),
            n => format!("{n} of {} files not here{size}", files.len()),
        }
    }
}

fn list(search_paths: &SearchPaths) -> Result<Exit, Failure> {
    let head = ["dataset", "images", "shape", "classes", "files"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for name in shipped::names() {
        let named = NamedDataset::read(name)?;
        let Descriptor { counts, classes, .. } = &named.descriptor;
        let images = counts.map_or_else(
            || "any number".to_owned(),
            |Counts { train, test }| format!("{} + {}", count(train as u64), count(test as u64)),
        );
        let classes = classes.len().to_string();
        let state = named.state(search_paths);
        rows.push(vec![name.to_owned(), images, shape(&named.descriptor), classes, state]);
    }
    out::data(&draw(&Table { head, rows, text_columns: 5 }))
}

/// As stages see the images: `1×32×32`.
fn shape(descriptor: &Descriptor) -> String {
    let Size { height, width, channels } = descriptor.image;
    let margin = 2 * descriptor.pad;
    format!("{channels}×{}×{}", height + margin, width + margin)
}

fn info(named: &NamedDataset, search_paths: &SearchPaths) -> Result<Exit, Failure> {
    let descriptor = &named.descriptor;
    let line = Shown::<Terminal>::new;
    let mut text = format!("{}: {}\n", descriptor.name, line(&descriptor.about));
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<9} {}", line(value));
    };
    fact("images", &images(descriptor));
    fact("classes", &descriptor.classes.join(", "));
    for (name, value) in [
        ("homepage", &descriptor.homepage),
        ("licence", &descriptor.licence),
        ("citation", &descriptor.citation),
    ] {
        if let Some(value) = value {
            fact(name, value);
        }
    }
    for file in &descriptor.files {
        let _ = writeln!(text, "\n  {file}");
        let search = search_paths.find(file, &named.dataset_ref())?;
        for passed_over in &search.passed_over {
            let _ = writeln!(text, "    {passed_over}");
        }
        match search.found {
            Some(path) => {
                let _ = writeln!(text, "    here: {}", path.display());
            }
            None => {
                let _ = writeln!(text, "    not here");
            }
        }
        for mirror in &file.mirrors {
            let _ = writeln!(text, "    from {mirror}");
        }
    }
    out::data(&text)
}

fn images(descriptor: &Descriptor) -> String {
    let shape = shape(descriptor);
    let padded = match descriptor.pad {
        0 => String::new(),
        pad => format!(", {pad} black pixels added on every side"),
    };
    match descriptor.counts {
        Some(Counts { train, test }) => format!(
            "{} to train and {} to test on, {shape}{padded}",
            count(train as u64),
            count(test as u64)
        ),
        None => format!("{shape}{padded}"),
    }
}

fn fetch(
    all: &[NamedDataset],
    search_paths: &SearchPaths,
    options: &Options,
) -> Result<Exit, Failure> {
    let stop = interrupt::flag()?;
    let mut observer = progress::observer(progress::fitting(), options.verbosity());
    for named in all {
        let stage = &named.descriptor.name;
        let instance = InstanceName { stage: stage.clone(), variant: None, seed: None };
        for file in &named.descriptor.files {
            observer.see(&Event::Started {
                instance: instance.clone(),
                kind: "fetch",
                key: String::new(),
            });
            let mut tell = |told: Message| observer.see(&told.of(instance.clone()));
            let path = search_paths.obtain(file, &named.dataset_ref(), &mut tell, stop)?;
            observer.end();
            out::data(&format!("{}\n", path.display()))?;
        }
    }
    Ok(Exit::Done)
}

/// Says of every file whether its checksums are right. A file that is not here is
/// a failure only if its dataset was named.
fn verify(
    all: &[NamedDataset],
    search_paths: &SearchPaths,
    must_be_here: bool,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for named in all {
        for file in &named.descriptor.files {
            let search = search_paths.find(file, &named.dataset_ref())?;
            for passed_over in &search.passed_over {
                exit = Exit::Failed;
                out::tell(&format!("{}: {passed_over}", named.descriptor.name));
            }
            let word = match &search.found {
                Some(path) => format!("right     {}", path.display()),
                None if must_be_here => {
                    exit = Exit::Failed;
                    format!("missing   {file}")
                }
                None => format!("not here  {}", file.name),
            };
            out::data(&format!("{:<14} {word}\n", named.descriptor.name))?;
        }
    }
    Ok(exit)
}
