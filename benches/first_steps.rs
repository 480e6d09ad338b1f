//! Writes the first 100 steps of a training on lines to a file, so that another
//! program can repeat them: the training data, and the weights after 0, 1, 10 and 100.
//!
//! `cargo bench --bench first_steps -- lines|tiny [SEED …]` (seeds 0, 1 and 2 if
//! none is given) writes `target/first_steps/NET-SEED.safetensors`, which
//! `tests/reference/first_steps.py` reads:
//!
//! - `images` (steps, 64, 1, 32, 32), `labels` (steps, 64), and `alpha` (steps,
//!   64) in double precision: ACAI's mixing coefficients;
//! - `start/…`: the initial weights, the same for both variants, as `encoder/00/weight`,
//!   `decoder/…`, `critic/…` and `probe/…`;
//! - `baseline/STEP/…` and `acai/STEP/…`: the weights after so many steps;
//! - as metadata `net`: depth, latent and width, as JSON.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "../tests/first_steps/course.rs"]
mod course;

use std::{collections::HashMap, path::Path};

use acai_autoencoder::{
    regularizer::acai::{Acai, mixing_coefficient},
    step::StepRng,
};
use acai_kernel as kernel;
use acai_net::{NetSize, Parameter, SIDE};
use safetensors::{Dtype, tensor::TensorView};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/first_steps");
const STEPS: u64 = 100;
const MARKS: [u64; 3] = [1, 10, STEPS];

/// One tensor of the file.
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Tensors by name.
type Tensors = Vec<(String, Tensor)>;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let size = match words.first().map(String::as_str) {
        Some("lines") => NetSize { depth: 16, latent: 16, width: 2 },
        Some("tiny") => NetSize { depth: 2, latent: 2, width: 8 },
        _ => return println!("usage: first_steps lines|tiny [SEED …]"),
    };
    let seeds: Vec<u64> = words[1..].iter().filter_map(|word| word.parse().ok()).collect();
    let seeds = if seeds.is_empty() { vec![0, 1, 2] } else { seeds };
    std::fs::create_dir_all(FOLDER).expect("the folder can be made");
    kernel::with_threads(0, || {
        for seed in seeds {
            let path = Path::new(FOLDER).join(format!("{}-{seed}.safetensors", words[0]));
            write(&path, size, &all_tensors(size, seed));
            println!("wrote {}", path.display());
        }
    })
    .expect("threads start");
}

fn write(path: &Path, NetSize { depth, latent, width }: NetSize, tensors: &Tensors) {
    let net = format!(r#"{{"depth": {depth}, "latent": {latent}, "width": {width}}}"#);
    let metadata = HashMap::from([("net".to_owned(), net)]);
    let views = tensors.iter().map(|(name, Tensor { dtype, shape, bytes })| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes as elements"))
    });
    safetensors::serialize_to_file(views, Some(metadata), path).expect("the file can be written");
}

/// Everything of one seed.
fn all_tensors(size: NetSize, seed: u64) -> Tensors {
    let all = course::VARIANTS.into_iter().flat_map(|variant| trained(size, variant, seed));
    training_data(seed).into_iter().chain(all).collect()
}

/// The training data of both variants.
fn training_data(seed: u64) -> Tensors {
    let batches = (1..=STEPS).map(|step| course::examples(seed, step));
    let (images, labels): (Vec<_>, Vec<_>) =
        batches.map(|batch| (batch.images, batch.labels)).unzip();
    let alpha: Vec<f64> = (1..=STEPS).flat_map(|step| alpha(seed, step)).collect();
    let shape = [STEPS as usize, course::BATCH];
    let tensor = |name: &str, dtype, more: &[usize], bytes| {
        (name.to_owned(), Tensor { dtype, shape: [&shape, more].concat(), bytes })
    };
    vec![
        tensor("images", Dtype::F32, &[1, SIDE, SIDE], singles(&images.concat())),
        tensor("labels", Dtype::U8, &[], labels.concat()),
        tensor("alpha", Dtype::F64, &[], alpha.iter().flat_map(|v| v.to_le_bytes()).collect()),
    ]
}

/// The mixing coefficients that [`Acai`] draws in a step.
fn alpha(seed: u64, step: u64) -> Vec<f64> {
    let mut stream = StepRng { seed, step }.stream("alpha");
    (0..course::BATCH).map(|_| mixing_coefficient(stream.uniform())).collect()
}

/// The weights of a variant; those before the first step, which all share, come with ACAI's.
fn trained(size: NetSize, (name, acai): (&str, Option<Acai>), seed: u64) -> Tensors {
    let mut trainer = course::trainer(size, acai, seed);
    let mut tensors = Tensors::new();
    if acai.is_some() {
        tensors.extend(named("start", course::weights(&trainer)));
    }
    for step in 1..=STEPS {
        course::take(&mut trainer, seed, step);
        if MARKS.contains(&step) {
            tensors.extend(named(&format!("{name}/{step}"), course::weights(&trainer)));
        }
    }
    tensors
}

fn named(prefix: &str, weights: Vec<(String, Parameter)>) -> Tensors {
    let tensor = |(name, Parameter { spec, data }): (String, Parameter)| {
        let tensor = Tensor { dtype: Dtype::F32, shape: spec.shape, bytes: singles(&data) };
        (format!("{prefix}/{name}"), tensor)
    };
    weights.into_iter().map(tensor).collect()
}

fn singles(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
