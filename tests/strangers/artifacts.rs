//! Artifacts of a shared cache that its author made to do harm: a confined process reads
//! them, and what it refuses is not taken.
//!
//! Each artifact comes with a record that fits it, so nothing but the door stands between
//! it and the store.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use acai_artifact::Reader;
use acai_engine::{
    confined::{Confined, Measure},
    record::Record,
};

use crate::support::{Said, Space};

/// One stage that takes no time.
const ONE: &str = r#"Pipeline(
    name: "one",
    stages: { "lines": Dataset(source: "lines", train: 64, test: 32) },
)
"#;

/// A pipeline that was run, and a shared cache with its result; the store is gone.
struct Shared {
    space: Space,
    digest: String,
}

impl Shared {
    fn new() -> Self {
        let space = Space::new(ONE);
        fs::create_dir(space.path("remote")).unwrap();
        space.run(&[]);
        let said = space.say(&["push", "tiny.ron", "--remote", "remote"]);
        assert!(said.code == Some(0), "{}", said.stderr);
        let digest = space.digests().remove(0).1;
        fs::remove_dir_all(space.path(".acai")).unwrap();
        Self { space, digest }
    }

    fn object(&self) -> PathBuf {
        self.space.path("remote/objects").join(format!("{}.h5", self.digest))
    }

    fn record(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.space.path("remote/actions")).unwrap();
        entries.next().unwrap().unwrap().path()
    }

    /// Changes the artifact and makes the record fit what it holds now.
    fn forge(&mut self, change: impl FnOnce(&Path)) {
        let forged = self.space.path("forged.h5");
        fs::copy(self.object(), &forged).unwrap();
        fs::set_permissions(&forged, PermissionsExt::from_mode(0o644)).unwrap();
        change(&forged);
        let mut record = Record::parse(&fs::read_to_string(self.record()).unwrap()).unwrap();
        let reader = Reader::open(&forged).unwrap();
        record.parts = reader.digests().unwrap();
        record.digest = record.parts.artifact(reader.kind());
        record.bytes = fs::metadata(&forged).unwrap().len();
        fs::write(self.record(), record.text()).unwrap();
        self.digest = record.digest.to_string();
        fs::rename(forged, self.object()).unwrap();
    }

    /// Changes bytes of the artifact, and leaves its record alone.
    fn damage(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.object()).unwrap();
        change(&mut bytes);
        fs::remove_file(self.object()).unwrap();
        fs::write(self.object(), bytes).unwrap();
    }

    fn pull(&self) -> Said {
        self.space.say(&["pull", "tiny.ron", "--remote", "remote"])
    }

    /// How many artifacts and half-written files there are.
    fn kept(&self) -> usize {
        let names = ["objects", "work"].map(|name| self.space.path(".acai").join(name));
        names.iter().map(|folder| fs::read_dir(folder).map_or(0, Iterator::count)).sum()
    }
}

/// Makes the free room of the heap that texts are in end nowhere.
pub(super) fn make_endless(bytes: &mut [u8]) {
    let heap = bytes.windows(4).position(|window| window == b"GCOL").unwrap();
    let mut at = heap + 16;
    loop {
        let length = u64::from_le_bytes(bytes[at + 8..at + 16].try_into().unwrap());
        if bytes[at..at + 2] == [0, 0] {
            bytes[at + 8..at + 16].fill(0);
            return;
        }
        at += 16 + usize::try_from(length).unwrap().next_multiple_of(8);
    }
}

/// What a refused artifact leads to: nothing is taken, and a run computes it.
fn is_refused(shared: &Shared, says: &str) {
    let said = shared.pull();
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains(says), "{says}: {}", said.stderr);
    assert!(said.stderr.contains("is damaged and was not taken"), "{}", said.stderr);
    assert_eq!(shared.kept(), 0);
    let said = shared.space.say(&["run", "tiny.ron", "--remote", "remote"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains(says), "{says}: {}", said.stderr);
}

#[test]
fn data_that_lies_in_other_files_is_not_taken() {
    let mut shared = Shared::new();
    fs::write(shared.space.path("secret.bin"), [7; 64]).unwrap();
    let secret = shared.space.path("secret.bin").display().to_string();
    shared.forge(|path| {
        let file = hdf5::File::open_rw(path).unwrap();
        let builder = file.new_dataset::<u8>().with_dcpl(|plan| plan.external(&secret, 0, 64));
        builder.shape([64, 1]).create("secret").unwrap();
    });
    is_refused(&shared, "lies in other files");
}

#[test]
fn links_to_other_files_are_not_followed() {
    let mut shared = Shared::new();
    let other = shared.space.path("other.h5");
    fs::copy(shared.object(), &other).unwrap();
    shared.forge(|path| {
        let file = hdf5::File::open_rw(path).unwrap();
        file.link_external(other.to_str().unwrap(), "images", "away").unwrap();
    });
    is_refused(&shared, "is a link to something else, which no artifact has");
}

#[test]
fn a_file_that_is_read_for_ever_is_refused() {
    let shared = Shared::new();
    shared.damage(|bytes| make_endless(bytes));
    is_refused(&shared, "makes the HDF5 library crash, go on for ever");
}

#[test]
fn an_artifact_of_a_store_without_a_checksum_is_read_as_one_from_elsewhere() {
    let space = Space::new(ONE);
    space.run(&[]);
    let digest = space.digests().remove(0).1;
    let object = space.path(".acai/objects").join(format!("{digest}.h5"));
    let checksum = space.path(".acai/checksums").join(&digest);
    // What a store lacks is no damage.
    fs::remove_file(&checksum).unwrap();
    let said = space.say(&["cache", "verify"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let mut bytes = fs::read(&object).unwrap();
    make_endless(&mut bytes);
    fs::remove_file(&object).unwrap();
    fs::write(&object, bytes).unwrap();
    let said = space.say(&["cache", "verify", "--repair"]);
    assert!(format!("{}{}", said.stdout, said.stderr).contains("set aside"), "{}", said.stdout);
    let said = space.say(&["run", "tiny.ron"]);
    assert_eq!((said.code, space.digests().remove(0).1), (Some(0), digest), "{}", said.stderr);
}

/// The process that reads for `parent`, as soon as there is one.
#[cfg(target_os = "linux")]
fn reader_of(parent: &Child) -> String {
    let tasks = format!("/proc/{0}/task", parent.id());
    loop {
        for task in fs::read_dir(&tasks).unwrap() {
            let children = fs::read_to_string(task.unwrap().path().join("children"));
            if let Some(child) = children.unwrap_or_default().split_whitespace().next() {
                return child.to_owned();
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a process is gone, or has ended and only its parent does not know.
#[cfg(target_os = "linux")]
fn wait_for_end(process: &str) {
    let goes_on = || {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        !matches!(
            stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next()),
            None | Some('Z')
        )
    };
    while goes_on() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn signals_end_a_pull_and_its_reader() {
    let shared = Shared::new();
    shared.damage(|bytes| make_endless(bytes));
    for (signal, code) in [("TERM", Some(130)), ("INT", Some(130)), ("KILL", None)] {
        let mut command = shared.space.command(&["pull", "tiny.ron", "--remote", "remote"]);
        let mut pull = command.stderr(Stdio::null()).spawn().unwrap();
        let reader = reader_of(&pull);
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-s", signal, &pull.id().to_string()]).status().unwrap().success());
        assert_eq!(pull.wait().unwrap().code(), code, "{signal}");
        wait_for_end(&reader);
    }
    assert_eq!(fs::read_dir(shared.space.path(".acai/objects")).unwrap().count(), 0);
}

#[test]
fn an_artifact_that_only_its_owner_can_read_is_taken() {
    let shared = Shared::new();
    for folder in ["remote/objects", "remote/actions", "remote"] {
        fs::set_permissions(shared.space.path(folder), PermissionsExt::from_mode(0o700)).unwrap();
    }
    for mode in [0o400, 0o600, 0o644] {
        fs::set_permissions(shared.object(), PermissionsExt::from_mode(mode)).unwrap();
        let said = shared.pull();
        assert_eq!(said.code, Some(0), "{mode:o}: {}", said.stderr);
        assert_eq!(shared.space.digests()[0].1, shared.digest);
        fs::remove_dir_all(shared.space.path(".acai")).unwrap();
    }
}

#[test]
fn what_confines_a_reader_and_what_it_lacks_is_known() {
    let found = Confined::new(env!("CARGO_BIN_EXE_acai-pipe").into()).examine().unwrap();
    assert!(found.has.contains(&Measure::Limits), "{found:?}");
    for measure in Measure::ALL {
        let lacks =
            found.lacks.iter().filter(|(lacked, why)| *lacked == measure && !why.is_empty());
        let has = found.has.iter().filter(|had| **had == measure);
        assert_eq!(has.count() + lacks.count(), 1, "{measure}: {found:?}");
    }
    if !cfg!(target_os = "linux") {
        return;
    }
    // Who has the right to change users gives the reader one of its own.
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let may_change_users = status.lines().any(|line| line == "CapEff:\t000001ffffffffff");
    assert!(!may_change_users || found.has.contains(&Measure::User), "{found:?}");
    let has_filters = status.lines().any(|line| line.starts_with("Seccomp_filters:"));
    let is_known = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
    assert!(!(has_filters && is_known) || found.has.contains(&Measure::SystemCalls), "{found:?}");
}
