//! Times the stages that judge latents on request, for a program that times others in turn
//! (`benches/peers/run.py`).
//!
//! `latents [THREADS]` reads a request a line from stdin and answers each with a line of JSON:
//!
//! ```text
//! make file=target/latents-64 count=10240 width=64
//! kmeans file=target/latents-64 restarts=1000
//! pca file=target/latents-64 points=5000
//! tsne file=target/latents-64 points=2000
//! ```
//!
//! `make` writes synthetic latents as an artifact, `FILE.h5`, and for other programs as plain
//! numbers of single precision, `FILE.f32`: white noise around ten centres that overlap. The
//! others run a whole stage on them, from reading the file to writing the result.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::{
    collections::BTreeMap,
    io::{BufRead, Write as _},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use acai_artifact::{Kind, Layout, Reader, Writer};
use acai_dataset::SearchPaths;
use acai_kernel as kernel;
use acai_net::DeviceKind;
use acai_random::RngStream;
use acai_stage::{
    CheckpointRequests, Checkpoints, Stage, Work,
    kmeans::KMeans,
    project::{Method, Project},
};

/// Latents of the test split, which k-means labels as well.
const TEST: usize = 1_000;

fn main() {
    // Cargo itself passes `--bench`.
    let threads = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(0);
    kernel::select_simd(std::env::var("ACAI_SIMD").ok().as_deref()).expect("known instructions");
    kernel::with_threads(threads, || {
        for line in std::io::stdin().lock().lines() {
            println!("{}", answer(&line.expect("requests are text")));
            std::io::stdout().flush().expect("somebody reads the answers");
        }
    })
    .expect("threads start");
}

fn answer(line: &str) -> String {
    let (verb, fields) = line.split_once(' ').unwrap_or((line, ""));
    let fields: BTreeMap<_, _> =
        fields.split_whitespace().filter_map(|word| word.split_once('=')).collect();
    let number = |name: &str, default: usize| {
        fields.get(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let file = PathBuf::from(fields.get("file").copied().unwrap_or("target/latents"));
    let latents = "latents".parse().expect("a name");
    let stage: Box<dyn Stage> = match verb {
        "make" => {
            make(&file, number("count", 10_240), number("width", 64));
            return "{}".to_owned();
        }
        "kmeans" => Box::new(KMeans {
            latents,
            k: 10,
            restarts: number("restarts", 1_000),
            whiten: true,
            fit: usize::MAX,
        }),
        "pca" => {
            let method = Method::Pca {};
            Box::new(Project { latents, method, points: number("points", 5_000) })
        }
        "tsne" => {
            let method = Method::Tsne { perplexity: 30.0, steps: number("steps", 1_000) };
            Box::new(Project { latents, method, points: number("points", 2_000) })
        }
        verb => panic!("there is no {verb}"),
    };
    let start = Instant::now();
    let scores = run(&*stage, &file);
    let elapsed = start.elapsed().as_secs_f64();
    let scores: Vec<String> =
        scores.iter().map(|(name, value)| format!(r#""{name}": {value:?}"#)).collect();
    format!(r#"{{"seconds": [{elapsed:?}], "scores": {{{}}}}}"#, scores.join(", "))
}

/// All of them train; the first are tested on as well.
fn make(file: &Path, count: usize, width: usize) {
    let mut stream = RngStream::new(0, "bench.latents", width as u64);
    // Their distances do not grow with the width.
    let centres = stream.normals(10 * width, 1.5 / (width as f64).sqrt());
    let mut rows = stream.normals(count * width, 1.0);
    for (i, row) in rows.chunks_mut(width).enumerate() {
        let centre = &centres[i % 10 * width..][..width];
        row.iter_mut().zip(centre).for_each(|(x, c)| *x += c);
    }
    let mut out = Writer::create(&file.with_extension("h5"), Kind::Latents).expect("a new file");
    // A map is of test latents.
    for (split, count) in [("train", count), ("test", count.min(5 * TEST))] {
        let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
        let rows = &rows[..count * width];
        let paths = [format!("latents/{split}"), format!("labels/{split}")];
        out.write(&paths[0], &[count, width], rows, Layout::Contiguous).expect("room");
        out.write(&paths[1], &[count], &labels, Layout::Contiguous).expect("room");
    }
    out.finish().expect("room");
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(file.with_extension("f32"), bytes).expect("room");
}

/// The scores that a stage gives, seed 0.
fn run(stage: &dyn Stage, file: &Path) -> Vec<(String, f64)> {
    let input = Reader::open(&file.with_extension("h5")).expect("`make` wrote it");
    let path = file.with_extension("out.h5");
    let mut out = Writer::create(&path, stage.output()).expect("a new file");
    let folder = file.with_extension("partial");
    stage
        .run(&mut Work {
            inputs: &BTreeMap::from([("latents", input)]),
            out: &mut out,
            seed: 0,
            device: DeviceKind::Cpu,
            places: &SearchPaths::default(),
            tell: &mut |_| (),
            stop: &AtomicBool::new(false),
            checkpoints: &Checkpoints {
                folder,
                every: Duration::MAX,
                requests: CheckpointRequests::default(),
            },
        })
        .expect("the latents can be judged");
    out.finish().expect("room");
    Reader::open(&path).and_then(|result| result.scores()).expect("it was just written")
}
