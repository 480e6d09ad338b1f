//! The lines benchmark as a curve: trains one variant and prints mean squared
//! error, mean distance and smoothness as it goes.
//!
//! `cargo bench --bench curve -- baseline|acai KIMG SEED [EVERY]`. Training a
//! pipeline for so many kimg gives the same model, bit for bit: the length of a
//! run enters nothing but its end.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use acai_autoencoder::{
    AutoencoderSpec, RegularizerSpec, Trainer, TrainerOptions,
    step::{Nets, StepRng},
};
use acai_dataset::lines;
use acai_kernel as kernel;
use acai_metric::lines::{LinesScore, Reference};
use acai_net::{Batch, DeviceKind, NetSize, SIDE, Shape};
use acai_random::Stream;

const BATCH: u64 = 64;
const PAIRS: usize = 256;
const POINTS: usize = 16;
const IMAGES: Shape = Shape { channels: 1, side: SIDE };

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [variant, numbers @ ..] = &words[..] else {
        println!("usage: curve baseline|acai KIMG SEED [EVERY]");
        return;
    };
    let numbers: Vec<u64> = numbers.iter().filter_map(|word| word.parse().ok()).collect();
    let (kimg, seed) = (numbers[0], numbers[1]);
    let every = numbers.get(2).copied().unwrap_or(32);
    let threads = std::env::var("ACAI_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    kernel::keep_memory();
    kernel::with_threads(threads, || train(variant, kimg, seed, every)).expect("threads start");
}

fn train(variant: &str, kimg: u64, seed: u64, every: u64) {
    let mut trainer = trainer(variant == "acai", seed);
    let reference = Reference::new(lines::draw);
    let (mut squared, mut since, start) = (0.0, 0, Instant::now());
    for step in 1..=kimg * 1024 / BATCH {
        let batch = lines::sample(&mut Stream::new(seed, "data", step), BATCH as usize);
        let images = Batch::from_rows(IMAGES, &batch.images);
        let told = trainer.step(&images, &batch.labels, StepRng { seed, step }).expect("memory");
        (squared, since) = (squared + told.mse, since + 1);
        if (step * BATCH).is_multiple_of(every * 1024) {
            let score = evaluate(&trainer.nets, &reference);
            println!(
                "{variant} seed {seed} kimg {} mse {:.5} mean distance {:.3}e-3 smoothness {:.3} {:.0} s",
                step * BATCH / 1024,
                squared / f64::from(since),
                score.mean_distance * 1e3,
                score.mean_smoothness,
                start.elapsed().as_secs_f64(),
            );
            (squared, since) = (0.0, 0);
        }
    }
}

fn trainer(is_acai: bool, seed: u64) -> Trainer {
    let (autoencoder, regularizer) = (AutoencoderSpec::plain(), RegularizerSpec::of_the_paper());
    let options = TrainerOptions {
        autoencoder: &autoencoder,
        regularizer: is_acai.then_some(&regularizer),
        net: NetSize { depth: 16, latent: 16, width: 2 },
        channels: 1,
        classes: 10,
        lr: 1e-4,
    };
    Trainer::new(options, DeviceKind::Cpu, seed).expect("memory")
}

/// The pipeline's evaluation: test image i with i + 256.
fn evaluate(nets: &Nets, reference: &Reference) -> LinesScore {
    let ends = lines::split("test", 2 * PAIRS).images;
    let codes = nets.encoder.forward(&Batch::from_rows(IMAGES, &ends)).expect("memory").to_rows();
    let (from, to) = codes.split_at(codes.len() / 2);
    let last = (POINTS - 1) as f64;
    let mut decoded = Vec::new();
    for k in 0..POINTS {
        let (a, b) = ((last - k as f64) / last, k as f64 / last);
        let mix = |(&from, &to): (&f32, &f32)| (a * f64::from(from) + b * f64::from(to)) as f32;
        let codes: Vec<f32> = from.iter().zip(to).map(mix).collect();
        let codes = Batch::from_rows(nets.encoder.output(), &codes);
        decoded.push(nets.decoder.forward(&codes).expect("memory").to_rows());
    }
    let n = IMAGES.len();
    let by_pair: Vec<f32> = (0..PAIRS)
        .flat_map(|pair| decoded.iter().flat_map(move |at| at[pair * n..(pair + 1) * n].to_vec()))
        .collect();
    reference.score(&by_pair, PAIRS, POINTS)
}
