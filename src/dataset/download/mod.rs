//! Downloads of files that are believed by their checksum and by nothing else.
//!
//! ```text
//! fetch ─lock→ draw ─tries→ attempt ─pieces→ Part ─verified→ publish
//!              (one mirror)  (one answer)   (.part)           (name)
//! ```
//!
//! Knows nothing of datasets, nor of where else a file may lie.

mod attempt_error;
mod http;
mod limits;
mod mirror;
mod part;
mod roots;
mod stream;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use fs_err as fs;

pub(super) use self::limits::Limits;
use self::{attempt_error::AttemptError, part::Part};
use super::{
    error::Reason,
    file_spec::{FileSpec, Mismatch, is_interruption},
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
    /// How long to wait.
    pub(super) limits: &'a Limits,
    /// Set from outside, it ends everything.
    pub(super) stop: &'a AtomicBool,
}

/// Why there is no file.
#[derive(Debug)]
pub(super) enum DownloadError {
    /// No mirror gave it.
    Mirrors(Vec<(String, Reason)>),
    /// The system refused.
    Disk(io::Error),
    /// The errand was stopped.
    Interrupted,
}

/// Downloads the file from the first mirror that gives it. Whoever else wants
/// it meanwhile, in this process or another, waits and finds it done.
pub(super) fn fetch(
    errand: &DownloadRequest<'_>,
    tell: &mut dyn FnMut(Message),
) -> Result<PathBuf, DownloadError> {
    let DownloadRequest { wanted, folder, stop, .. } = *errand;
    let beside = |ending: &str| folder.join(format!("{}.{ending}", wanted.name));
    fs::create_dir_all(folder)?;
    let mut waiting = || tell(Message::Note(format!("waiting for another download of {wanted}")));
    let lock = FileLock::lock(&beside("lock"), &mut waiting, stop);
    let _lock = lock.map_err(|stopped| match stopped {
        Stopped::Interrupted => DownloadError::Interrupted,
        Stopped::Failed(error) => error.into(),
    })?;
    let target = folder.join(&wanted.name);
    if target.is_file() && errand.verify(&target)?.is_ok() {
        return Ok(target);
    }
    let mut part = Part::open(beside("part"))?;
    match complete(errand, &mut part, tell) {
        Ok(()) => part.publish(&target)?,
        Err(unfetched) => {
            part.leave();
            return Err(unfetched);
        }
    }
    Ok(target)
}

/// Completes and verifies `part`, from the first mirror that helps.
fn complete(
    errand: &DownloadRequest<'_>,
    part: &mut Part,
    tell: &mut dyn FnMut(Message),
) -> Result<(), DownloadError> {
    let wanted = errand.wanted;
    let may_be_whole = wanted.size.is_none_or(|size| size <= part.len());
    if part.len() > 0 && may_be_whole && errand.verify(part.path())?.is_ok() {
        return Ok(());
    }
    if wanted.size.is_some() && may_be_whole {
        part.clear()?;
    }
    let mut failed = Vec::new();
    for mirror in &wanted.mirrors {
        tell(Message::Note(format!("downloading {wanted} from {mirror}")));
        let reason = match mirror::draw(errand, mirror, part, tell) {
            Ok(()) => return Ok(()),
            Err(AttemptError::Disk(error)) => return Err(error.into()),
            Err(AttemptError::Interrupted) => return Err(DownloadError::Interrupted),
            Err(
                AttemptError::Again { reason, .. }
                | AttemptError::Restart(reason)
                | AttemptError::Next(reason),
            ) => reason,
        };
        tell(Message::Note(format!("`{mirror}` {reason}")));
        failed.push((mirror.clone(), reason));
    }
    Err(DownloadError::Mirrors(failed))
}

impl DownloadRequest<'_> {
    fn verify(&self, path: &Path) -> io::Result<Result<(), Mismatch>> {
        self.wanted.verify(path, self.stop)
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
