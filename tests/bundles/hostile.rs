//! Bundles that strangers made to do harm, or that came to harm: each is
//! refused with a word, in bounded memory, and leaves nothing behind.
//!
//! Knows nothing of how they are made; `forge` puts together what the tables
//! below change.

mod archive;
mod artifacts;
mod claims;

use std::{collections::BTreeMap, os::unix::fs::MetadataExt, path::Path, process::Command};

use super::good;
use crate::support::{Said, Space};

/// A bundle, and what its refusal has to say.
pub(super) struct Hostile {
    pub(super) what: String,
    pub(super) says: String,
    pub(super) bytes: Vec<u8>,
}

impl Hostile {
    pub(super) fn new(what: impl Into<String>, says: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { what: what.into(), says: says.into(), bytes }
    }
}

/// All of them.
fn all() -> impl Iterator<Item = Hostile> {
    let all = [archive::all(good()), artifacts::all(good()), claims::all(good())];
    all.into_iter().flatten()
}

/// The bundles alone: what a fuzzer starts from.
pub(crate) fn corpus() -> Vec<Vec<u8>> {
    all().map(|hostile| hostile.bytes).collect()
}

/// Bytes of memory that a command may map, in kibibytes as `ulimit` has it. A
/// bundle that it is needed for is refused at a tenth of it.
const MEMORY: &str = "1500000";

/// Everything below a folder, with what can be seen of it.
fn snapshot(folder: &Path) -> BTreeMap<String, (u64, u64, i64)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let about = std::fs::symlink_metadata(&path).unwrap();
            let seen = if about.is_dir() {
                (0, 0, 0)
            } else {
                (about.len(), about.ino(), about.mtime_nsec())
            };
            found.insert(path.display().to_string(), seen);
            if about.is_dir() {
                open.push(path);
            }
        }
    }
    found
}

/// The program with bounded memory.
fn bounded(space: &Space, arguments: &str) -> Said {
    let program = env!("CARGO_BIN_EXE_acai-pipe");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY}; exec '{program}' {arguments}")]);
    let output = space.at_home(&mut command).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// What is wrong with how the bundle was refused, if anything is.
fn problem(space: &Space, hostile: &Hostile) -> Option<String> {
    let Hostile { what, says, bytes } = hostile;
    std::fs::write(space.path("evil.acai"), bytes).unwrap();
    let before = snapshot(&space.path(""));
    let said = bounded(space, "unbundle evil.acai target");
    let told = format!("{what}: {:?} {}{}wanted: {says}", said.code, said.stdout, said.stderr);
    let refusal = "`evil.acai` is refused, and nothing of it is kept";
    let is_told = said.stderr.contains(says.as_str()) && said.stderr.contains(refusal);
    let is_quiet = !said.stderr.contains("panicked") && !said.stderr.contains('\u{1b}');
    let is_gone = snapshot(&space.path("")) == before;
    let _ = std::fs::remove_dir_all(space.path("target"));
    let is_refused = said.code == Some(2) && said.stdout.is_empty();
    (!(is_refused && is_told && is_quiet && is_gone)).then_some(told)
}

#[test]
fn hostile_bundles_are_refused_and_leave_nothing_behind() {
    let all: Vec<Hostile> = all().collect();
    assert!(all.len() >= 100, "{}", all.len());
    let space = Space::new("");
    let problems: Vec<String> = all.iter().filter_map(|hostile| problem(&space, hostile)).collect();
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), all.len(), problems.join("\n"));
}

#[test]
fn whoever_runs_a_hostile_bundle_has_nothing_of_it_in_the_cache() {
    let space = Space::new("");
    let some = [archive::all(good()), artifacts::all(good()), claims::all(good())];
    for hostile in some.iter().flat_map(|all| all.iter().step_by(9)) {
        std::fs::write(space.path("evil.acai"), &hostile.bytes).unwrap();
        for verb in ["run", "compare", "show", "plan"] {
            let said = bounded(&space, &format!("{verb} evil.acai"));
            let what = &hostile.what;
            if hostile.bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
                assert!(said.code == Some(2), "{what}: {:?} {}", said.code, said.stderr);
            }
            assert!(said.code != Some(0) && said.stdout.is_empty(), "{what}: {}", said.stdout);
        }
        let kept = snapshot(&space.path(".acai"));
        let kept: Vec<&String> =
            kept.iter().filter(|(_, seen)| seen.0 > 0).map(|(path, _)| path).collect();
        assert!(kept.iter().all(|path| path.ends_with("/hashes")), "{}: {kept:?}", hostile.what);
    }
}

#[test]
fn one_weight_flipped_is_refused_with_the_name_of_the_artifact() {
    let said = &artifacts::flipped_weight(good());
    assert!(said.says.contains("the artifact of models/baseline/0 is not what the lock says"));
    assert_eq!(problem(&Space::new(""), said), None);
}

/// The child that opens it has ten seconds.
#[test]
fn a_file_that_is_read_for_ever_is_refused_in_time() {
    assert_eq!(problem(&Space::new(""), &artifacts::endless(good())), None);
}
