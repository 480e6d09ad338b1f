//! Where files of datasets are: folders of the user's, then a folder of downloads.
//!
//! Knows nothing of what is in the files.

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use fs_err as fs;

use super::{
    download::{self, DownloadError, DownloadRequest, Limits},
    error::{FetchError, Lacking, NoDownload, PassedOver},
    file_spec::{FileSpec, is_interruption},
};
use acai_common::events::{Interrupted, Message};

/// Where to look for files, and where to download what is nowhere.
#[derive(Clone, Debug, Default)]
pub struct SearchPaths {
    /// Folders to look in, the first first.
    pub folders: Vec<PathBuf>,
    /// Where downloads are kept; none are made without it.
    pub downloads: Option<PathBuf>,
    /// Whether nothing may be downloaded.
    pub is_offline: bool,
}

/// Whose file it is, and where else it may lie.
#[derive(Clone, Copy, Debug)]
pub struct DatasetRef<'a> {
    /// Name of the dataset.
    pub dataset: &'a str,
    /// Name of the folder that the dataset's publisher or readers use.
    pub folder: &'a str,
    /// Folder of the descriptor, if that was given by path.
    pub beside: Option<&'a Path>,
}

/// What looking for a file gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The first file that fits.
    pub found: Option<PathBuf>,
    /// Files of the right name that were looked at before and do not fit.
    pub passed_over: Vec<PassedOver>,
}

impl SearchPaths {
    /// Looks for the file: in each of `folders` as `DIR/name`, `DIR/<dataset>/name`
    /// and `DIR/<folder>/name`, then beside the descriptor, then among the
    /// downloads. What has another size or checksum is passed over.
    ///
    /// Nothing is downloaded.
    pub fn find(&self, wanted: &FileSpec, owner: &DatasetRef<'_>) -> Result<Search, FetchError> {
        self.search(wanted, owner, &AtomicBool::new(false))
    }

    /// [Finds](Self::find) the file, or downloads it from the first mirror that
    /// gives it.
    ///
    /// Tells notes of what was passed over and of failing mirrors, and progress
    /// in bytes.
    pub fn obtain(
        &self,
        wanted: &FileSpec,
        owner: &DatasetRef<'_>,
        tell: &mut dyn FnMut(Message),
        stop: &AtomicBool,
    ) -> Result<PathBuf, FetchError> {
        self.obtain_within(&Limits::usual(), wanted, owner, tell, stop)
    }

    /// [`Self::obtain`], with limits that tests need not wait for.
    pub(super) fn obtain_within(
        &self,
        limits: &Limits,
        wanted: &FileSpec,
        owner: &DatasetRef<'_>,
        tell: &mut dyn FnMut(Message),
        stop: &AtomicBool,
    ) -> Result<PathBuf, FetchError> {
        let search = self.search(wanted, owner, stop)?;
        for passed_over in &search.passed_over {
            tell(Message::Note(passed_over.to_string()));
        }
        if let Some(path) = search.found {
            return Ok(path);
        }
        let lacking = Box::new(self.lacking(wanted, owner, search.passed_over));
        let folder = match self.downloading(wanted) {
            Ok(folder) => folder,
            Err(because) => return Err(FetchError::Missing { lacking, because }),
        };
        let errand = DownloadRequest { wanted, folder: &folder, limits, stop };
        download::fetch(&errand, tell).map_err(|unfetched| match unfetched {
            DownloadError::Mirrors(mirrors) => FetchError::Mirrors { lacking, mirrors },
            DownloadError::Disk(problem) => FetchError::Disk { file: lacking.file, problem },
            DownloadError::Interrupted => Interrupted.into(),
        })
    }

    /// What to say of a file that is nowhere, and is not asked for at mirrors
    /// because nothing would tell that it is the right one.
    pub(super) fn unknown(&self, wanted: &FileSpec, owner: &DatasetRef<'_>) -> FetchError {
        let lacking = Box::new(self.lacking(wanted, owner, Vec::new()));
        FetchError::Missing { lacking, because: NoDownload::NoChecksum }
    }

    fn lacking(
        &self,
        wanted: &FileSpec,
        owner: &DatasetRef<'_>,
        passed_over: Vec<PassedOver>,
    ) -> Lacking {
        let looked_at = self.candidates(wanted, owner);
        let put = looked_at.iter().find(|path| !path.exists()).cloned();
        let (file, dataset) = (wanted.to_string(), owner.dataset.to_owned());
        Lacking { file, dataset, looked_at, passed_over, put }
    }

    fn search(
        &self,
        wanted: &FileSpec,
        owner: &DatasetRef<'_>,
        stop: &AtomicBool,
    ) -> Result<Search, FetchError> {
        if !wanted.is_plain() {
            let (name, dataset) = (wanted.name.clone(), owner.dataset.to_owned());
            return Err(FetchError::Name { name, dataset });
        }
        let mut search = Search::default();
        for path in self.candidates(wanted, owner).into_iter().filter(|path| path.exists()) {
            match judge(wanted, path, stop)? {
                Ok(path) => {
                    search.found = Some(path);
                    break;
                }
                Err(passed_over) => search.passed_over.push(passed_over),
            }
        }
        Ok(search)
    }

    /// The first file of that name, whatever is in it.
    #[must_use]
    pub fn seen(&self, wanted: &FileSpec, owner: &DatasetRef<'_>) -> Option<PathBuf> {
        self.candidates(wanted, owner).into_iter().find(|path| path.is_file())
    }

    /// The folder `name`, in the same places as files.
    pub fn folder(&self, name: &str, owner: &DatasetRef<'_>) -> Result<PathBuf, FetchError> {
        let wanted = FileSpec::named(name);
        if !wanted.is_plain() {
            let (name, dataset) = (name.to_owned(), owner.dataset.to_owned());
            return Err(FetchError::Name { name, dataset });
        }
        let found = self.candidates(&wanted, owner).into_iter().find(|path| path.is_dir());
        found.ok_or_else(|| {
            let lacking = Box::new(self.lacking(&wanted, owner, Vec::new()));
            FetchError::Missing { lacking, because: NoDownload::NoMirrors }
        })
    }

    /// Every place the file may lie at, in the order they are looked at.
    fn candidates(&self, wanted: &FileSpec, owner: &DatasetRef<'_>) -> Vec<PathBuf> {
        let inner = [Path::new(""), owner.dataset.as_ref(), owner.folder.as_ref()];
        let under = |folder: &PathBuf| inner.map(|inner| folder.join(inner));
        let folders = self.folders.iter().flat_map(under);
        let folders = folders.chain(owner.beside.map(Path::to_owned));
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in folders.chain(self.kept(wanted)).map(|folder| folder.join(&wanted.name)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// The folder a download of the file is kept in.
    fn kept(&self, wanted: &FileSpec) -> Option<PathBuf> {
        let mark = wanted.mark()?;
        let name = format!("{}-{}", mark.algorithm.as_str(), mark.digits);
        Some(self.downloads.as_ref()?.join(name))
    }

    /// Whether the file is nowhere and [`Self::obtain`] would download it.
    #[must_use]
    pub fn would_download(&self, wanted: &FileSpec, owner: &DatasetRef<'_>) -> bool {
        let is_absent = self.find(wanted, owner).is_ok_and(|search| search.found.is_none());
        is_absent && self.downloading(wanted).is_ok()
    }

    /// The folder to download to, or why there is none.
    fn downloading(&self, wanted: &FileSpec) -> Result<PathBuf, NoDownload> {
        if wanted.mirrors.is_empty() {
            return Err(NoDownload::NoMirrors);
        }
        if wanted.mark().is_none() {
            return Err(NoDownload::NoChecksum);
        }
        if self.is_offline {
            return Err(NoDownload::Offline);
        }
        self.kept(wanted).ok_or(NoDownload::NoFolder)
    }
}

/// Whether the file at `path`, which is there, is the one that is wanted.
fn judge(
    wanted: &FileSpec,
    path: PathBuf,
    stop: &AtomicBool,
) -> Result<Result<PathBuf, PassedOver>, FetchError> {
    let other = |wanted: String, found: String, path| Ok(Err(PassedOver { path, wanted, found }));
    if !fs::metadata(&path).is_ok_and(|data| data.is_file()) {
        return other("a file".to_owned(), "something else".to_owned(), path);
    }
    match wanted.verify(&path, stop) {
        Ok(Ok(())) => Ok(Ok(path)),
        Ok(Err(mismatch)) => other(mismatch.wanted, mismatch.found, path),
        Err(error) if is_interruption(&error) => Err(Interrupted.into()),
        Err(error) => other("a file that can be read".to_owned(), error.to_string(), path),
    }
}
