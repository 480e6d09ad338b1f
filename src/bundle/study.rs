//! From a bundle to a folder that can be worked with: unpacked beside its place,
//! checked there, and moved in whole.
//!
//! Knows nothing of archives, and not what is checked.

use std::{
    io,
    path::{Path, PathBuf},
};

use fs_err as fs;

use super::{
    PIPELINE, Refusal, Refused, STORE,
    manifest::{FileRole, ManifestEntry, role},
    pack::copy,
    unpack::{UNVERIFIED, manifest, unpack},
    verify_import::import,
};
use acai_artifact::Digest;
use acai_common::files::{self, FileLock, Folder};
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
        let digest = digest(bundle)?.to_string();
        let cache = std::path::absolute(cache)?;
        if let Some(study) = Self::unpacked(bundle, &cache, &digest)? {
            return Ok(study);
        }
        fs::create_dir_all(&cache)?;
        let bundles = Folder::named(&cache)?.make(BUNDLES)?.path().to_owned();
        let _lock = FileLock::lock_uninterrupted(&bundles.join(format!("{digest}.lock")))?;
        if let Some(study) = Self::unpacked(bundle, &cache, &digest)? {
            return Ok(study);
        }
        let half = format!("{HALF}{digest}-");
        sweep(&bundles, &half)?;
        checked(bundle, &half, &bundles.join(digest), confined)
    }

    /// The study in `bundle` as it was unpacked into the cache, if it was and what it says
    /// is still what the bundle says.
    fn unpacked(bundle: &Path, cache: &Path, digest: &str) -> Result<Option<Self>, Refusal> {
        let open = || Folder::named(cache)?.inner(BUNDLES)?.inner(digest);
        let folder = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            folder => folder?,
        };
        for entry in manifest(bundle)? {
            let is_read = matches!(role(&entry.path), FileRole::Text | FileRole::Descriptor);
            if is_read && !is_as_packed(&folder, &entry) {
                let folder = folder.path().to_owned();
                return Err(Refusal::Changed { folder, path: entry.path });
            }
        }
        Ok(Some(Self { folder: folder.path().to_owned() }))
    }
}

/// Whether a text that was unpacked is still what the bundle holds.
fn is_as_packed(folder: &Folder, entry: &ManifestEntry) -> bool {
    let read = || match entry.path.split_once('/') {
        Some((inner, name)) => folder.inner(inner)?.read(name, entry.size),
        None => folder.read(&entry.path, entry.size),
    };
    let digest = |bytes: Vec<u8>| copy(&mut bytes.as_slice(), &mut io::sink());
    read().and_then(digest).is_ok_and(|(_, digest)| digest == entry.digest)
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
    Ok(copy(&mut files::open_named(bundle)?, &mut io::sink())?.1)
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

/// Folders for half-made things are closed to others; this one is done, and gets the mode
/// that folders get here: one is made to see which.
#[cfg(unix)]
fn open_up(folder: &Path) -> io::Result<()> {
    let sample = folder.join(".mode");
    fs::create_dir(&sample)?;
    let mode = fs::metadata(&sample)?.permissions();
    fs::remove_dir(&sample)?;
    fs::set_permissions(folder, mode)
}

#[cfg(not(unix))]
fn open_up(_folder: &Path) -> io::Result<()> {
    Ok(())
}
