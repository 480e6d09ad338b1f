//! From a bundle to a folder that can be worked with: unpacked beside its place,
//! checked there, and moved in whole.
//!
//! Knows nothing of archives, and not what is checked.

use std::{
    io,
    path::{Path, PathBuf},
};

use fs_err::{self as fs, File};

use super::{
    PIPELINE, Refusal, Refused, STORE,
    pack::copy,
    unpack::{UNVERIFIED, unpack},
    verify_import::import,
};
use acai_artifact::Digest;
use acai_common::files::FileLock;
use acai_engine::{confined::Confined, store::Store};

/// Where bundles are unpacked, in a cache.
const BUNDLES: &str = "bundles";

/// How folders start that bundles are unpacked to.
const HALF: &str = ".unpacking-";

/// A bundle that was unpacked.
#[derive(Clone, Debug)]
pub struct Study {
    folder: PathBuf,
}

impl Study {
    /// Its pipeline.
    #[must_use]
    pub fn pipeline(&self) -> PathBuf {
        self.folder.join(PIPELINE)
    }

    /// What it brought along, and what is made of it later.
    ///
    /// It has a store of its own: that its records are true is what its author
    /// says, so they answer for nothing but this study.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::new(&self.folder.join(STORE))
    }

    /// The study in `bundle`; it is unpacked once, into the folder `cache`.
    ///
    /// # Errors
    /// If the bundle is refused.
    pub fn open(bundle: &Path, cache: &Path, confined: &Confined) -> Result<Self, Refused> {
        Self::in_cache(bundle, cache, confined).map_err(|why| why.of(bundle))
    }

    /// Unpacks `bundle` into `target`, a folder that is not there yet or empty.
    ///
    /// # Errors
    /// If the bundle is refused, or if there is something already.
    pub fn unpack(bundle: &Path, target: &Path, confined: &Confined) -> Result<Self, Refused> {
        let here = || -> Result<Self, Refusal> {
            is_free(target)?;
            let target = std::path::absolute(target)?;
            checked(bundle, HALF, &target, confined)
        };
        here().map_err(|why| why.of(bundle))
    }

    fn in_cache(bundle: &Path, cache: &Path, confined: &Confined) -> Result<Self, Refusal> {
        let digest = digest(bundle)?;
        let bundles = std::path::absolute(cache.join(BUNDLES))?;
        let place = bundles.join(digest.to_string());
        if place.is_dir() {
            return Ok(Self { folder: place });
        }
        fs::create_dir_all(&bundles)?;
        let _lock = FileLock::lock_uninterrupted(&bundles.join(format!("{digest}.lock")))?;
        if place.is_dir() {
            return Ok(Self { folder: place });
        }
        let half = format!("{HALF}{digest}-");
        sweep(&bundles, &half)?;
        checked(bundle, &half, &place, confined)
    }
}

/// Removes what killed processes left of this bundle; the process that
/// unpacks it holds its lock.
fn sweep(bundles: &Path, half: &str) -> io::Result<()> {
    for entry in fs::read_dir(bundles)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(half) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn digest(bundle: &Path) -> io::Result<Digest> {
    Ok(copy(&mut File::open(bundle)?, &mut io::sink())?.1)
}

fn is_free(target: &Path) -> io::Result<()> {
    let taken =
        || io::Error::other(format!("there is something in `{}` already", target.display()));
    match fs::read_dir(target) {
        Ok(mut inside) => {
            if inside.next().is_none() {
                Ok(())
            } else {
                Err(taken())
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) => Err(taken()),
    }
}

/// Unpacks in a folder of its own beside `place`, whose name starts with `half`
/// and which is removed unless everything is sound; then it becomes `place`.
fn checked(bundle: &Path, half: &str, place: &Path, confined: &Confined) -> Result<Study, Refusal> {
    let parent = place.parent().unwrap_or(Path::new("."));
    let half = tempfile::Builder::new().prefix(half).tempdir_in(parent)?;
    let entries = unpack(bundle, half.path())?;
    import(&entries, half.path(), confined)?;
    fs::remove_dir_all(half.path().join(UNVERIFIED))?;
    open_up(half.path())?;
    fs::rename(half.path(), place)?;
    // It is gone from where it was, so there is nothing to remove.
    let _ = half.keep();
    Ok(Study { folder: place.to_owned() })
}

/// Folders for half-made things are closed to others; this one is done.
#[cfg(unix)]
fn open_up(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_up(_folder: &Path) -> io::Result<()> {
    Ok(())
}
