//! The file that a verb writes: where the user said, or where such files go by default.
//!
//! A link that the user named is followed, and that is said. By default nothing is written
//! where there is a link: it was put there by somebody else.
//!
//! Knows nothing of what is in the file.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use super::exit::Failure;
use acai_common::files;

/// Where a verb writes.
pub(super) struct OutputFile {
    path: PathBuf,
    /// Where the link leads that was named.
    target: Option<PathBuf>,
}

impl OutputFile {
    /// The file that the user named, as it is or through a link.
    pub(super) fn named(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), target: files::link_target(path)? })
    }

    /// A file of the store's, in place of whatever is there.
    pub(super) fn own(path: &Path) -> Self {
        Self { path: path.to_owned(), target: None }
    }

    /// The file that `option` names, else one called `default` here.
    pub(super) fn new(named: Option<&Path>, default: &str, option: &str) -> Result<Self, Failure> {
        let Some(path) = named else {
            let path = PathBuf::from(default);
            let told = |error| Failure::Usage(format!("{error}; `{option} FILE` names another"));
            files::expect_own_place(&path).map_err(told)?;
            return Ok(Self { path, target: None });
        };
        Ok(Self::named(path)?)
    }

    /// The file itself, which is no link.
    pub(super) fn path(&self) -> &Path {
        self.target.as_deref().unwrap_or(&self.path)
    }

    /// Whether a link was named.
    pub(super) fn is_link(&self) -> bool {
        self.target.is_some()
    }

    /// Writes the whole file.
    pub(super) fn write(&self, content: &[u8]) -> io::Result<()> {
        files::replace(self.path(), content)
    }
}

impl fmt::Display for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        let Some(target) = &self.target else { return Ok(()) };
        write!(f, " (a link to {})", target.display())
    }
}
