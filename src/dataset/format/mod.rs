//! Formats of image files: one file and one line of `formats!` each.
//!
//! A format is a struct with the fields that a descriptor writes, and says which
//! files it needs, what identifies its images, and how they are read.
//! `docs/extending.md` shows how to add one.
//!
//! Knows nothing of where the files come from or which of their images are used.

mod cifar;
mod folder;
mod idx;
mod mat5;
mod npz;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    checksum::Checksum,
    decode::{FormatError, Survey, TakeBlock},
};

/// A format, as a descriptor writes it.
pub trait Format: fmt::Debug {
    /// The files and folders that the images are in.
    fn inputs(&self) -> Vec<InputName<'_>>;

    /// How the images are coded and what their files contain, and nothing else.
    ///
    /// It enters the keys of artifacts: a change of the text makes every dataset
    /// of the format a new one. `content` gives the checksum of an input, so that
    /// the same images under other names or elsewhere are the same.
    fn identity(&self, content: &dyn Fn(&str) -> String) -> String;

    /// What the headers say, in bounded memory.
    ///
    /// Pixels are not decoded, so damage among them shows only in [`Self::decode`].
    /// A compressed archive has its headers everywhere and is inflated as a whole.
    fn survey(&self, inputs: &InputPaths) -> Result<Survey, FormatError>;

    /// Hands the first `count` images to `take`, block by block, until it returns
    /// false.
    ///
    /// Blocks come in order, except that members of an archive come as they lie
    /// in it: `ImageBlock::first` says where a block belongs. If all images are
    /// taken, the files are read to their ends and must end where they should.
    fn decode(
        &self,
        inputs: &InputPaths,
        count: usize,
        take: TakeBlock<'_>,
    ) -> Result<(), FormatError>;

    /// Compares what is inside the inputs with the checksums that are declared
    /// for it, if any are.
    fn verify(&self, _inputs: &InputPaths) -> Result<(), FormatError> {
        Ok(())
    }

    /// The files of a folder of classes with the numbers of their classes, in
    /// order; nothing if the images are not in such a folder.
    fn labelled_files(
        &self,
        _inputs: &InputPaths,
    ) -> Result<Option<Vec<(i64, PathBuf)>>, FormatError> {
        Ok(None)
    }

    /// Declares the checksums of inputs that `files` of a descriptor cannot list.
    fn declare(&mut self, _content: &dyn Fn(&str) -> Option<Checksum>) {}
}

/// What a format reads, by the name in the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputName<'a> {
    /// A file; `files` of the descriptor lists it with its checksum.
    File(&'a str),
    /// A folder of folders of images, one per class.
    ClassFolder {
        /// Its name.
        name: &'a str,
        /// Of all that is in it, if it is declared.
        checksum: Option<&'a Checksum>,
    },
}

/// Where the inputs of a format are, and the classes of the descriptor.
#[derive(Clone, Debug)]
pub struct InputPaths {
    paths: BTreeMap<String, PathBuf>,
    classes: Vec<String>,
}

/// Images whose files are found.
#[derive(Clone, Debug)]
pub struct ImageFiles {
    source: ImageSource,
    inputs: InputPaths,
}

macro_rules! formats {
    ($($format:ident => $path:path;)+) => {
        /// Images with their labels, as a descriptor writes them.
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
        pub enum ImageSource {
            /// Lines drawn by the generator of the lines benchmark, without files.
            Lines {},
            $(#[expect(missing_docs, reason = "each type documents itself")] $format($path),)+
        }

        impl ImageSource {
            /// The format of the files; nothing for images that are drawn.
            #[must_use]
            pub fn format(&self) -> Option<&dyn Format> {
                match self {
                    Self::Lines {} => None,
                    $(Self::$format(format) => Some(format),)+
                }
            }

            /// [`Self::format`], to be changed.
            pub fn format_mut(&mut self) -> Option<&mut dyn Format> {
                match self {
                    Self::Lines {} => None,
                    $(Self::$format(format) => Some(format),)+
                }
            }
        }

        /// The modules of the table.
        #[cfg(test)]
        const MODULES: &[&str] = &[$(stringify!($path)),+];
    };
}

formats! {
    Idx => idx::Idx;
    Mat5 => mat5::Mat5;
    Cifar => cifar::Cifar;
    Folder => folder::Folder;
    Npz => npz::Npz;
}

impl ImageSource {
    /// The files and folders that the images are in.
    #[must_use]
    pub fn inputs(&self) -> Vec<InputName<'_>> {
        self.format().map_or_else(Vec::new, Format::inputs)
    }

    /// The names of the files among the inputs.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let file = |input| if let InputName::File(name) = input { Some(name) } else { None };
        self.inputs().into_iter().filter_map(file).collect()
    }
}

impl<'a> InputName<'a> {
    /// The name, whatever it is of.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::File(name) | Self::ClassFolder { name, .. } => name,
        }
    }
}

impl InputPaths {
    /// Where the input `name` is.
    ///
    /// # Panics
    /// If the format does not have it among its inputs.
    #[must_use]
    pub fn path(&self, name: &str) -> &Path {
        &self.paths[name]
    }

    /// The names of the classes, in the order of their numbers.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }
}

impl ImageFiles {
    /// The images of `source`, whose inputs are where `path` says; nothing if they
    /// are drawn.
    pub fn new(
        source: &ImageSource,
        classes: &[String],
        path: impl Fn(&str) -> PathBuf,
    ) -> Option<Self> {
        let inputs = source.format()?.inputs().into_iter().map(InputName::name);
        let paths = inputs.map(|name| (name.to_owned(), path(name))).collect();
        let inputs = InputPaths { paths, classes: classes.to_vec() };
        Some(Self { source: source.clone(), inputs })
    }

    /// [`Format::survey`] of these files.
    pub fn survey(&self) -> Result<Survey, FormatError> {
        self.format().survey(&self.inputs)
    }

    /// [`Format::decode`] of these files.
    pub fn decode(&self, count: usize, take: TakeBlock<'_>) -> Result<(), FormatError> {
        self.format().decode(&self.inputs, count, take)
    }

    /// [`Format::verify`] of these files.
    pub fn verify(&self) -> Result<(), FormatError> {
        self.format().verify(&self.inputs)
    }

    /// [`Format::labelled_files`] of these files.
    pub fn labelled_files(&self) -> Result<Option<Vec<(i64, PathBuf)>>, FormatError> {
        self.format().labelled_files(&self.inputs)
    }

    fn format(&self) -> &dyn Format {
        self.source.format().expect("`new` refuses images that are drawn")
    }
}
