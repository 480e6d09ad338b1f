//! Downloads of files, which are accepted only if their checksum is right.
//!
//! ```text
//! fetch ─lock→ download_from ─retries→ attempt ─pieces→ PartialFile ─verified→ publish
//!              (one mirror)         (one response)     (.part)              (name)
//! ```
//!
//! Knows nothing of datasets, nor of where else a file may lie.

mod access;
mod attempt_error;
mod download_limits;
mod http;
mod mirror;
mod mirror_stream;
mod partial_file;
mod roots;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use fs_err as fs;

pub(super) use self::download_limits::DownloadLimits;
use self::{attempt_error::AttemptError, partial_file::PartialFile};
use super::{
    error::Reason,
    file_spec::{FileSpec, Mismatch, is_interruption},
    mirror::Mirror,
};
use acai_common::{
    events::{Message, Stopped},
    files::FileLock,
};

/// What is to be downloaded, and where to.
#[derive(Clone, Copy, Debug)]
pub(super) struct DownloadRequest<'a> {
    /// The file; it has a checksum.
    pub(super) wanted: &'a FileSpec,
    /// The folder that will hold it under its name.
    pub(super) folder: &'a Path,
    /// How long to wait, and how much to take.
    pub(super) limits: &'a DownloadLimits,
    /// Set by an interruption.
    pub(super) stop: &'a AtomicBool,
}

/// Why there is no file.
#[derive(Debug)]
pub(super) enum DownloadError {
    /// No mirror sent it.
    Mirrors(Vec<(Mirror, Reason)>),
    /// The file could not be written.
    Disk(io::Error),
    /// The request was stopped.
    Interrupted,
}

/// Downloads the file from the first mirror that sends it. Another thread or
/// process that wants the same file waits meanwhile and then finds it.
pub(super) fn fetch(
    request: &DownloadRequest<'_>,
    report: &mut dyn FnMut(Message),
) -> Result<PathBuf, DownloadError> {
    let DownloadRequest { wanted, folder, stop, .. } = *request;
    let beside = |ending: &str| folder.join(format!("{}.{ending}", wanted.name));
    fs::create_dir_all(folder)?;
    let mut waiting = || report(Message::Note(format!("waiting for another download of {wanted}")));
    let lock = FileLock::lock(&beside("lock"), &mut waiting, stop);
    let _lock = lock.map_err(|stopped| match stopped {
        Stopped::Interrupted => DownloadError::Interrupted,
        Stopped::Failed(error) => error.into(),
    })?;
    let target = folder.join(&wanted.name);
    if target.is_file() && request.verify(&target)?.is_ok() {
        return Ok(target);
    }
    let mut partial = PartialFile::open(beside("part"))?;
    match complete(request, &mut partial, report) {
        Ok(()) => partial.publish(&target)?,
        Err(error) => {
            partial.leave();
            return Err(error);
        }
    }
    Ok(target)
}

/// Completes and verifies `partial`, from the first mirror that can.
fn complete(
    request: &DownloadRequest<'_>,
    partial: &mut PartialFile,
    report: &mut dyn FnMut(Message),
) -> Result<(), DownloadError> {
    let wanted = request.wanted;
    let may_be_whole = wanted.size.is_none_or(|size| size <= partial.len());
    if partial.len() > 0 && may_be_whole && request.verify(partial.path())?.is_ok() {
        return Ok(());
    }
    if wanted.size.is_some() && may_be_whole {
        partial.clear()?;
    }
    let mut failed = Vec::new();
    for mirror in &wanted.mirrors {
        report(Message::Note(format!("downloading {wanted} from {mirror}")));
        let reason = match mirror::download_from(request, mirror, partial, report) {
            Ok(()) => return Ok(()),
            Err(AttemptError::Disk(error)) => return Err(error.into()),
            Err(AttemptError::Interrupted) => return Err(DownloadError::Interrupted),
            Err(
                AttemptError::Again { reason, .. }
                | AttemptError::Restart(reason)
                | AttemptError::Next(reason),
            ) => reason,
        };
        report(Message::Note(format!("`{mirror}` {reason}")));
        failed.push((mirror.clone(), reason));
    }
    Err(DownloadError::Mirrors(failed))
}

impl DownloadRequest<'_> {
    fn verify(&self, path: &Path) -> io::Result<Result<(), Mismatch>> {
        self.wanted.verify(path, self.stop)
    }

    /// No answer may be longer: a mirror that sends without end would fill the disk.
    fn bound(&self) -> u64 {
        let DownloadLimits { largest, asked_for, .. } = self.limits;
        let FileSpec { size, at_most, .. } = self.wanted;
        size.or(*asked_for).or(*at_most).unwrap_or(*largest)
    }
}

impl From<io::Error> for DownloadError {
    fn from(error: io::Error) -> Self {
        if is_interruption(&error) { Self::Interrupted } else { Self::Disk(error) }
    }
}

impl From<io::Error> for AttemptError {
    fn from(error: io::Error) -> Self {
        if is_interruption(&error) { Self::Interrupted } else { Self::Disk(error) }
    }
}
