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
    download::{self, DownloadError, DownloadLimits, DownloadRequest},
    error::{FetchError, MissingFile, NoDownload, PassedOver},
    file_spec::{FileSpec, is_interruption},
};
use acai_common::{
    events::{Interrupted, Message},
    files,
};

/// Where to look for files, and where to download the missing ones.
#[derive(Clone, Debug, Default)]
pub struct SearchPaths {
    /// Folders to look in, in this order.
    pub folders: Vec<PathBuf>,
    /// Where downloads are kept; none are made without it.
    pub downloads: Option<PathBuf>,
    /// Whether nothing may be downloaded.
    pub is_offline: bool,
    /// The longest download of a file whose length is not declared, in bytes, if the user
    /// says so.
    pub max_download: Option<u64>,
}

/// The dataset that a file belongs to, and where else the file may be.
#[derive(Clone, Copy, Debug)]
pub struct DatasetRef<'a> {
    /// Name of the dataset.
    pub dataset: &'a str,
    /// Name of the folder that the dataset's publisher or readers use.
    pub folder: &'a str,
    /// Folder of the descriptor, if that was given by path.
    pub beside: Option<&'a Path>,
}

impl DatasetRef<'_> {
    /// Whether what is at `path` may be the dataset's. Beside a descriptor that was given
    /// by path there may be links of whoever wrote it: those that lead out of its folder
    /// are not followed. Folders that the user names are the user's.
    fn owns(&self, path: &Path) -> bool {
        let beside = self.beside.filter(|beside| path.parent() == Some(beside));
        beside.is_none_or(|beside| files::is_within(beside, path))
    }
}

/// A file that is not looked at.
fn leads_out(path: PathBuf) -> PassedOver {
    let wanted = "a file in the descriptor's folder (`--data` names other folders)".to_owned();
    PassedOver { path, wanted, found: "a link out of it".to_owned() }
}

/// The result of looking for a file.
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
    pub fn find(
        &self,
        wanted: &FileSpec,
        dataset_ref: &DatasetRef<'_>,
    ) -> Result<Search, FetchError> {
        self.search(wanted, dataset_ref, &AtomicBool::new(false))
    }

    /// [Finds](Self::find) the file, or downloads it from the first mirror that
    /// sends it.
    ///
    /// Reports what was passed over, mirrors that fail, and progress in bytes.
    pub fn obtain(
        &self,
        wanted: &FileSpec,
        dataset_ref: &DatasetRef<'_>,
        report: &mut dyn FnMut(Message),
        stop: &AtomicBool,
    ) -> Result<PathBuf, FetchError> {
        let limits = DownloadLimits { asked_for: self.max_download, ..DownloadLimits::usual() };
        self.obtain_within(&limits, wanted, dataset_ref, report, stop)
    }

    /// [`Self::obtain`] with other limits, which tests choose short.
    pub(super) fn obtain_within(
        &self,
        limits: &DownloadLimits,
        wanted: &FileSpec,
        dataset_ref: &DatasetRef<'_>,
        report: &mut dyn FnMut(Message),
        stop: &AtomicBool,
    ) -> Result<PathBuf, FetchError> {
        let search = self.search(wanted, dataset_ref, stop)?;
        for passed_over in &search.passed_over {
            report(Message::Note(passed_over.to_string()));
        }
        if let Some(path) = search.found {
            return Ok(path);
        }
        let missing = Box::new(self.missing(wanted, dataset_ref, search.passed_over));
        let folder = match self.downloading(wanted) {
            Ok(folder) => folder,
            Err(because) => return Err(FetchError::Missing { missing, because }),
        };
        let request = DownloadRequest { wanted, folder: &folder, limits, stop };
        download::fetch(&request, report).map_err(|error| match error {
            DownloadError::Mirrors(mirrors) => FetchError::Mirrors { missing, mirrors },
            DownloadError::Disk(problem) => FetchError::Disk { file: missing.file, problem },
            DownloadError::Interrupted => Interrupted.into(),
        })
    }

    /// The error for a file that was not found and has no checksum, so that a
    /// download could not be verified.
    pub(super) fn undeclared(&self, wanted: &FileSpec, dataset_ref: &DatasetRef<'_>) -> FetchError {
        let missing = Box::new(self.missing(wanted, dataset_ref, Vec::new()));
        FetchError::Missing { missing, because: NoDownload::NoChecksum }
    }

    fn missing(
        &self,
        wanted: &FileSpec,
        dataset_ref: &DatasetRef<'_>,
        passed_over: Vec<PassedOver>,
    ) -> MissingFile {
        let looked_at = self.candidates(wanted, dataset_ref);
        let put = looked_at.iter().find(|path| !path.exists()).cloned();
        let (file, dataset) = (wanted.to_string(), dataset_ref.dataset.to_owned());
        MissingFile { file, dataset, looked_at, passed_over, put }
    }

    fn search(
        &self,
        wanted: &FileSpec,
        dataset_ref: &DatasetRef<'_>,
        stop: &AtomicBool,
    ) -> Result<Search, FetchError> {
        if !wanted.is_plain() {
            let (name, dataset) = (wanted.name.clone(), dataset_ref.dataset.to_owned());
            return Err(FetchError::Name { name, dataset });
        }
        let mut search = Search::default();
        for path in self.candidates(wanted, dataset_ref).into_iter().filter(|path| path.exists()) {
            if !dataset_ref.owns(&path) {
                search.passed_over.push(leads_out(path));
                continue;
            }
            match compare(wanted, path, stop)? {
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
    pub fn find_unverified(
        &self,
        wanted: &FileSpec,
        dataset_ref: &DatasetRef<'_>,
    ) -> Option<PathBuf> {
        self.candidates(wanted, dataset_ref)
            .into_iter()
            .find(|path| path.is_file() && dataset_ref.owns(path))
    }

    /// The folder `name`, in the same search paths as files.
    pub fn folder(&self, name: &str, dataset_ref: &DatasetRef<'_>) -> Result<PathBuf, FetchError> {
        let wanted = FileSpec::named(name);
        if !wanted.is_plain() {
            let (name, dataset) = (name.to_owned(), dataset_ref.dataset.to_owned());
            return Err(FetchError::Name { name, dataset });
        }
        let is_there = |path: &PathBuf| path.is_dir() && dataset_ref.owns(path);
        let found = self.candidates(&wanted, dataset_ref).into_iter().find(is_there);
        found.ok_or_else(|| {
            let missing = Box::new(self.missing(&wanted, dataset_ref, Vec::new()));
            FetchError::Missing { missing, because: NoDownload::NoMirrors }
        })
    }

    /// Every path that the file may have, in the order they are tried.
    fn candidates(&self, wanted: &FileSpec, dataset_ref: &DatasetRef<'_>) -> Vec<PathBuf> {
        let inner = [Path::new(""), dataset_ref.dataset.as_ref(), dataset_ref.folder.as_ref()];
        let under = |folder: &PathBuf| inner.map(|inner| folder.join(inner));
        let folders = self.folders.iter().flat_map(under);
        let folders = folders.chain(dataset_ref.beside.map(Path::to_owned));
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
        let primary_checksum = wanted.primary_checksum()?;
        let name = format!("{}-{}", primary_checksum.algorithm.as_str(), primary_checksum.digits);
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
        if wanted.primary_checksum().is_none() {
            return Err(NoDownload::NoChecksum);
        }
        if self.is_offline {
            return Err(NoDownload::Offline);
        }
        self.kept(wanted).ok_or(NoDownload::NoFolder)
    }
}

/// Compares the file at `path`, which is there, with what is declared.
fn compare(
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
