//! Speed of k-means with many restarts, by the reference's protocol: ten clusters, random
//! points to start from.
//!
//! `cargo bench --bench kmeans` takes 60,000 synthetic latents of 32, 256 and 1,024 values;
//! `cargo bench --bench kmeans -- RESTARTS WIDTH…` others. Each latent is white noise around
//! one of ten centres that overlap, so that k-means takes as long as on real latents.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use acai_kernel as kernel;
use acai_random::RngStream;
use acai_stage::kmeans::model::Params;
use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, Predict},
};
use ndarray::Array2;

const LATENTS: usize = 60_000;

fn main() {
    // Cargo itself passes `--bench`.
    let numbers = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    let (restarts, widths) = match &numbers[..] {
        [restarts, widths @ ..] if !widths.is_empty() => (Some(*restarts), widths),
        _ => (None, &[32, 256, 1_024][..]),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    kernel::with_threads(threads, || {
        println!("{:?}, {threads} threads, {LATENTS} latents, k = 10", kernel::simd_level());
        for &width in widths {
            cluster(width, restarts.unwrap_or(if width > 256 { 100 } else { 1_000 }));
        }
    })
    .expect("threads start");
}

fn cluster(width: usize, restarts: usize) {
    let dataset = DatasetBase::from(latents(width));
    let params = Params::new(10, restarts, 0).check().expect("clusters and restarts");
    let start = Instant::now();
    let clustering = params.fit(&dataset).expect("as many latents as clusters");
    let elapsed = start.elapsed().as_secs_f64();
    let largest = largest(clustering.predict(dataset.records()).iter().copied());
    println!(
        "{width:>5} values  {restarts:>5} restarts  {elapsed:>7.2} s  {:>6.1} ms each  \
         inertia {:.8e}, the best took {} iterations, its largest cluster {largest}",
        elapsed / restarts as f64 * 1e3,
        clustering.inertia,
        clustering.iterations,
    );
}

fn latents(width: usize) -> Array2<f32> {
    let mut stream = RngStream::new(0, "bench.kmeans", width as u64);
    // Their distances do not grow with the width.
    let centres = stream.normals(10 * width, 1.5 / (width as f64).sqrt());
    let mut rows = stream.normals(LATENTS * width, 1.0);
    for (i, row) in rows.chunks_mut(width).enumerate() {
        let centre = &centres[i % 10 * width..][..width];
        row.iter_mut().zip(centre).for_each(|(x, c)| *x += c);
    }
    Array2::from_shape_vec((LATENTS, width), rows).expect("as many rows as latents")
}

fn largest(clusters: impl Iterator<Item = usize>) -> usize {
    let mut counts = [0; 10];
    clusters.for_each(|cluster| counts[cluster] += 1);
    counts.into_iter().max().unwrap_or(0)
}
