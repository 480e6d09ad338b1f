//! Throughput of one ACAI training step, on random images, for the paper's net
//! sizes.
//!
//! `cargo bench --bench step [-- STEPS]` prints images per second, the median
//! over the steps, and peak memory. To compare with PyTorch, run a script that
//! does the same step in turn with this one, on the same machine.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use acai_autoencoder::{AutoencoderSpec, RegularizerSpec, Trainer, TrainerOptions, step::StepRng};
use acai_kernel as kernel;
use acai_net::{Batch, DeviceKind, NetSize, SIDE, Shape};
use acai_random::RngStream;

const BATCH: usize = 64;

fn main() {
    let steps = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    kernel::with_threads(threads, || {
        println!("{} instructions, {threads} threads, batch {BATCH}", kernel::simd_level().name());
        measure("lines", 1, NetSize { depth: 16, latent: 16, width: 2 }, steps);
        measure("MNIST", 1, NetSize { depth: 16, latent: 2, width: 4 }, steps);
        measure("depth 64", 3, NetSize { depth: 64, latent: 16, width: 4 }, steps.div_ceil(3));
    })
    .expect("threads start");
}

fn measure(name: &str, channels: usize, size: NetSize, steps: u64) {
    let (autoencoder, regularizer) = (AutoencoderSpec::plain(), RegularizerSpec::of_the_paper());
    let options = TrainerOptions {
        autoencoder: &autoencoder,
        regularizer: Some(&regularizer),
        net: size,
        channels,
        classes: 10,
        lr: 1e-4,
    };
    let mut trainer = Trainer::new(options, DeviceKind::Cpu, 0).expect("memory");
    let shape = Shape { channels, side: SIDE };
    let pixels = RngStream::new(0, "images", 0).normals(BATCH * shape.len(), 0.5);
    let images = Batch::from_rows(shape, &pixels);
    let mut times: Vec<f64> = (1..=steps + 2)
        .map(|step| {
            let start = Instant::now();
            trainer.step(&images, &[3; BATCH], StepRng { seed: 0, step }).expect("memory");
            start.elapsed().as_secs_f64()
        })
        .skip(2)
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!("{name:<9} {:7.1} ms a step  {:7.1} images/s", median * 1e3, BATCH as f64 / median);
}
