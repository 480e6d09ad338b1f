//! The file that a download is appended to, `<name>.part`. It stays if the process
//! ends, and the next download continues it.
//!
//! Knows nothing of mirrors.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use fs_err as fs;

use acai_common::files;

/// An incomplete file. Only the holder of the download's lock has one.
pub(super) struct PartialFile {
    path: PathBuf,
    file: File,
    len: u64,
}

impl PartialFile {
    /// Opens what an earlier download left, or a new one.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = files::open_to_continue(&path)?;
        Self::of(path, file)
    }

    pub(super) fn of(path: PathBuf, mut file: File) -> io::Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        Ok(Self { path, file, len })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Discards all bytes.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.len > 0 {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.len = 0;
        }
        Ok(())
    }

    /// Gives the file its name; it must have been verified.
    pub(super) fn publish(self, target: &Path) -> io::Result<()> {
        let Self { path, file, .. } = self;
        file.sync_all()?;
        drop(file);
        files::rename_durably(&path, target)
    }

    /// Keeps the file for a later download, unless it is empty.
    pub(super) fn leave(self) {
        if self.len == 0 {
            // An empty file that stays does no harm.
            drop(fs::remove_file(&self.path));
        }
    }
}
