//! A study is killed again and again at every moment of its life, from downloads to a
//! bundle, and comes to the same bits as one that never was.
//!
//! `ACAI_SOAK_KILLS` makes it longer, `ACAI_SOAK_SEED` repeats its choices.

pub(crate) mod server;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{Dice, Said, Space, counts, events, idx, microseconds, number, sha256};

/// So many times a command is killed, unless `ACAI_SOAK_KILLS` says otherwise.
const KILLS: u64 = 8;

/// Images of the dataset that is downloaded.
const IMAGES: usize = 1_200;

const PIPELINE: &str = r#"Pipeline(
    name: "life",
    stages: {
        "bars":     Dataset(source: "./bars.ron"),
        "models":   Train(
            data: "bars",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 16,
            variants: {
                "baseline": (autoencoder: Baseline),
                "acai":     (autoencoder: Baseline, regularizer: Acai),
            },
        ),
        "latents":  Encode(model: "models", data: "bars"),
        "clusters": KMeans(latents: "latents", k: 3, restarts: 3),
        "paths":    Interpolate(model: "models", data: "bars", pairs: 8),
    },
)"#;

/// What is done, in the order of a life; each in the shell's words.
const VERBS: [&str; 13] = [
    "plan tiny.ron",
    "data fetch ./bars.ron",
    "run tiny.ron --checkpoint-every 0 --progress json",
    "run tiny.ron --checkpoint-every 0 --progress json",
    "gc",
    "run tiny.ron --checkpoint-every 0 --progress json",
    "report tiny.ron -o page.html",
    "push tiny.ron --remote shared",
    "pull tiny.ron --remote shared --cache colleague",
    "run tiny.ron --progress json --remote shared --cache colleague",
    "gc --cache colleague",
    "bundle tiny.ron -o study.acai --with all",
    "unbundle study.acai out",
];

/// The files of a dataset of bars of three widths.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let label = |image: usize| (image % 3) as u8;
    let pixel = |image: usize, at: usize| {
        let start = image % 20;
        let bar = start..start + 3 * (1 + image % 3);
        if bar.contains(&(at % 32)) { 255 } else { (image * 7 + at) as u8 & 15 }
    };
    let count = IMAGES as u32;
    let images: Vec<u8> =
        (0..IMAGES).flat_map(|image| (0..1024).map(move |at| pixel(image, at))).collect();
    let labels: Vec<u8> = (0..IMAGES).map(label).collect();
    BTreeMap::from([
        ("images.idx".to_owned(), idx(&[count, 32, 32], &images)),
        ("labels.idx".to_owned(), idx(&[count], &labels)),
    ])
}

/// The descriptor of `files` at `address`.
pub(crate) fn descriptor(files: &BTreeMap<String, Vec<u8>>, address: &str) -> String {
    let file = |(name, bytes): (&String, &Vec<u8>)| {
        let (size, checksum) = (bytes.len(), sha256(bytes));
        format!(
            "(name: \"{name}\", size: {size}, checksum: \"sha256:{checksum}\", \
             mirrors: [\"{address}/{name}\"])"
        )
    };
    let files: Vec<String> = files.iter().map(file).collect();
    format!(
        r#"Descriptor(
    name: "bars",
    about: "bars of three widths",
    image: (height: 32, width: 32, channels: 1),
    classes: ["thin", "thick", "fat"],
    files: [{}],
    train: [Idx(images: "images.idx", labels: "labels.idx")],
    split: Blocks(test: 0.25, blocks: 4),
)"#,
        files.join(", ")
    )
}

/// One study and what has happened to it.
struct Life {
    space: Space,
    /// The step of the newest checkpoint of a training, by its key, when it was killed.
    checkpoints: BTreeMap<String, u64>,
    kills: BTreeMap<&'static str, u64>,
    /// Trainings that went on from a checkpoint.
    resumed: u64,
}

impl Life {
    fn new(descriptor: &str) -> Self {
        let space = Space::new(PIPELINE);
        fs::write(space.path("bars.ron"), descriptor).unwrap();
        fs::create_dir(space.path("shared")).unwrap();
        Self { space, checkpoints: BTreeMap::new(), kills: BTreeMap::new(), resumed: 0 }
    }

    /// Does `verb`, and kills it after `patience`; says whether it was.
    fn kill(&mut self, verb: &'static str, patience: Duration) -> bool {
        if verb.starts_with("unbundle") && self.space.path("out").exists() {
            fs::remove_dir_all(self.space.path("out")).unwrap();
        }
        let (said, was_killed) = say(&self.space, verb, patience);
        assert!(was_killed || said.code == Some(0), "{verb}: {:?} {}", said.code, said.stderr);
        if verb.starts_with("run") {
            self.went_on(&said.stdout);
        }
        if was_killed {
            *self.kills.entry(verb).or_default() += 1;
            self.checkpoints = checkpoints(&self.space);
        }
        was_killed
    }

    /// Trainings in what a run said went on from the newest checkpoint that there was.
    fn went_on(&mut self, stdout: &str) {
        // The last line of the dead may be cut.
        let whole = stdout.rfind('\n').map_or("", |end| &stdout[..end]);
        let events = events(whole);
        for started in events.iter().filter(|event| event["event"] == "started") {
            let key = started["key"].as_str().unwrap();
            let Some(&step) = self.checkpoints.get(key) else { continue };
            let of_it = |event: &&Value| event["instance"] == started["instance"];
            let later = ["noted", "progressed"];
            let first = events
                .iter()
                .filter(of_it)
                .find(|event| later.contains(&event["event"].as_str().unwrap()));
            let Some(first) = first else { continue };
            let note = first["note"].as_str().unwrap_or_default();
            assert!(note.starts_with(&format!("goes on after step {step} of")), "{step}: {first}");
            self.resumed += 1;
        }
    }

    /// Does `verb` to its end.
    fn finish(&mut self, verb: &'static str) {
        self.kill(verb, Duration::MAX);
    }
}

/// What a command said, and whether it was killed before it ended.
fn say(space: &Space, verb: &str, patience: Duration) -> (Said, bool) {
    let words: Vec<&str> = verb.split(' ').collect();
    let mut command = space.command(&words);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = std::thread::spawn(move || {
        let mut text = String::new();
        let mut reader = BufReader::new(out);
        while reader.read_line(&mut text).is_ok_and(|count| count > 0) {}
        text
    });
    let err = std::thread::spawn(move || {
        let mut text = String::new();
        err.read_to_string(&mut text).map(|_| text)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() >= patience {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_micros(300));
    };
    let (stdout, stderr) = (out.join().unwrap(), err.join().unwrap().unwrap());
    (Said { code: status.code(), stdout, stderr }, status.code().is_none())
}

/// The step of the newest checkpoint by the key of its training.
fn checkpoints(space: &Space) -> BTreeMap<String, u64> {
    let list = |path| fs::read_dir(path).into_iter().flatten().map(Result::unwrap);
    let mut found = BTreeMap::new();
    for folder in list(space.path(".acai/checkpoints")) {
        let steps = list(folder.path()).filter_map(|file| {
            let name = file.file_name().into_string().unwrap();
            name.split_once('-')?.0.parse::<u64>().ok()
        });
        if let Some(step) = steps.max() {
            found.insert(folder.file_name().into_string().unwrap(), step);
        }
    }
    found
}

/// Everything is there, sound, and as if nobody had been killed: in the study's store, in
/// a colleague's, and in what the bundle came to.
fn check(space: &Space, expected: &[(String, String)]) {
    for (pipeline, cache) in
        [("tiny.ron", ".acai"), ("tiny.ron", "colleague"), ("out/pipeline.ron", "out/store")]
    {
        let done = |words: &[&str]| {
            let said = space.say(&[words, &["--cache", cache]].concat());
            assert_eq!(said.code, Some(0), "{cache} {words:?}: {}{}", said.stdout, said.stderr);
            said.stdout
        };
        let again = events(&done(&["run", pipeline, "--progress", "json"]));
        assert_eq!(counts(&again).0, 0, "{cache}: something was made twice");
        done(&["gc"]);
        done(&["cache", "verify"]);
        let shown: Vec<Value> = serde_json::from_str(&done(&["show", pipeline, "--json"])).unwrap();
        let digests = shown.iter().map(|one| one["digest"].as_str().unwrap_or("none"));
        assert!(digests.eq(expected.iter().map(|(_, digest)| digest.as_str())), "{cache}");
        for folder in ["work", "damaged", "checkpoints", "leases"] {
            let left = fs::read_dir(space.path(cache).join(folder)).map_or(0, Iterator::count);
            assert_eq!(left, 0, "{cache}/{folder}");
        }
    }
}

#[test]
fn killed_at_every_moment_of_its_life_a_study_comes_to_the_same_bits() {
    let seed = number("ACAI_SOAK_SEED", microseconds());
    let kills = number("ACAI_SOAK_KILLS", KILLS);
    let _ = writeln!(std::io::stderr(), "soak: ACAI_SOAK_SEED={seed} ACAI_SOAK_KILLS={kills}");
    let files = files();
    let descriptor = descriptor(&files, &server::start(files.clone()));
    let mut dice = Dice(seed);
    let mut calm = Life::new(&descriptor);
    let durations = VERBS.map(|verb| {
        let start = Instant::now();
        calm.finish(verb);
        start.elapsed()
    });
    let expected = calm.space.digests();
    check(&calm.space, &expected);
    let (mut lives, mut resumed, mut killed) = (0_u64, 0, BTreeMap::<&str, u64>::new());
    while killed.values().sum::<u64>() < kills {
        let mut life = Life::new(&descriptor);
        for (verb, longest) in VERBS.iter().zip(durations) {
            // Most of a life is training, and so are most of the kills.
            let attempts = if verb.starts_with("run tiny.ron --checkpoint") { 6 } else { 2 };
            for _ in 0..dice.roll(attempts + 1) {
                let scale = 1 << dice.roll(3);
                let patience = dice.roll((longest.as_micros() * 6 / 5 / scale) as u64);
                if !life.kill(verb, Duration::from_micros(patience)) {
                    break;
                }
            }
            life.finish(verb);
        }
        check(&life.space, &expected);
        for (verb, count) in &life.kills {
            *killed.entry(verb.split(' ').next().unwrap()).or_default() += count;
        }
        (lives, resumed) = (lives + 1, resumed + life.resumed);
    }
    let total: u64 = killed.values().sum();
    let _ = writeln!(
        std::io::stderr(),
        "soak: {total} kills in {lives} lives, {resumed} trainings went on; {killed:?}"
    );
}
