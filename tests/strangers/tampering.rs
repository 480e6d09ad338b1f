//! A shared cache and a store that somebody changes between our commands and during them:
//! entries are planted, swapped, linked, cut and exchanged for what is no file. Nothing
//! outside is touched, every command ends, in little memory, and says how it went.
//!
//! A few rounds under `make test`; as many as `ACAI_FUZZ_ROUNDS` says, from the seed that
//! `ACAI_FUZZ_SEED` says. A failure prints the seed and what was done in the round.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use crate::support::{Dice, Space, microseconds, number};

/// Rounds, if nothing else is asked for.
const ROUNDS: u64 = 20;

/// Whoever works for so many seconds works for ever; and so many seconds of nothing are a
/// wait for ever, however busy the machine is.
const WORKS_S: u64 = 10;
const WAITS: Duration = Duration::from_secs(120);

/// Private memory of a process, and the longest file it may write, in kibibytes.
const MEMORY: u64 = 256 << 10;
const FILE: u64 = 64 << 10;

const TWO: &str = r#"Pipeline(
    name: "two",
    stages: {
        "lines": Dataset(source: "lines", train: 32, test: 16),
        "more":  Dataset(source: "lines", train: 48, test: 16),
    },
)
"#;

/// What is done to the store and the shared cache.
const COMMANDS: [&[&str]; 11] = [
    &["pull", "tiny.ron", "--remote", "remote"],
    &["pull", "tiny.ron", "--remote", "remote", "--cache", "other"],
    &["run", "tiny.ron", "--remote", "remote"],
    &["push", "tiny.ron", "--remote", "remote"],
    &["push", "tiny.ron", "--remote", "remote", "--again"],
    &["plan", "tiny.ron", "--remote", "remote"],
    &["run", "tiny.ron"],
    &["show", "tiny.ron"],
    &["cache", "verify", "--repair"],
    &["cache", "info"],
    &["gc", "tiny.ron"],
];

/// Everything below a folder that is no link, itself included; links are listed only.
fn entries(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir()) {
            let inside = fs::read_dir(&path).into_iter().flatten().flatten();
            found.extend(inside.map(|entry| entry.path()));
        }
    }
    found.sort();
    found
}

/// What can be seen of everything below a folder.
fn seen(root: &Path) -> BTreeMap<PathBuf, (u64, i64, u32, Vec<u8>)> {
    let about = |path: PathBuf| {
        let about = fs::symlink_metadata(&path).unwrap();
        let bytes = if about.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        (path, (about.ino(), about.mtime(), about.mode(), bytes))
    };
    entries(root).into_iter().map(about).collect()
}

fn copy(from: &Path, to: &Path) {
    for path in entries(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

/// Never writes through a link.
fn put(path: &Path, bytes: &[u8]) {
    remove(path);
    drop(fs::write(path, bytes));
}

fn remove(path: &Path) {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|about| about.is_dir());
    drop(if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) });
}

fn make_old(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(30 * 24 * 3600);
    let file = fs::File::options().write(true).open(path);
    drop(file.and_then(|file| file.set_modified(then)));
}

/// The places that somebody changes, and the one that nothing may change.
struct Ground {
    space: Space,
    canary: tempfile::TempDir,
    dice: Dice,
    /// What was done in this round.
    done: Vec<String>,
    /// Contents to be put in the place of others.
    contents: Vec<Vec<u8>>,
    /// Names that files of ours have.
    names: Vec<String>,
    /// How many commands ended with the codes 0, 1 and 2.
    codes: [u64; 3],
}

impl Ground {
    fn new(seed: u64) -> Self {
        let space = Space::new(TWO);
        fs::create_dir(space.path("remote")).unwrap();
        space.run(&[]);
        let said = space.say(&["push", "tiny.ron", "--remote", "remote"]);
        assert!(said.code == Some(0), "{}", said.stderr);
        for place in ["remote", ".acai"] {
            copy(&space.path(place), &space.path("sound").join(place));
        }
        let all = entries(&space.path("sound"));
        let files: Vec<&PathBuf> = all.iter().filter(|path| path.is_file()).collect();
        let mut contents: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
        let mut endless =
            contents.iter().find(|bytes| bytes.starts_with(b"\x89HDF")).unwrap().clone();
        super::artifacts::make_endless(&mut endless);
        contents.extend([endless, Vec::new(), vec![b'a'; 8 << 20], b"\0\n\x1b[2J\n".repeat(99)]);
        let name = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let mut names: Vec<String> = files.iter().map(name).collect();
        names.extend(names.clone().iter().map(|name| format!("{name}.host-1-2-3")));
        names.extend([".part", "note.txt", "two.1", "incoming", "objects"].map(str::to_owned));
        let canary = tempfile::tempdir().unwrap();
        for folder in ["", "objects", "incoming", "work"] {
            fs::create_dir_all(canary.path().join(folder)).unwrap();
            for name in names.iter().filter(|name| !name.contains("objects") && *name != "incoming")
            {
                let path = canary.path().join(folder).join(name);
                fs::write(&path, "precious").unwrap();
                make_old(&path);
            }
        }
        Self { space, canary, dice: Dice(seed), done: Vec::new(), contents, names, codes: [0; 3] }
    }

    /// Puts everything back as it was.
    fn restore(&self) {
        for place in ["remote", ".acai", "other"] {
            remove(&self.space.path(place));
        }
        copy(&self.space.path("sound"), &self.space.path(""));
    }

    /// Changes one entry.
    fn tamper(&mut self) {
        let place = if self.dice.below(3) == 0 { ".acai" } else { "remote" };
        let all = entries(&self.space.path(place));
        let (Some(victim), Some(other)) =
            (self.dice.pick(&all).cloned(), self.dice.pick(&all).cloned())
        else {
            return;
        };
        // The folder itself is named by whoever runs the command, and may be a link.
        if victim == self.space.path(place) {
            return;
        }
        let what = self.change(&victim, &other);
        self.done.push(format!("{what} {}", victim.display()));
    }

    fn change(&mut self, victim: &Path, other: &Path) -> &'static str {
        let about = fs::symlink_metadata(victim);
        let is_file = about.as_ref().is_ok_and(fs::Metadata::is_file);
        let is_folder = about.is_ok_and(|about| about.is_dir());
        match self.dice.below(12) {
            0 => remove(victim),
            1 | 2 if is_file => self.damage(victim),
            3 | 4 => return self.link(victim, other),
            5 => {
                remove(victim);
                drop(Command::new("mkfifo").arg(victim).status());
                return "a pipe is";
            }
            6 => {
                remove(victim);
                drop(fs::create_dir(victim));
                return "an empty folder is";
            }
            7 => {
                let aside = self.space.path("aside");
                drop(fs::rename(victim, &aside));
                drop(fs::rename(other, victim));
                drop(fs::rename(&aside, other));
                remove(&aside);
                return "swapped";
            }
            8 => {
                let bytes = self.dice.pick(&self.contents).cloned().unwrap_or_default();
                put(victim, &bytes);
                return "other content is";
            }
            9 if is_folder => {
                let name = self.dice.pick(&self.names).cloned().unwrap_or_default();
                let bytes = self.dice.pick(&self.contents).cloned().unwrap_or_default();
                let planted = victim.join(name);
                put(&planted, &bytes);
                make_old(&planted);
                return "planted in";
            }
            10 => {
                remove(victim);
                drop(fs::File::create(victim).and_then(|file| file.set_len(1 << 40)));
                return "a file without end is";
            }
            11 if is_file => {
                drop(fs::set_permissions(victim, PermissionsExt::from_mode(0o0)));
                return "without rights is";
            }
            _ => return "nothing is done to",
        }
        "removed or damaged is"
    }

    /// Cuts a file, or changes some of its bytes.
    fn damage(&mut self, victim: &Path) {
        let mut bytes = fs::read(victim).unwrap_or_default();
        if self.dice.below(2) == 0 {
            bytes.truncate(self.dice.below(bytes.len()));
        } else {
            for _ in 0..=self.dice.below(8) {
                let place = self.dice.below(bytes.len());
                bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x55);
            }
        }
        put(victim, &bytes);
    }

    fn link(&mut self, victim: &Path, other: &Path) -> &'static str {
        let inside = self.names[self.dice.below(self.names.len())].clone();
        let targets = [
            self.canary.path().to_owned(),
            self.canary.path().join("incoming"),
            self.canary.path().join(inside),
            "/dev/zero".into(),
            "/dev/tty".into(),
            "nowhere".into(),
            victim.to_owned(),
            other.to_owned(),
        ];
        let target = self.dice.pick(&targets).cloned().unwrap_or_default();
        remove(victim);
        drop(symlink(target, victim));
        "linked is"
    }

    /// Runs a command, changing something meanwhile in some rounds; how long it took.
    fn command(&mut self) -> Duration {
        let arguments = COMMANDS[self.dice.below(COMMANDS.len())];
        self.done.push(arguments.join(" "));
        let limits = format!("ulimit -d {MEMORY}; ulimit -f {FILE}; ulimit -t {WORKS_S}");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{limits}; exec \"$@\""), "sh"]);
        command.arg(env!("CARGO_BIN_EXE_acai-pipe")).args(arguments);
        let said = self.space.path("said");
        command.stdout(fs::File::create(self.space.path("shown")).unwrap());
        command.stderr(fs::File::create(&said).unwrap());
        let start = Instant::now();
        let mut child = self.space.at_home(&mut command).spawn().unwrap();
        let mut during = if self.dice.below(3) == 0 { 1 + self.dice.below(3) } else { 0 };
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if start.elapsed() > WAITS {
                drop(child.kill());
                drop(child.wait());
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
            if during > 0 && self.dice.below(4) == 0 {
                during -= 1;
                self.tamper();
            }
        };
        let said = String::from_utf8_lossy(&fs::read(said).unwrap()).into_owned();
        let code = status.and_then(|status| usize::try_from(status.code()?).ok());
        let is_fine = code.is_some_and(|code| code < self.codes.len());
        assert!(is_fine && !said.contains("panicked"), "{status:?}: {:#?}\n{said}", self.done);
        if let Some(code) = code {
            self.codes[code] += 1;
        }
        start.elapsed()
    }
}

/// Past the test's capture of what is printed.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "tampering: {text}");
}

#[test]
fn whatever_is_done_to_a_shared_cache_or_a_store_nothing_outside_is_touched() {
    let seed = number("ACAI_FUZZ_SEED", microseconds());
    let rounds = number("ACAI_FUZZ_ROUNDS", ROUNDS);
    tell(&format!("seed {seed}, {rounds} rounds"));
    let mut ground = Ground::new(seed);
    let before = seen(ground.canary.path());
    let mut longest = Duration::ZERO;
    for round in 0..rounds {
        ground.done = vec![format!("round {round} from seed {seed}")];
        if ground.dice.below(3) == 0 {
            ground.restore();
        }
        for _ in 0..=ground.dice.below(3) {
            ground.tamper();
        }
        longest = longest.max(ground.command());
        assert!(seen(ground.canary.path()) == before, "outside: {:#?}", ground.done);
        if round % 500 == 499 {
            tell(&format!("{} rounds, the longest took {longest:?}", round + 1));
        }
    }
    let codes = ground.codes;
    tell(&format!("{rounds} rounds, the longest took {longest:?}, ended with 0, 1, 2: {codes:?}"));
    ground.restore();
    remove(&ground.space.path(".acai"));
    let said = ground.space.say(&["pull", "tiny.ron", "--remote", "remote"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}
