//! What can be wrong with a file of images, and where.
//!
//! Knows nothing of how a format is read.

use std::{io, path::PathBuf};

/// A file of images cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}{inside}: {problem}", file.display(), inside = inside(member))]
pub struct FormatError {
    /// The file.
    pub file: PathBuf,
    /// The variable or archive member inside; empty for the file as a whole.
    pub member: String,
    /// What is wrong; the message says it, so it is not a source as well.
    pub problem: Problem,
}

/// What is wrong with a file, or with what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A folder, a pipe or a device.
    #[error("is not a regular file")]
    NotAFile,
    /// It is something else.
    #[error("is not {wanted}: {found}")]
    Kind {
        /// What was expected.
        wanted: &'static str,
        /// What the file looks like.
        found: String,
    },
    /// A checksum, a compressed stream or a structure that makes no sense.
    #[error("is damaged: {reason}; get the file again")]
    Damaged {
        /// What the decoder says.
        reason: String,
    },
    /// No more bytes where some must be.
    #[error("ends within {part}; it is cut short, get the file again")]
    Ends {
        /// Where it ends.
        part: &'static str,
    },
    /// Fewer items than the header says.
    #[error(
        "is cut short: its header announces {announced} {items}, only {whole} are whole; get the \
         file again"
    )]
    CutShort {
        /// `images` or `labels`.
        items: &'static str,
        /// How many the header announces.
        announced: usize,
        /// How many are whole.
        whole: usize,
    },
    /// More bytes than the header says.
    #[error("goes on after the {announced} {items} its header announces; get the file again")]
    GoesOn {
        /// `images` or `labels`.
        items: &'static str,
        /// How many the header announces.
        announced: usize,
    },
    /// Lengths of axes that images or labels do not have.
    #[error("has shape {found}; wanted is {wanted}")]
    Shape {
        /// The lengths, joined by ×.
        found: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// Elements that pixels or labels cannot be.
    #[error("holds {found}; wanted is {wanted}")]
    Type {
        /// What the header says.
        found: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// Larger images than any net takes.
    #[error("has images of {height}×{width} pixels; at most {limit}×{limit} are read")]
    TooLarge {
        /// Rows.
        height: u64,
        /// Columns.
        width: u64,
        /// The most there may be of either.
        limit: u64,
    },
    /// Images and labels do not belong together.
    #[error("holds {labels} labels, but there are {images} images; are the files of one split?")]
    Counts {
        /// How many images there are.
        images: usize,
        /// How many labels.
        labels: usize,
    },
    /// More images were asked for than there are.
    #[error("holds {found} images, {asked} were asked for")]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many were asked for.
        asked: usize,
    },
    /// A label that is no class.
    #[error("has the label {found} at image {image}; wanted is {wanted}")]
    Label {
        /// Which image, from 0.
        image: usize,
        /// The label as it is written.
        found: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// Variables or members that are not there.
    #[error("does not hold `{missing}`; it holds {found}")]
    Missing {
        /// What was asked for.
        missing: String,
        /// What there is.
        found: Names,
    },
    /// A variable, member or class that is there, or asked for, twice.
    #[error("is there twice; which one is meant is ambiguous")]
    Twice,
    /// A path that leads elsewhere.
    #[error("leads out of {root}; name what is inside")]
    LeadsOut {
        /// `the archive` or `the folder`.
        root: &'static str,
    },
    /// A link, a folder or a device where a file was asked for.
    #[error("is {found} in the archive; only regular files are read")]
    NotRegular {
        /// What it is.
        found: &'static str,
    },
    /// A length that is no whole number of records.
    #[error("holds {bytes} bytes; wanted is one or more records of {record} bytes")]
    Records {
        /// Length of the member.
        bytes: u64,
        /// Length of a record.
        record: usize,
    },
    /// A member that is another one.
    #[error("has another content: found {found}, expected {wanted}")]
    Checksum {
        /// Of its bytes.
        found: String,
        /// What was declared.
        wanted: String,
    },
    /// A folder without images or classes.
    #[error("holds no {wanted}; put some there, or leave the folder out")]
    Empty {
        /// `images` or `folders of classes`.
        wanted: &'static str,
    },
    /// An image unlike the first.
    #[error("is {found}, but {} is {wanted}; all images must be alike", first.display())]
    Mixed {
        /// Colours and size of this image.
        found: String,
        /// The first image.
        first: PathBuf,
        /// Colours and size of the first image.
        wanted: String,
    },
}

/// The names of what there is, as messages list them; only the first few are kept.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The first names.
    pub first: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl Names {
    const KEPT: usize = 20;
    const LENGTH: usize = 100;

    /// Adds a name.
    pub(crate) fn push(&mut self, name: &str) {
        if self.first.len() < Self::KEPT {
            self.first.push(name.chars().take(Self::LENGTH).collect());
        } else {
            self.more += 1;
        }
    }
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first.is_empty() {
            return f.write_str("nothing");
        }
        for (index, name) in self.first.iter().enumerate() {
            write!(f, "{}`{}`", if index == 0 { "" } else { ", " }, name.escape_debug())?;
        }
        if self.more > 0 { write!(f, " and {} more", self.more) } else { Ok(()) }
    }
}

fn inside(member: &str) -> String {
    if member.is_empty() { String::new() } else { format!(": `{}`", member.escape_debug()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_which_file_and_member() {
        let error = FormatError {
            file: "a/b.mat".into(),
            member: "X".to_owned(),
            problem: Problem::Counts { images: 3, labels: 2 },
        };
        assert_eq!(
            error.to_string(),
            "a/b.mat: `X`: holds 2 labels, but there are 3 images; are the files of one split?"
        );
    }

    #[test]
    fn many_names_are_counted() {
        let mut names = Names::default();
        assert_eq!(names.to_string(), "nothing");
        names.push("a");
        names.push("b\n");
        assert_eq!(names.to_string(), "`a`, `b\\n`");
        (0..30).for_each(|_| names.push("c"));
        assert!(names.to_string().ends_with("`c`, `c` and 12 more"));
    }
}
