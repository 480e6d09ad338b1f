//! How long it takes to find that there is nothing to do: `run`, `plan` and
//! `compare` of pipelines whose every result is in the store.
//!
//! `cargo bench --bench noop -- [INSTANCES…]`. Pipelines, keys, records and files
//! are real: the engine makes them, but with an executor that writes a few numbers
//! where a stage would compute for minutes. Then the program is timed, started anew
//! each time. Stores are kept below the target folder for the next run of the bench.
//! With `--make` nothing is timed: a line of JSON says where each pipeline is, for
//! `benches/peers/noop.py`, which times others in turn.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use acai_artifact::{Kind, Layout, Reader, Writer};
use acai_common::events::Message;
use acai_config::Pipeline;
use acai_dataset::SearchPaths;
use acai_engine::{
    executor::{Computed, Executor, Job},
    schedule::{self, RunContext},
    store::Store,
};
use acai_net::DeviceKind;
use acai_plan::Plan;
use acai_stage::{CheckpointRequests, RunStats};

const SIZES: [usize; 4] = [20, 200, 1_000, 10_000];

/// How often each command is timed.
const REPEATS: usize = 7;

/// How many instances of each variant and seed there are.
const STAGES: usize = 5;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let only_makes = std::env::args().any(|word| word == "--make");
    for size in if sizes.is_empty() { SIZES.to_vec() } else { sizes } {
        let seeds = made("seeds", size, &pipeline(2, size / (2 * STAGES)));
        if only_makes {
            say_where(size, &seeds);
        } else {
            time("seeds", &seeds);
            time("variants", &made("variants", size, &pipeline(size / STAGES, 1)));
        }
    }
}

/// A pipeline whose every result is in its store.
struct Made {
    folder: PathBuf,
    instances: usize,
}

fn say_where(size: usize, Made { folder, instances }: &Made) {
    let (folder, program) = (folder.display(), env!("CARGO_BIN_EXE_acai-pipe"));
    println!(
        r#"{{"size": {size}, "instances": {instances}, "folder": "{folder}", "program": "{program}"}}"#
    );
}

/// A pipeline that compares `variants` variants over `seeds` seeds.
fn pipeline(variants: usize, seeds: usize) -> String {
    let seeds: Vec<u64> = (0..seeds as u64).collect();
    let mut listed = "\"baseline\": (autoencoder: Baseline),\n".to_owned();
    for variant in 1..variants {
        let lambda = variant as f64 / variants as f64;
        let _ = writeln!(
            listed,
            "\"acai-{variant}\": (autoencoder: Baseline, regularizer: Acai(lambda: {lambda:?})),"
        );
    }
    format!(
        r#"Pipeline(
    name: "noop",
    seeds: {seeds:?},
    stages: {{
        "lines":  Dataset(source: "lines"),
        "models": Train(
            data: "lines",
            net: (depth: 16, latent: 16, width: 2),
            kimg: 128,
            variants: {{
{listed}            }},
        ),
        "latents":  Encode(model: "models", data: "lines"),
        "clusters": KMeans(latents: "latents", restarts: 100),
        "probe":    Probe(latents: "latents"),
        "paths":    Interpolate(model: "models", data: "lines"),
    }},
)
"#
    )
}

fn made(shape: &str, size: usize, text: &str) -> Made {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("noop-{size}-{shape}"));
    let file = folder.join("noop.ron");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    std::fs::write(&file, text).expect("the target folder can be written");
    let instances = fill(&file, &folder.join("store"));
    Made { folder, instances }
}

fn time(shape: &str, Made { folder, instances }: &Made) {
    for verb in ["run", "plan", "compare"] {
        let mut times: Vec<f64> = (0..REPEATS).map(|_| once(verb, folder)).collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{instances:>6} instances, many {shape:<8}  {verb:<7}  {:>5.0} ms, at best {:.0}",
            times[REPEATS / 2],
            times[0]
        );
    }
}

/// How many milliseconds the program takes.
fn once(verb: &str, folder: &Path) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acai-pipe"));
    command.args([verb, "noop.ron", "--cache", "store"]).current_dir(folder);
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let elapsed = start.elapsed();
    assert!(status.is_ok_and(|status| status.success()), "acai-pipe {verb} fails");
    elapsed.as_secs_f64() * 1e3
}

/// Makes every result that is missing from the store; returns the number of instances.
fn fill(file: &Path, store: &Path) -> usize {
    let text = std::fs::read_to_string(file).expect("the pipeline was written");
    let pipeline = Pipeline::parse("noop.ron", &text, &[]).expect("the pipeline is sound");
    let plan = Plan::new(&pipeline).expect("the pipeline is sound");
    let context = RunContext {
        store: &Store::new(store),
        file: None,
        remote: None,
        executor: Some(&StandIn),
        device: DeviceKind::Cpu,
        places: &SearchPaths::default(),
        stop: &AtomicBool::new(false),
        checkpoint_every: Duration::MAX,
        checkpoint_requests: CheckpointRequests::default(),
    };
    let outcome = schedule::run(&plan, &context, &mut |_| ()).expect("the store can be written");
    assert_eq!(outcome.summary.failed, 0, "the stand-in cannot fail");
    plan.instances.len()
}

/// Writes artifacts of the right kind with a few numbers in them, which are derived
/// from the instance's key.
struct StandIn;

impl Executor for StandIn {
    fn execute(&self, job: &Job<'_>, _: &mut dyn FnMut(Message)) -> anyhow::Result<Computed> {
        let kind = job.stage.output();
        let (datasets, scores) = content(kind);
        let mut out = Writer::create(job.out, kind)?;
        for path in datasets {
            out.write(path, &[1], &[number(job.out, path)], Layout::Contiguous)?;
        }
        for score in scores {
            out.score(score, number(job.out, score))?;
        }
        let digests = out.finish()?;
        let scores = Reader::open(job.out)?.scores()?;
        Ok(Computed { digests, scores, figures: RunStats::default() })
    }
}

/// Datasets, one in each part that other stages read, and scores.
fn content(kind: Kind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Kind::Images => (&["images/train", "images/test"], &[]),
        Kind::Model => (&["encoder/00/weight", "decoder/00/weight", "probe/weight"], &["mse"]),
        Kind::Latents => (&["latents/train", "latents/test"], &["probe_accuracy"]),
        Kind::Clusters => (&["centroids"], &["accuracy", "inertia", "train_accuracy"]),
        Kind::Scores => (&["weights/weight"], &["accuracy", "train_accuracy"]),
        Kind::Interpolations => (&["paths/decoded"], &["mean_distance", "smoothness"]),
        Kind::Projection => (&["points/positions"], &["explained_variance"]),
        Kind::Samples => (&["samples/decoded"], &[]),
    }
}

/// A number in [0, 1) derived from the file's name, which is the key, and a word.
fn number(file: &Path, word: &str) -> f64 {
    let words = [&file.file_name().unwrap_or_default().to_string_lossy(), word];
    let hash = words.iter().flat_map(|word| word.bytes()).fold(0xcbf2_9ce4_8422_2325, step);
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// One step of FNV-1a.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}
