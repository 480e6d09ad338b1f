//! Downloads from servers that are well-behaved and from servers that are not.

mod answers;
mod concurrent;
mod server;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, atomic::AtomicBool},
    time::Duration,
};

use fs_err as fs;

use self::server::Server;
use super::DownloadLimits;
use crate::{
    DatasetRef, FetchError, FileSpec, Mirror, SearchPaths,
    checksum::{Algorithm, Checksum},
    error::Reason,
};
use acai_common::events::Message;

/// The length of [`bytes`].
const LEN: usize = 100_000;

/// What the file should hold.
fn bytes() -> Vec<u8> {
    (0..LEN).map(|at| (at * at / 7 % 251) as u8).collect()
}

fn checksum(bytes: &[u8]) -> Checksum {
    Checksum::of(Algorithm::Md5, bytes).unwrap()
}

/// No waiting between tries; patience where patience is not tested.
fn quick() -> DownloadLimits {
    DownloadLimits {
        delays: [1, 2, 3].map(Duration::from_millis).into(),
        longest_delay: Duration::from_millis(30),
        least: 1000,
        uses_proxies: false,
        ..DownloadLimits::usual()
    }
}

/// A file that is wanted, and an empty folder for it.
struct Case {
    downloads: PathBuf,
    _dir: tempfile::TempDir,
    wanted: FileSpec,
    limits: DownloadLimits,
    messages: Mutex<Vec<Message>>,
    stop: AtomicBool,
}

impl Case {
    /// Wants [`bytes`] from `mirrors`.
    fn new(mirrors: &[String]) -> Self {
        let wanted = FileSpec {
            name: "data.bin".to_owned(),
            size: Some(LEN as u64),
            checksum: Some(checksum(&bytes())),
            content: None,
            at_most: None,
            mirrors: mirrors.iter().map(Mirror::new).collect(),
        };
        let (messages, stop) = (Mutex::default(), AtomicBool::new(false));
        let dir = tempfile::tempdir().unwrap();
        Self {
            downloads: dir.path().to_owned(),
            _dir: dir,
            wanted,
            limits: quick(),
            messages,
            stop,
        }
    }

    fn of(server: &Server) -> Self {
        Self::new(&[server.url()])
    }

    fn folder(&self) -> PathBuf {
        let primary_checksum = self.wanted.primary_checksum().unwrap();
        self.downloads.join(format!(
            "{}-{}",
            primary_checksum.algorithm.as_str(),
            primary_checksum.digits
        ))
    }

    fn part(&self) -> PathBuf {
        self.folder().join("data.bin.part")
    }

    /// Leaves `bytes` as a killed process would.
    fn leave_part(&self, bytes: &[u8]) {
        fs::create_dir_all(self.folder()).unwrap();
        fs::write(self.part(), bytes).unwrap();
    }

    fn obtain(&self) -> Result<PathBuf, FetchError> {
        let downloads = Some(self.downloads.clone());
        let search_paths = SearchPaths { downloads, ..SearchPaths::default() };
        let dataset_ref = DatasetRef { dataset: "data", folder: "data", beside: None };
        let mut report = |message| self.messages.lock().unwrap().push(message);
        search_paths.obtain_within(
            &self.limits,
            &self.wanted,
            &dataset_ref,
            &mut report,
            &self.stop,
        )
    }

    /// Obtains the file, which must be the right one, and the only one left.
    #[track_caller]
    fn succeeds(&self) {
        let path = self.obtain().unwrap();
        assert_eq!(path, self.folder().join("data.bin"));
        assert!(fs::read(&path).unwrap() == bytes(), "another file was obtained");
        assert_eq!(self.left(), ["data.bin", "data.bin.lock"]);
    }

    /// Fails to obtain the file, for one reason per mirror.
    #[track_caller]
    fn fails(&self) -> Vec<Reason> {
        let error = self.obtain().unwrap_err();
        assert!(!self.folder().join("data.bin").exists(), "a file that is not right");
        let FetchError::Mirrors { mirrors, .. } = error else { panic!("{error}") };
        mirrors.into_iter().map(|(_, reason)| reason).collect()
    }

    /// Names of the files in the download's folder.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(&entry.unwrap().path())).collect();
        names.sort();
        names
    }

    fn notes(&self) -> Vec<String> {
        let messages = self.messages.lock().unwrap();
        let note = |message: &Message| match message {
            Message::Note(note) => Some(note.clone()),
            Message::Progress(_) => None,
        };
        messages.iter().filter_map(note).collect()
    }
}
