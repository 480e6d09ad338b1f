//! Eight runs of two pipelines at once on one store, killed at random, while
//! a collector removes everything that nobody needs: no key is computed by two
//! at once, each is published once, nothing is damaged, and nothing that is in
//! use is deleted.
//!
//! `ACAI_STORM_S` makes it longer, `ACAI_STORM_RUNS` says how many run at once,
//! `ACAI_STORM_KILLS` how often each is killed at least, `ACAI_STORM_SEED` repeats its choices.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::{Read, Write},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    thread::{JoinHandle, ScopedJoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::support::{Dice, Said, Space, events, microseconds, number};

/// How many run at once, unless `ACAI_STORM_RUNS` says otherwise.
const RUNS: u64 = 8;

/// The pipelines whose results must survive.
const NEEDED: [&str; 2] = ["first", "second"];

/// Seconds, unless `ACAI_STORM_S` says otherwise.
const SECONDS: u64 = 15;

/// A small pipeline; `first` and `second` share images, a model and its latents.
fn text(name: &str, variant: &str, regularizer: &str) -> String {
    format!(
        r#"Pipeline(
    name: "{name}",
    stages: {{
        "lines":   Dataset(source: "lines", train: 64, test: 64),
        "models":  Train(
            data: "lines",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 1,
            variants: {{
                "baseline": (autoencoder: Baseline),
                "{variant}": (autoencoder: Baseline, regularizer: {regularizer}),
            }},
        ),
        "latents": Encode(model: "models", data: "lines"),
        "probe":   Probe(latents: "latents", rule: Reference(kimg: 1)),
    }},
)
"#
    )
}

/// One run from its start to its end or its death.
struct Story {
    pipeline: &'static str,
    events: Vec<Value>,
    code: Option<i32>,
    stderr: String,
    /// When it was killed, at the earliest.
    killed: Option<f64>,
}

/// A computation that was begun.
#[derive(Debug)]
struct Start {
    at: f64,
    /// Until when it surely went on: computed, or killed.
    until: f64,
    is_finished: bool,
}

fn unix_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn space() -> Space {
    let space = Space::new("");
    let put = |name: &str, text: String| std::fs::write(space.path(name), text).unwrap();
    put("first.ron", text("first", "acai", "Acai(lambda: 0.5)"));
    put("second.ron", text("second", "lsgan", "Lsgan()"));
    put("churn.ron", text("churn", "acai", "Acai(lambda: 0.25)"));
    space
}

/// Digest by instance of the two pipelines that must survive.
fn digests(space: &Space) -> Vec<(String, String)> {
    let shown = NEEDED.map(|name| {
        let said = space.say(&["show", &format!("{name}.ron"), "--json"]);
        serde_json::from_str::<Vec<Value>>(&said.stdout).unwrap()
    });
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    shown.iter().flatten().map(|one| (text(one, "instance"), text(one, "digest"))).collect()
}

/// Starts the program, and kills it after `patience` unless it ends before;
/// says when it was killed, at the earliest.
fn play(space: &Space, arguments: &[&str], patience: Option<Duration>) -> (Said, Option<f64>) {
    let mut command = space.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let [out, err] = [hear(out), hear(err)];
    let deadline = patience.map(|patience| Instant::now() + patience);
    let mut killed = None;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if killed.is_none() && deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            killed = Some(unix_s());
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let (stdout, stderr) = (out.join().unwrap(), err.join().unwrap());
    let code = status.code();
    (Said { code, stdout, stderr }, killed.filter(|_| code.is_none()))
}

fn hear(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// One run of a pipeline, to its end or its death.
fn run(space: &Space, pipeline: &'static str, dice: &mut Dice, longest: Duration) -> Story {
    let file = format!("{pipeline}.ron");
    let mut arguments = vec!["run", &file, "--progress", "json", "--threads", "1"];
    let lambda = format!("models.variants.acai.regularizer.lambda=0.{}", 1 + dice.roll(8));
    let kimg = format!("probe.rule.kimg={}", 2 + dice.roll(4));
    if pipeline == "churn" {
        arguments.extend(["--set", &lambda, "--set", &kimg]);
    }
    // Runs that find everything are short, and those that wait long: all scales.
    let dies = dice.roll(2) == 0;
    let patience = (longest / (1 << dice.roll(8))).as_micros() as u64;
    let patience = Duration::from_micros(dice.roll(patience));
    let (said, killed) = play(space, &arguments, dies.then_some(patience));
    // The last line of the dead may be cut.
    let whole = said.stdout.rfind('\n').map_or("", |end| &said.stdout[..end]);
    Story { pipeline, events: events(whole), code: said.code, stderr: said.stderr, killed }
}

/// Runs pipelines until `deadline` and `kills`, one after the other.
fn worker(
    space: &Space,
    seed: u64,
    longest: Duration,
    (deadline, kills): (Instant, u64),
) -> Vec<Story> {
    let mut dice = Dice(seed);
    let (mut stories, mut killed) = (Vec::new(), 0);
    while Instant::now() < deadline || killed < kills {
        let pipeline = ["first", "second", "churn", "churn"][dice.roll(4) as usize];
        let story = run(space, pipeline, &mut dice, longest);
        killed += u64::from(story.killed.is_some());
        stories.push(story);
    }
    stories
}

/// Collects and verifies until there is an `end`, and is killed at times; says how
/// many things went.
fn collector(space: &Space, seed: u64, end: &AtomicBool) -> usize {
    let mut dice = Dice(seed);
    let mut gone = 0;
    while !end.load(Ordering::Relaxed) {
        let dies = dice.roll(4) == 0;
        let patience = dies.then(|| Duration::from_millis(dice.roll(60)));
        let (said, killed) = play(space, &["gc"], patience);
        assert!(killed.is_some() || said.code == Some(0), "gc: {}", said.stderr);
        gone += said.stdout.lines().skip(2).count();
        let verified = space.say(&["cache", "verify"]);
        assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    }
    gone
}

#[test]
fn eight_runs_killed_at_random_and_a_collector_harm_nothing() {
    let seed = number("ACAI_STORM_SEED", microseconds());
    let seconds = number("ACAI_STORM_S", SECONDS);
    let (runs, kills) = (number("ACAI_STORM_RUNS", RUNS), number("ACAI_STORM_KILLS", 0));
    let _ = writeln!(
        std::io::stderr(),
        "storm: ACAI_STORM_SEED={seed} ACAI_STORM_S={seconds} ACAI_STORM_RUNS={runs} \
         ACAI_STORM_KILLS={kills}"
    );
    let (calm, stormy) = (space(), space());
    let start = Instant::now();
    for name in NEEDED {
        run_whole(&calm, name);
    }
    let (longest, deadline) = (start.elapsed() * 3, Instant::now() + Duration::from_secs(seconds));
    let end = AtomicBool::new(false);
    let (stories, gone) = std::thread::scope(|scope| {
        let (space, end) = (&stormy, &end);
        let until = (deadline, kills);
        let workers: Vec<_> = (0..runs)
            .map(|n| scope.spawn(move || worker(space, seed ^ (n << 32), longest, until)))
            .collect();
        let collector = scope.spawn(move || collector(space, seed ^ (99 << 32), end));
        let ended: Vec<_> = workers.into_iter().map(ScopedJoinHandle::join).collect();
        end.store(true, Ordering::Relaxed);
        let stories = ended.into_iter().flat_map(Result::unwrap).collect::<Vec<Story>>();
        (stories, collector.join().unwrap())
    });
    every_run_ended_well(&stories);
    no_key_was_computed_by_two_at_once(&stories);
    what_is_needed_was_published_once(&stories);
    settled(&stormy, &digests(&calm));
    let killed = stories.iter().filter(|story| story.killed.is_some()).count();
    let begun = starts(&stories).values().map(Vec::len).sum::<usize>();
    let _ = writeln!(
        std::io::stderr(),
        "storm: {} runs, {killed} killed, {begun} computations, {gone} things collected",
        stories.len()
    );
    assert!(killed > 0 && begun > 0);
}

fn run_whole(space: &Space, name: &str) {
    let said = space.say(&["run", &format!("{name}.ron")]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

/// Whoever was not killed computed or found everything, and nothing that it
/// had was gone or damaged when it was needed.
fn every_run_ended_well(stories: &[Story]) {
    for story in stories {
        let Story { pipeline, events, code, stderr, killed } = story;
        assert!(killed.is_some() || *code == Some(0), "{pipeline}: {code:?} {stderr}");
        let mut finished = HashSet::new();
        for event in events {
            let name = event["instance"].as_str().unwrap_or_default();
            match event["event"].as_str().unwrap() {
                "finished" => drop(finished.insert(name)),
                "started" => assert!(!finished.contains(name), "{name} was there and is gone"),
                "failed" | "skipped" | "set_aside" => panic!("{pipeline}: {event}"),
                _ => {}
            }
        }
    }
}

/// Everything that was begun, by key, in the order in which it was.
fn starts(stories: &[Story]) -> BTreeMap<String, Vec<Start>> {
    let mut starts: BTreeMap<String, Vec<Start>> = BTreeMap::new();
    for story in stories {
        for event in story.events.iter().filter(|event| event["event"] == "started") {
            let end = story
                .events
                .iter()
                .find(|end| end["event"] == "finished" && end["instance"] == event["instance"]);
            let at = event["unix_s"].as_f64().unwrap();
            let worked = end.map(|end| at + end["elapsed_s"].as_f64().unwrap());
            let until = worked.or(story.killed).unwrap_or(at);
            let start = Start { at, until, is_finished: end.is_some() };
            starts.entry(event["key"].as_str().unwrap().to_owned()).or_default().push(start);
        }
    }
    for starts in starts.values_mut() {
        starts.sort_by(|a, b| a.at.total_cmp(&b.at));
    }
    starts
}

/// Clocks of one machine are compared, a microsecond is allowed for rounding.
fn no_key_was_computed_by_two_at_once(stories: &[Story]) {
    for (key, starts) in starts(stories) {
        for pair in starts.windows(2) {
            let [one, two] = pair else { unreachable!("windows of two") };
            assert!(two.at > one.until - 1e-6, "{key}: {one:?} and {two:?} at once");
        }
    }
}

/// Of what the two pipelines came to nothing is computed after it was finished.
fn what_is_needed_was_published_once(stories: &[Story]) {
    let needed = stories.iter().filter(|story| NEEDED.contains(&story.pipeline));
    let started = needed.flat_map(|story| &story.events).filter(|e| e["event"] == "started");
    let keys: BTreeSet<&str> = started.map(|event| event["key"].as_str().unwrap()).collect();
    for (key, starts) in starts(stories).iter().filter(|(key, _)| keys.contains(key.as_str())) {
        let finished = starts.iter().position(|start| start.is_finished);
        let after = finished.map_or(&[][..], |finished| &starts[finished + 1..]);
        assert!(after.is_empty(), "{key} was finished and computed again: {starts:?}");
    }
}

/// Afterwards everything is as if nothing had happened.
fn settled(space: &Space, expected: &[(String, String)]) {
    for name in NEEDED {
        run_whole(space, name);
    }
    assert_eq!(digests(space), expected);
    let said = space.say(&["gc", "--forget", "churn"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let verified = space.say(&["cache", "verify"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    for name in NEEDED {
        let said = space.say(&["run", &format!("{name}.ron")]);
        assert!(said.stderr.contains("0 ran, "), "{}", said.stderr);
    }
    let files = |folder: &str| std::fs::read_dir(space.path(folder)).unwrap().count();
    let left = ["work", "leases", "damaged"].map(|name| files(&format!(".acai/{name}")));
    assert_eq!(left, [0, 0, 0]);
}

/// A run that begins `key` at `at`, works for `elapsed_s` and ends.
fn story(key: &str, at: f64, elapsed_s: f64) -> Story {
    let started = json!({"event": "started", "instance": "x", "key": key, "unix_s": at});
    let finished =
        json!({"event": "finished", "instance": "x", "cached": false, "elapsed_s": elapsed_s});
    let (events, stderr) = (vec![started, finished], String::new());
    Story { pipeline: "first", events, code: Some(0), stderr, killed: None }
}

#[test]
#[should_panic(expected = "at once")]
fn two_at_once_would_be_noticed() {
    no_key_was_computed_by_two_at_once(&[story("k", 1.0, 2.0), story("k", 2.5, 1.0)]);
}

#[test]
#[should_panic(expected = "was finished and computed again")]
fn a_second_publication_would_be_noticed() {
    let stories = [story("k", 1.0, 2.0), story("k", 4.0, 1.0)];
    no_key_was_computed_by_two_at_once(&stories);
    what_is_needed_was_published_once(&stories);
}
