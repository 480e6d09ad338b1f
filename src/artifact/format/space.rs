//! The file that is written, and who has which bytes of it.
//!
//! Knows nothing of what the bytes mean.

use std::{
    fs::File,
    io,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use super::SUPERBLOCK;

/// Everything starts at a multiple of so many bytes.
const ALIGNMENT: u64 = 8;

/// A file under construction.
#[derive(Debug)]
pub(crate) struct Space {
    file: File,
    end: AtomicU64,
}

impl Space {
    /// An empty file at `path`, in place of what is there.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let create = || File::options().write(true).create_new(true).open(path);
        let file = match create() {
            // What a dead process left, or a link that somebody else put there: nothing is
            // written through it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let found = std::fs::symlink_metadata(path)?.file_type();
                if !found.is_file() && !found.is_symlink() {
                    return Err(error);
                }
                std::fs::remove_file(path)?;
                create()
            }
            created => created,
        };
        Ok(Self::of(file?))
    }

    /// An empty file.
    pub(crate) fn of(file: File) -> Self {
        Self { file, end: AtomicU64::new(SUPERBLOCK) }
    }

    /// The end of what is reserved.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// Where the next `bytes` bytes go.
    pub(super) fn reserve(&self, bytes: u64) -> u64 {
        self.end.fetch_add(bytes.next_multiple_of(ALIGNMENT), Ordering::Relaxed)
    }

    /// Writes at the end and says where that was.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let at = self.reserve(bytes.len() as u64);
        self.write(at, bytes)?;
        Ok(at)
    }

    /// Writes at a place that was reserved.
    #[cfg(unix)]
    pub(crate) fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, at)
    }

    /// Writes at a place that was reserved.
    #[cfg(not(unix))]
    pub(crate) fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, Write};
        let mut file = &self.file;
        file.seek(io::SeekFrom::Start(at))?;
        file.write_all(bytes)
    }
}
