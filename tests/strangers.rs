//! What strangers send, and what others put into folders that are shared, does no harm.
//!
//! Bundles are in `bundles::hostile`, which files of datasets in `fuzz`.
#![cfg(unix)]

mod artifacts;
mod credentials;
mod modes;
mod outputs;
mod places;
mod remotes;
mod servers;
mod shapes;
mod stores;
mod tampering;
mod texts;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use crate::support::{Said, Space};

/// Drawn in no time.
const DRAWN: &str = r#"Pipeline(
    name: "tiny",
    stages: { "lines": Dataset(source: "lines", train: 64, test: 32) },
)
"#;

/// A command that has not ended after so many seconds waits for something for ever.
const PATIENCE: &str = "20";

/// What the program says if it ends in time and needs no more memory and disk than it
/// should: what is wrong must not take the machine with it.
fn bounded(space: &Space, arguments: &[&str]) -> Said {
    let script = "ulimit -v 4000000; ulimit -f 1000000; exec timeout -k 1 \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", PATIENCE, env!("CARGO_BIN_EXE_acai-pipe")]);
    let said = Said::from(space.at_home(command.args(arguments)).output().unwrap());
    assert!(said.code.is_some_and(|code| code < 124), "{arguments:?}: {:?}", said.code);
    said
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// What does harm where a file is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    Pipe,
    Endless,
    Socket,
    Link,
    Huge,
}

const ODD: [Odd; 5] = [Odd::Pipe, Odd::Endless, Odd::Socket, Odd::Link, Odd::Huge];

impl Odd {
    /// Puts it in the place of the file at `path`, if one is there. A link leads to what
    /// was there before.
    fn put(self, path: &Path) {
        let before = path.with_extension("before");
        if path.exists() {
            fs::rename(path, &before).unwrap();
        }
        match self {
            Self::Pipe => pipe(path),
            Self::Endless => symlink("/dev/zero", path).unwrap(),
            Self::Socket => drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
            Self::Link => symlink(&before, path).unwrap(),
            Self::Huge => fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
        }
    }
}

/// A folder that nothing may be read from, written to or removed from.
struct Canary {
    dir: tempfile::TempDir,
    seen: BTreeMap<String, (u64, SystemTime)>,
}

impl Canary {
    /// With old and new files, also of names that ours have.
    fn new(names: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(dir.path().join(name), "precious").unwrap();
            age(&dir.path().join(name));
        }
        let seen = seen(dir.path());
        Self { dir, seen }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    #[track_caller]
    fn is_untouched(&self, what: &dyn std::fmt::Debug) {
        assert_eq!(seen(self.path()), self.seen, "{what:?}");
    }
}

fn seen(folder: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let about = |entry: fs::DirEntry| {
        let data = entry.metadata().unwrap();
        (entry.file_name().to_string_lossy().into_owned(), (data.len(), data.modified().unwrap()))
    };
    entries.map(about).collect()
}

/// Makes a file a month old.
fn age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(30 * 24 * 3600);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    seen(folder).into_keys().collect()
}
