//! Where a lockfile is, and how it is written atomically.
//!
//! Knows nothing of what a lock says.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::Lockfile;
use acai_common::{
    diagnostics::{Diagnostic, Diagnostics},
    files::{self, FileLock},
    text::decode,
};

/// So much of a file is read at most; [`Lockfile::read`] refuses less.
const MOST: u64 = 17 << 20;

/// The lockfile of the pipeline at `path`: `x.lock.ron` beside `x.ron`.
#[must_use]
pub fn beside(path: &Path) -> PathBuf {
    if path.extension().is_some_and(|extension| extension == "ron") {
        return path.with_extension("lock.ron");
    }
    let mut whole = path.as_os_str().to_owned();
    whole.push(".lock.ron");
    whole.into()
}

/// Why a lockfile was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// What is there cannot be read.
    #[error("{0}")]
    Read(Diagnostics),
    /// It cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
}

impl Lockfile {
    /// Reads the lock at `path`; none if there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is no lock.
    pub fn load(path: &Path) -> Result<Option<Self>, Diagnostics> {
        let bytes = match files::read_named(path, MOST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(diagnostic(error.to_string())),
        };
        let name = path.display().to_string();
        match decode(bytes) {
            Ok(text) => Self::read(&name, &text).map(Some),
            Err(why) => Err(diagnostic(format!("`{name}` is no lock: it {why}"))),
        }
    }

    /// Reads the lock at `path` and writes what `change` makes of it, if anything, while
    /// no other process does the same: nothing that another one wrote is lost.
    ///
    /// # Errors
    /// It cannot be read, is no lock, or cannot be written.
    pub fn update(
        path: &Path,
        change: impl FnOnce(Self) -> Option<Self>,
    ) -> Result<(), UpdateError> {
        let path = std::path::absolute(path)?;
        // The folder is locked, since the file is replaced. Where folders cannot be locked,
        // as on some network file systems, it is done without.
        let _lock = path.parent().map(FileLock::lock_folder).and_then(Result::ok);
        let old = Self::load(&path).map_err(UpdateError::Read)?.unwrap_or_default();
        match change(old) {
            Some(new) => Ok(new.save(&path)?),
            None => Ok(()),
        }
    }

    /// Whether the file at `path` is, byte for byte, what [`Lockfile::save`] would
    /// write; then it need not be read.
    #[must_use]
    pub fn is_saved_at(&self, path: &Path) -> bool {
        files::read_unlinked(path, MOST).is_ok_and(|bytes| bytes == self.write().as_bytes())
    }

    /// Writes the lock to `path`, whole or not at all.
    ///
    /// # Errors
    /// The folder cannot be written, or there is a link.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        // It is beside the pipeline, where nobody named it.
        files::expect_own_place(path)?;
        files::write_atomically(path, self.write().as_bytes())
    }
}

fn diagnostic(message: String) -> Diagnostics {
    Diagnostics::new(Arc::default(), vec![Diagnostic::new(message)])
}
