//! Downloads of files that are believed by their checksum and by nothing else.
//!
//! ```text
//! fetch ─lock→ draw ─tries→ attempt ─pieces→ Part ─verified→ publish
//!              (one mirror)  (one answer)   (.part)           (name)
//! ```
//!
//! Knows nothing of datasets, nor of where else a file may lie.

mod http;
mod limits;
mod mirror;
mod part;
mod roots;
mod stream;
#[cfg(test)]
mod tests;
mod trouble;

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use fs_err as fs;

pub(super) use self::limits::Limits;
use self::{part::Part, trouble::Trouble};
use super::{
    error::Reason,
    wanted::{Mismatch, Wanted, is_interruption},
};
use acai_common::{events::Told, files::Lock};

/// What is to be downloaded, and where to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand<'a> {
    /// The file; it has a checksum.
    pub(super) wanted: &'a Wanted,
    /// The folder that will hold it under its name.
    pub(super) folder: &'a Path,
    /// How long to wait.
    pub(super) limits: &'a Limits,
    /// Set from outside, it ends everything.
    pub(super) stop: &'a AtomicBool,
}

/// Why there is no file.
#[derive(Debug)]
pub(super) enum Unfetched {
    /// No mirror gave it.
    Mirrors(Vec<(String, Reason)>),
    /// The system refused.
    Disk(io::Error),
    /// The errand was stopped.
    Interrupted,
}

/// Downloads the file from the first mirror that gives it. Whoever else wants
/// it meanwhile, in this process or another, waits and finds it done.
pub(super) fn fetch(errand: &Errand<'_>, tell: &mut dyn FnMut(Told)) -> Result<PathBuf, Unfetched> {
    let Errand { wanted, folder, stop, .. } = *errand;
    let beside = |ending: &str| folder.join(format!("{}.{ending}", wanted.name));
    fs::create_dir_all(folder)?;
    let mut waiting = || tell(Told::Note(format!("waiting for another download of {wanted}")));
    let lock = Lock::take(&beside("lock"), &mut waiting, stop)?;
    let _lock = lock.map_err(|_| Unfetched::Interrupted)?;
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
    errand: &Errand<'_>,
    part: &mut Part,
    tell: &mut dyn FnMut(Told),
) -> Result<(), Unfetched> {
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
        tell(Told::Note(format!("downloading {wanted} from {mirror}")));
        let reason = match mirror::draw(errand, mirror, part, tell) {
            Ok(()) => return Ok(()),
            Err(Trouble::Disk(error)) => return Err(error.into()),
            Err(Trouble::Interrupted) => return Err(Unfetched::Interrupted),
            Err(
                Trouble::Again { reason, .. } | Trouble::Restart(reason) | Trouble::Next(reason),
            ) => reason,
        };
        tell(Told::Note(format!("`{mirror}` {reason}")));
        failed.push((mirror.clone(), reason));
    }
    Err(Unfetched::Mirrors(failed))
}

impl Errand<'_> {
    fn verify(&self, path: &Path) -> io::Result<Result<(), Mismatch>> {
        self.wanted.verify(path, self.stop)
    }
}

impl From<io::Error> for Unfetched {
    fn from(error: io::Error) -> Self {
        if is_interruption(&error) { Self::Interrupted } else { Self::Disk(error) }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if is_interruption(&error) { Self::Interrupted } else { Self::Disk(error) }
    }
}
