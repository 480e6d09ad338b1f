//! A folder with a pipeline and a store, and the program to run in it.
//!
//! Knows nothing of what is tested.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use acai_picture::{PictureDecoder, PictureHeader, PictureLimits};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The smallest pipeline with every kind of stage; it takes about a second.
pub(crate) const TINY: &str = r#"Pipeline(
    name: "tiny",
    stages: {
        "lines":  Dataset(source: "lines", train: 256, test: 128),
        "models": Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 2,
            variants: {
                "baseline": (autoencoder: Baseline),
                "acai":     (autoencoder: Baseline, regularizer: Acai(lambda: 0.5, gamma: 0.2)),
            },
        ),
        "latents":  Encode(model: "models", data: "lines"),
        "clusters": KMeans(latents: "latents", restarts: 5),
        "probe":    Probe(latents: "latents"),
        "paths":    Interpolate(model: "models", data: "lines", pairs: 16),
        "map":      Project(latents: "latents", points: 100),
        "near":     Project(latents: "latents", method: Tsne(perplexity: 5, steps: 40), points: 32),
        "samples":  Sample(model: "models", count: 16),
    },
)
"#;

/// [`TINY`] without maps and samples.
pub(crate) fn plain() -> String {
    let is_plain = |line: &&str| {
        !["\"map\"", "\"near\"", "\"samples\""].iter().any(|name| line.contains(name))
    };
    TINY.split_inclusive('\n').filter(is_plain).collect()
}

/// How many instances [`TINY`] has.
pub(crate) const INSTANCES: u64 = 17;

/// A folder of its own with a pipeline file in it.
pub(crate) struct Space {
    dir: tempfile::TempDir,
}

/// What the program said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Space {
    /// With `text` as the pipeline file.
    pub(crate) fn new(text: &str) -> Self {
        let space = Self { dir: tempfile::tempdir().unwrap() };
        space.write(text);
        space
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::write(self.path("tiny.ron"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What the header of a picture says.
    pub(crate) fn picture(&self, name: &str) -> PictureHeader {
        let bytes = std::fs::read(self.path(name)).unwrap();
        let limits = PictureLimits { side: 4096, memory: 1 << 28 };
        let decoder = PictureDecoder::new(&bytes, limits).unwrap();
        decoder.header()
    }

    /// The program with `arguments`, to be started in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = with_default_signals(env!("CARGO_BIN_EXE_acai-pipe"));
        command.args(arguments);
        self.at_home(&mut command);
        command
    }

    /// `command`, to be started in the folder, untouched by who runs the tests.
    pub(crate) fn at_home<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.current_dir(self.dir.path());
        for variable in ["ACAI_CACHE", "ACAI_DATA", "ACAI_REMOTE", "ACAI_SIMD", "RUST_BACKTRACE"] {
            command.env_remove(variable);
        }
        for variable in ["CLICOLOR_FORCE", "COLORFGBG", "COLORTERM", "COLUMNS", "NO_COLOR"] {
            command.env_remove(variable);
        }
        command.env("ACAI_DOWNLOADS", self.path("downloads"))
    }

    pub(crate) fn say(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the pipeline and returns its events.
    pub(crate) fn run(&self, more: &[&str]) -> Vec<Value> {
        let said = self.say(&[&["run", "tiny.ron", "--progress", "json"], more].concat());
        assert!(said.code == Some(0), "{:?}\n{}", said.code, said.stderr);
        events(&said.stdout)
    }

    /// Starts a run in the background.
    pub(crate) fn start(&self, more: &[&str]) -> Child {
        let arguments = [&["run", "tiny.ron", "--progress", "json"], more].concat();
        let mut command = self.command(&arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// `plan` or `show` as JSON.
    pub(crate) fn array(&self, verb: &str, more: &[&str]) -> Vec<Value> {
        let said = self.say(&[&[verb, "tiny.ron", "--json"], more].concat());
        assert!(said.code == Some(0), "{:?}\n{}", said.code, said.stderr);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// (instance, digest) of everything that is there.
    pub(crate) fn digests(&self) -> Vec<(String, String)> {
        self.digests_with(&[])
    }

    /// The same of a run with `--set`.
    pub(crate) fn digests_with(&self, sets: &[&str]) -> Vec<(String, String)> {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        let shown = self.array("show", &sets);
        let text = |one: &Value, field: &str| one[field].as_str().unwrap_or("none").to_owned();
        shown.iter().map(|one| (text(one, "instance"), text(one, "digest"))).collect()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

pub(crate) fn events(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// (ran, cached, failed, skipped) of the last event.
pub(crate) fn counts(events: &[Value]) -> (u64, u64, u64, u64) {
    let done = events.last().unwrap();
    assert_eq!(done["event"], "done");
    let count = |field: &str| done[field].as_u64().unwrap();
    (count("ran"), count("cached"), count("failed"), count("skipped"))
}

/// Instances that were computed.
pub(crate) fn ran(events: &[Value]) -> Vec<&str> {
    let finished = events.iter().filter(|event| event["event"] == "finished");
    let ran = finished.filter(|event| event["cached"] == false);
    ran.map(|event| event["instance"].as_str().unwrap()).collect()
}

/// Says that a test was skipped; written past the test runner, which keeps what
/// passing tests print to itself.
pub(crate) fn skipped(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test}, for {why}");
}

/// Numbers that follow from a seed and look random (`SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or zero.
    pub(crate) fn roll(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A place among so many.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.roll(count as u64) as usize
    }

    /// One of `all`.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { Some(&all[self.below(all.len())]) }
    }
}

/// The number in an environment variable, else `default`.
pub(crate) fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// Another number whenever a test begins, for a seed that nobody chose.
pub(crate) fn microseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_micros() as u64
}

/// An idx file of bytes.
pub(crate) fn idx(axes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, axes.len() as u8];
    file.extend(axes.iter().flat_map(|axis| axis.to_be_bytes()));
    file.extend(bytes);
    file
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

pub(crate) fn flip_a_byte(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    make_writable(path);
    // Elements are at the front of an artifact; what describes them has room to spare.
    let early = bytes.len() / 4;
    bytes[early] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// A record without its seal, as who forges one would leave it.
pub(crate) fn unsealed(record: &str) -> &str {
    record.find("\ncheck ").map_or(record, |end| &record[..=end])
}

/// Artifacts are read-only.
pub(crate) fn make_writable(path: &Path) {
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    #[cfg(unix)]
    std::fs::set_permissions(path, permissions).unwrap();
}

/// A command that starts `program` with no signal ignored, though who runs the tests may
/// ignore some: `nohup` does. Only GNU's `env` can do that.
pub(crate) fn with_default_signals(program: &str) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP,INT,TERM,USR2", program]);
        command
    } else {
        Command::new(program)
    }
}
