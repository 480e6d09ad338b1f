//! Resolves what a `source` of a pipeline names to a descriptor and the checksums
//! of its files, before anything runs.
//!
//! Knows nothing of what the files hold.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::{
    DatasetRef, FileSpec, SearchPaths,
    checksum::Checksum,
    decode::FormatError,
    descriptor::{Contradiction, Descriptor},
    format::{ImageFiles, ImageSource, InputName},
    hashes::Hashes,
    shipped,
};
use acai_common::{
    diagnostics::{Diagnostic, SourceMap},
    files::{self, PlaceError},
    text::{TolerantReader, alternatives, drop_duplicates, parse_into, read_text},
};

/// What a dataset is resolved with: where its files are, and what is known of them.
pub struct Resolver<'a> {
    /// The folder of the pipeline file, which paths are relative to.
    pub folder: &'a Path,
    /// Where files of datasets are.
    pub search_paths: &'a SearchPaths,
    /// What is remembered of files without a declared checksum.
    pub hashes: &'a mut Hashes,
    /// The texts read so far.
    pub sources: &'a mut SourceMap,
}

/// A descriptor and what its files contain.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedDataset {
    /// What it says.
    pub descriptor: Descriptor,
    /// The folder of the descriptor, unless it is shipped.
    pub beside: Option<PathBuf>,
    /// Files and folders by name.
    contents: BTreeMap<String, Checksum>,
}

/// Why a dataset cannot be resolved.
#[derive(Debug)]
pub enum ResolveError {
    /// The source itself is wrong: what is wrong, and what to do.
    Source {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The descriptor is wrong.
    Descriptor(Vec<Diagnostic>),
}

impl ResolveError {
    fn source(message: impl Into<String>, help: Option<String>) -> Self {
        Self::Source { message: message.into(), help }
    }
}

impl ResolvedDataset {
    /// Resolves `source`, a shipped dataset's name or the path of a descriptor.
    ///
    /// # Errors
    /// Whatever is wrong with the source, the descriptor, or the files that
    /// only their contents can report.
    pub fn resolve(source: &str, resolver: &mut Resolver<'_>) -> Result<Self, ResolveError> {
        let (descriptor, beside) = read(source, Some(resolver.folder), resolver.sources)?;
        let mut dataset = Self { descriptor, beside, contents: BTreeMap::new() };
        dataset.contents = dataset.checksums(resolver)?;
        Ok(dataset)
    }

    /// The dataset that the files belong to.
    #[must_use]
    pub fn dataset_ref(&self) -> DatasetRef<'_> {
        dataset_ref(&self.descriptor, self.beside.as_deref())
    }

    /// The file `name`, with the checksum that it had when the dataset was resolved.
    #[must_use]
    pub fn wanted(&self, name: &str) -> Option<FileSpec> {
        let mut wanted = self.descriptor.file(name)?.clone();
        if wanted.primary_checksum().is_none() {
            wanted.checksum = self.contents.get(name).cloned();
        }
        Some(wanted)
    }

    /// The checksums of the files and folders that images are read from, by
    /// name: as the descriptor declares them, else computed.
    #[must_use]
    pub fn contents(&self) -> &BTreeMap<String, Checksum> {
        &self.contents
    }

    /// The descriptor with the checksum of everything that it names, so that
    /// nothing has to be there to know it.
    #[must_use]
    pub fn resolved(&self) -> Descriptor {
        let mut descriptor = self.descriptor.clone();
        for file in &mut descriptor.files {
            if let Some(wanted) = self.wanted(&file.name) {
                *file = wanted;
            }
        }
        for source in descriptor.train.iter_mut().chain(&mut descriptor.test) {
            if let Some(format) = source.format_mut() {
                format.declare(&|name| self.contents.get(name).cloned());
            }
        }
        descriptor
    }

    /// The checksum that the folder `name` had when the dataset was resolved.
    #[must_use]
    pub fn folder_content(&self, name: &str) -> Option<&Checksum> {
        self.contents.get(name)
    }

    /// How images are coded and what their files contain, and nothing else: the
    /// same images under other names or elsewhere are the same.
    #[must_use]
    pub fn identity(&self, source: &ImageSource) -> String {
        let content =
            |name: &str| self.contents.get(name).map_or_else(String::new, Checksum::to_string);
        source.format().map_or_else(|| "Lines".to_owned(), |format| format.identity(&content))
    }

    /// The checksum of everything that images are in: declared, or computed.
    fn checksums(
        &self,
        resolver: &mut Resolver<'_>,
    ) -> Result<BTreeMap<String, Checksum>, ResolveError> {
        let mut contents = BTreeMap::new();
        for source in self.descriptor.sources() {
            for input in source.inputs() {
                if contents.contains_key(input.name()) {
                    continue;
                }
                let content = match input {
                    InputName::File(name) => {
                        let spec = self.descriptor.file(name).expect("the descriptor lists it");
                        self.file_checksum(spec, resolver)?
                    }
                    InputName::ClassFolder { checksum: Some(declared), .. } => declared.clone(),
                    InputName::ClassFolder { name, checksum: None } => {
                        self.folder_checksum(source, name, resolver)?
                    }
                };
                contents.insert(input.name().to_owned(), content);
            }
        }
        Ok(contents)
    }

    fn file_checksum(
        &self,
        wanted: &FileSpec,
        resolver: &mut Resolver<'_>,
    ) -> Result<Checksum, ResolveError> {
        if let Some(declared) = wanted.primary_checksum() {
            return Ok(declared.clone());
        }
        let search = resolver.search_paths.find(wanted, &self.dataset_ref()).map_err(failed)?;
        match search.found {
            Some(path) => resolver.hashes.sha256(&path).map_err(failed),
            None => Err(failed(resolver.search_paths.undeclared(wanted, &self.dataset_ref()))),
        }
    }

    fn folder_checksum(
        &self,
        source: &ImageSource,
        name: &str,
        resolver: &mut Resolver<'_>,
    ) -> Result<Checksum, ResolveError> {
        let root = resolver.search_paths.folder(name, &self.dataset_ref()).map_err(failed)?;
        self.hash_folder(source, &root, resolver.hashes).map_err(failed)
    }

    /// The checksum of the folder of classes at `root`, which holds the images of
    /// `source`.
    pub fn hash_folder(
        &self,
        source: &ImageSource,
        root: &Path,
        hashes: &mut Hashes,
    ) -> Result<Checksum, HashFolderError> {
        Ok(hashes.of_all(&self.files_of_folder(source, root)?)?)
    }

    /// The files in the folder of classes at `root`, each with its label.
    pub fn files_of_folder(
        &self,
        source: &ImageSource,
        root: &Path,
    ) -> Result<Vec<(i64, PathBuf)>, FormatError> {
        let images = ImageFiles::new(source, &self.descriptor.classes, |_| root.to_owned());
        let files = images.map_or(Ok(None), |images| images.labelled_files())?;
        Ok(files.unwrap_or_default())
    }
}

/// A folder of classes cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum HashFolderError {
    /// It is no folder of classes.
    Format(#[from] FormatError),
    /// It cannot be read.
    Io(#[from] io::Error),
}

/// An error outside the descriptor; the first line is the message, the rest help.
fn failed(error: impl std::fmt::Display) -> ResolveError {
    let text = error.to_string();
    match text.split_once('\n') {
        Some((message, help)) => {
            let lines: Vec<&str> = help.lines().map(str::trim).collect();
            ResolveError::source(message, Some(lines.join("\n")))
        }
        None => ResolveError::source(text, None),
    }
}

/// The dataset of a descriptor in the folder `beside`.
#[must_use]
pub fn dataset_ref<'a>(descriptor: &'a Descriptor, beside: Option<&'a Path>) -> DatasetRef<'a> {
    DatasetRef { dataset: descriptor.name.as_str(), folder: descriptor.folder(), beside }
}

/// Reads the descriptor that `source` names, a shipped one or one at a path; with the
/// folder it is in, if it is not shipped. If a file in `folder` names it, it is there or
/// below; without a folder the user does, and it may be anywhere.
///
/// # Errors
/// Whatever is wrong with the source or the descriptor.
pub fn read(
    source: &str,
    folder: Option<&Path>,
    sources: &mut SourceMap,
) -> Result<(Descriptor, Option<PathBuf>), ResolveError> {
    if !is_path(source) {
        let text = shipped::text(source).ok_or_else(|| no_such(source))?;
        return Ok((parse(&format!("datasets/{source}.ron"), text, sources)?, None));
    }
    let path = match folder {
        Some(folder) => {
            files::inside(folder, source).map_err(|error| place_error(source, error))?
        }
        None => PathBuf::from(source),
    };
    let text = files::expect_file(&path).and_then(|()| read_text(&path));
    let text = text.map_err(|error| {
        let help = "`source` is a shipped dataset's name, or the path of a descriptor relative to \
                    the pipeline file";
        ResolveError::source(error.to_string(), Some(help.to_owned()))
    })?;
    let beside = path.parent().map(Path::to_owned);
    Ok((parse(&path.display().to_string(), &text, sources)?, beside))
}

fn place_error(source: &str, error: PlaceError) -> ResolveError {
    let help = "a pipeline names descriptors in its own folder and below, such as \
                `\"./leaves/leaves.ron\"`, so that whoever gets it from others knows what it \
                reads: put the descriptor there, or the pipeline above it";
    ResolveError::source(format!("`{source}` {error}"), Some(help.to_owned()))
}

/// Whether a source is a path and not a name.
fn is_path(source: &str) -> bool {
    source.contains(['/', '\\', '.'])
}

fn no_such(source: &str) -> ResolveError {
    let there = alternatives(source, shipped::names());
    let help = format!("{there}\nor write the path of a descriptor, such as `\"./{source}.ron\"`");
    ResolveError::source(format!("there is no dataset `{source}`"), Some(help))
}

/// Reads a descriptor; the error has all diagnostics.
fn parse(name: &str, text: &str, sources: &mut SourceMap) -> Result<Descriptor, ResolveError> {
    let mut root =
        parse_into(sources, name, text).map_err(|fault| ResolveError::Descriptor(vec![fault]))?;
    let mut faults = drop_duplicates(&mut root);
    let reading = TolerantReader { sources };
    let descriptor: Option<Descriptor> = reading.read(&root, "", &mut faults);
    let Some(descriptor) = descriptor.filter(|_| faults.is_empty()) else {
        return Err(ResolveError::Descriptor(faults));
    };
    let faults: Vec<Diagnostic> = descriptor
        .contradictions()
        .into_iter()
        .map(|Contradiction { path, message, help }| {
            let head = root.tag.as_ref().map_or(root.span, |tag| tag.span);
            let span = root.find(path).map_or(head, |entry| entry.value.span);
            Diagnostic::new(format!("`{}`: {message}", descriptor.name)).at(span, "this").help(help)
        })
        .collect();
    if faults.is_empty() { Ok(descriptor) } else { Err(ResolveError::Descriptor(faults)) }
}
