//! The folders of a store: opened once, never through a link, and the small files in
//! them.
//!
//! A store may come from others, or be shared with them. Its own folder is the user's
//! choice and may be a link; those in it may not.
//!
//! Knows nothing of what the files say.

use std::{
    collections::HashMap,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use fs_err as fs;

use super::store::found;
use acai_common::files::{Folder, FolderEntry};

const FOLDERS: [&str; 9] =
    ["objects", "checksums", "actions", "runs", "roots", "leases", "work", "locks", "damaged"];

/// Folders that others make, when they are needed.
const LATER: [&str; 2] = ["checkpoints", "previews"];

/// Folders that were called otherwise before.
pub(super) const RENAMED: [(&str, &str); 3] =
    [("seals", "checksums"), ("holds", "leases"), ("sheets", "previews")];

/// No small file is longer: most have a line for each instance of a study.
const LONGEST: u64 = 64 << 20;

/// No record is longer.
pub(super) const LONGEST_RECORD: u64 = 4 << 20;

/// The folders of the store at a path.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    open: RwLock<HashMap<String, Arc<Folder>>>,
}

impl Folders {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, open: RwLock::default() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder `name`, which is there.
    pub(super) fn get(&self, name: &str) -> io::Result<Arc<Folder>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = open.get(name) {
            return Ok(Arc::clone(folder));
        }
        drop(open);
        Ok(self.keep(name, Folder::named(&self.root)?.inner(name)?))
    }

    fn keep(&self, name: &str, folder: Folder) -> Arc<Folder> {
        let folder = Arc::new(folder);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(name.to_owned(), Arc::clone(&folder));
        folder
    }

    /// Makes the folders that are not there, and opens all of them anew: somebody may have
    /// removed the store and made another.
    pub(super) fn make(&self) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        let root = Folder::named(&self.root)?;
        RENAMED.iter().try_for_each(|(old, new)| self.take_over(&root, old, new))?;
        for name in FOLDERS {
            self.keep(name, root.make(name)?);
        }
        for name in LATER {
            found(root.inner(name))?;
        }
        Ok(())
    }

    /// Gives a folder that an earlier version made its present name. Others may do
    /// the same at the same time.
    fn take_over(&self, root: &Folder, old: &str, new: &str) -> io::Result<()> {
        if !root.entry(old)?.is_some_and(|there| there.is_folder) {
            return Ok(());
        }
        let is_taken = root.entry(new)?.is_some();
        if !is_taken && fs::rename(self.root.join(old), self.root.join(new)).is_ok() {
            return Ok(());
        }
        let (Some(old), Some(new)) = (found(root.inner(old))?, found(root.inner(new))?) else {
            return Ok(());
        };
        for name in old.names()? {
            if new.entry(&name)?.is_none() {
                found(old.rename(&name, &new, &name))?;
            }
        }
        Ok(())
    }

    /// What is in the small file `name`.
    pub(super) fn read(&self, folder: &str, name: &str) -> io::Result<Vec<u8>> {
        let most = if folder == "actions" { LONGEST_RECORD } else { LONGEST };
        self.get(folder)?.read(name, most)
    }

    /// What stands under `name`; none if there is nothing.
    pub(super) fn entry(&self, folder: &str, name: &str) -> io::Result<Option<FolderEntry>> {
        Ok(match found(self.get(folder))? {
            Some(folder) => folder.entry(name)?,
            None => None,
        })
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, folder: &str, name: &str) -> io::Result<()> {
        found(self.get(folder).and_then(|folder| folder.remove(name))).map(drop)
    }

    /// Writes a small file, whole or not at all. The caller holds the lock `name`.
    pub(super) fn write(&self, folder: &str, name: &str, text: &str) -> io::Result<()> {
        // A file cannot be renamed to where a folder is.
        if self.entry(folder, name)?.is_some_and(|there| there.is_folder) {
            self.move_aside(folder, name, &format!("{name}.{folder}"), "")?;
        }
        let work = self.get("work")?;
        let beside = format!("{name}.{}.{folder}", acai_common::files::random_name());
        let write = || -> io::Result<()> {
            let mut file = work.create_new(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            work.rename(&beside, &*self.get(folder)?, name)
        };
        write().inspect_err(|_| drop(work.remove(&beside)))
    }

    /// Moves what is in the place of the file `name` to `damaged/` and says where it is
    /// now; none if there is nothing. The caller holds its lock.
    pub(super) fn move_aside(
        &self,
        folder: &str,
        name: &str,
        stem: &str,
        end: &str,
    ) -> io::Result<Option<PathBuf>> {
        let damaged = self.get("damaged")?;
        let mut aside = format!("{stem}{end}");
        let mut number = 1;
        while damaged.entry(&aside)?.is_some() {
            number += 1;
            aside = format!("{stem}-{number}{end}");
        }
        let moved = found(self.get(folder)?.rename(name, &damaged, &aside))?;
        Ok(moved.map(|()| damaged.path().join(aside)))
    }

    /// The names in a folder, but for hidden ones, which desktops and file servers leave
    /// everywhere (`.DS_Store`, `.directory`, `.nfs…`).
    pub(super) fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = found(self.get(folder).and_then(|folder| folder.names()))?;
        let mut names = names.take().unwrap_or_default();
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for (old, new) in RENAMED {
            for name in [old, new] {
                let entries = fs::read_dir(root.join(name)).into_iter().flatten();
                let entries = entries.map(|entry| entry.unwrap().file_name());
                names.extend(entries.map(|file| format!("{name}/{}", file.to_string_lossy())));
            }
        }
        names.sort();
        names
    }

    #[test]
    fn a_store_of_an_earlier_version_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let folders = Folders::new(dir.path().to_owned());
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for path in ["seals/a", "holds/p.1", "sheets/a.png"] {
            put(path, "old");
        }
        folders.make().unwrap();
        assert_eq!(tree(dir.path()), ["checksums/a", "leases/p.1", "previews/a.png"]);
        // The earlier version wrote once more; nothing newer is replaced.
        put("seals/a", "older");
        put("seals/b", "older");
        folders.make().unwrap();
        assert_eq!(
            tree(dir.path()),
            ["checksums/a", "checksums/b", "leases/p.1", "previews/a.png", "seals/a"]
        );
        assert_eq!(fs::read_to_string(dir.path().join("checksums/a")).unwrap(), "old");
    }

    #[cfg(unix)]
    #[test]
    fn no_folder_of_a_store_is_a_link() {
        for name in FOLDERS.into_iter().chain(LATER).chain(["seals"]) {
            let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            fs::write(other.path().join("file"), "secret").unwrap();
            std::os::unix::fs::symlink(other.path(), dir.path().join(name)).unwrap();
            let folders = Folders::new(dir.path().to_owned());
            assert!(folders.read(name, "file").is_err() && folders.names(name).is_err(), "{name}");
            assert!(folders.remove(name, "file").is_err() && folders.entry(name, "a").is_err());
            // What was called so before is no folder of this version.
            assert_eq!(folders.make().is_ok(), name == "seals", "{name}");
            assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1, "{name}");
        }
    }
}
