//! Descriptors: what a dataset is, which files it is made of and how they are
//! coded, as one RON file each.
//!
//! Knows nothing of where the files are, or of what is in them.

use serde::{Deserialize, Serialize};

use super::{
    FileSpec,
    format::{ImageSource, InputName},
    split::Split,
};
use acai_common::{files, names::Name};

/// Labels are stored as bytes.
pub const MOST_CLASSES: usize = 256;

/// A dataset, as a RON file describes it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// What it is called.
    pub name: Name,
    /// What it is, in a sentence.
    pub about: String,
    /// Where people read about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// What one may do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// How to cite it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// The folder that its files are usually kept in, if not its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The images as they come out of the files.
    pub image: Size,
    /// Black pixels added on every side.
    #[serde(default)]
    pub pad: usize,
    /// The classes' names, in the order of their numbers.
    pub classes: Vec<String>,
    /// The label that files give to the first class.
    #[serde(default)]
    pub first_label: i64,
    /// How many images there are, if all files are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The files, with their checksums.
    #[serde(default)]
    pub files: Vec<FileSpec>,
    /// What the training images are in, in order.
    pub train: Vec<ImageSource>,
    /// What the test images are in, in order.
    #[serde(default)]
    pub test: Vec<ImageSource>,
    /// How the test images are taken from `train`, where they have no files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// Shape of an image in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Rows in pixels.
    pub height: usize,
    /// Columns in pixels.
    pub width: usize,
    /// 1 for grey, 3 for colours.
    pub channels: usize,
}

/// How many images a dataset has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// To train on.
    pub train: usize,
    /// To test on.
    pub test: usize,
}

/// A value that contradicts another: its path, what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The field that is pointed at.
    pub path: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

impl Descriptor {
    /// The folder that its files are usually kept in.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.folder.as_deref().unwrap_or(self.name.as_str())
    }

    /// Whether its images are drawn instead of read.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.train.contains(&ImageSource::Lines {})
    }

    /// Everything that is wrong across fields.
    #[must_use]
    pub fn contradictions(&self) -> Vec<Contradiction> {
        [
            self.bad_image(),
            self.bad_classes(),
            self.bad_parts(),
            self.bad_split(),
            self.bad_folder(),
            self.bad_files(),
            self.unlisted_file(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn bad_image(&self) -> Option<Contradiction> {
        let Size { height, width, channels } = self.image;
        let is_fine = (1..=4096).contains(&height)
            && (1..=4096).contains(&width)
            && [1, 3].contains(&channels)
            && self.pad <= 4096;
        let message = || format!("images of {height}×{width}×{channels} pixels cannot be read");
        let help = "height and width are 1 to 4,096 pixels, channels 1 or 3, `pad` at most 4,096";
        (!is_fine).then(|| Contradiction { path: "image", message: message(), help })
    }

    fn bad_classes(&self) -> Option<Contradiction> {
        let n = self.classes.len();
        let message = format!("there are {n} classes");
        let help = "list 1 to 256 names";
        let is_fine = (1..=MOST_CLASSES).contains(&n);
        (!is_fine).then_some(Contradiction { path: "classes", message, help })
    }

    fn bad_parts(&self) -> Option<Contradiction> {
        let is_empty = self.train.is_empty();
        let empty = || Contradiction {
            path: "train",
            message: "there is nothing to train on".to_owned(),
            help: "name at least one image source, such as `Npz(file: \"images.npz\", …)`",
        };
        let mixed = self.is_drawn() && (self.train.len() > 1 || self.test != self.train);
        let drawn = || Contradiction {
            path: "train",
            message: "lines are drawn for both splits, and mix with nothing".to_owned(),
            help: "write `train: [Lines], test: [Lines]`",
        };
        is_empty.then(empty).or_else(|| mixed.then(drawn))
    }

    fn bad_split(&self) -> Option<Contradiction> {
        let fault = |message: &str, help| {
            Some(Contradiction { path: "split", message: message.to_owned(), help })
        };
        match (&self.split, self.test.is_empty()) {
            (None, true) => fault(
                "there is nothing to test on",
                "name `test: […]`, or take a share of the training images: `split: Blocks(test: 0.2)`",
            ),
            (Some(_), false) => fault(
                "test images come from `test`, so nothing is split off",
                "leave out `split` or `test`",
            ),
            (Some(split), true) => split.fault().and_then(|message| {
                fault(&message, "write for example `Blocks(test: 0.2, blocks: 10)`")
            }),
            (None, false) => None,
        }
    }

    fn bad_folder(&self) -> Option<Contradiction> {
        let folder = self.folder.as_deref()?;
        let error = files::check_place(folder).err()?;
        let help =
            "a folder is looked for in those that `--data` and ACAI_DATA name: write its name";
        let message = format!("the folder `{folder}` {error}");
        Some(Contradiction { path: "folder", message, help })
    }

    fn bad_files(&self) -> Option<Contradiction> {
        let message = self.files.iter().find_map(|file| {
            let is_known = file.primary_checksum().is_some();
            match (file.is_plain(), is_known || file.mirrors.is_empty()) {
                (false, _) => Some(format!("`{}` is not the name of a file", file.name)),
                (_, false) => Some(format!(
                    "`{}` has mirrors but no checksum, so a download could not be verified",
                    file.name
                )),
                _ => None,
            }
        })?;
        let help = "a file is `(name: \"x.npz\", checksum: \"sha256:…\", mirrors: […])`, its name without folders";
        Some(Contradiction { path: "files", message, help })
    }

    fn unlisted_file(&self) -> Option<Contradiction> {
        let parts = [("train", &self.train), ("test", &self.test)];
        parts.into_iter().find_map(|(path, parts)| {
            let names = parts.iter().flat_map(ImageSource::files);
            let mut unlisted =
                names.filter(|&name| !self.files.iter().any(|file| file.name == name));
            let name = unlisted.next()?;
            let message = format!("`{name}` is not among `files`");
            Some(Contradiction { path, message, help: "list it: `files: [(name: \"…\")]`" })
        })
    }

    /// A file or folder that images are in and that has no checksum, so that it
    /// has to be there to be identified.
    #[must_use]
    pub fn undeclared(&self) -> Option<&str> {
        self.sources().flat_map(ImageSource::inputs).find_map(|input| match input {
            InputName::File(name) => {
                let is_declared =
                    self.file(name).is_some_and(|file| file.primary_checksum().is_some());
                (!is_declared).then_some(name)
            }
            InputName::ClassFolder { name, checksum } => checksum.is_none().then_some(name),
        })
    }

    /// The file of that name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileSpec> {
        self.files.iter().find(|file| file.name == name)
    }

    /// What all images are in, the training ones first.
    pub fn sources(&self) -> impl Iterator<Item = &ImageSource> {
        self.train.iter().chain(&self.test)
    }
}
