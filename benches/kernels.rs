//! Speed of the convolution kernels on the layers of the paper's nets.
//!
//! `cargo test --bench kernels` prints GFLOP/s for forward, input gradient and
//! weight gradient of each layer, batch 64.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use acai_kernel as kernel;
use acai_kernel::{ConvShape, KernelSize};

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    kernel::with_threads(threads, || {
        println!("{:?}, {threads} threads", kernel::simd_level());
        for (inputs, outputs, side) in [
            (16, 16, 32),
            (16, 32, 16),
            (32, 32, 16),
            (64, 64, 8),
            (128, 128, 4),
            (128, 256, 2),
            (16, 1, 32),
            (64, 64, 32),
            (128, 128, 16),
        ] {
            layer(ConvShape { inputs, outputs, height: side, width: side, padded_batch: 64 });
        }
    })
    .expect("threads start");
}

fn layer(shape: ConvShape) {
    let x = vec![0.5; shape.inputs * shape.channel_len()];
    let w = vec![0.1; shape.outputs * shape.inputs * 9];
    let bias = vec![0.1; shape.outputs];
    let mut dy = vec![0.3; shape.outputs * shape.channel_len()];
    let flop = (2 * 9 * shape.inputs * shape.outputs * shape.channel_len()) as f64;
    let forward = time(|| drop(kernel::convolution(KernelSize::Three, shape, &x, &w, &bias, true)));
    let back = time(|| drop(kernel::input_gradient(KernelSize::Three, shape, &dy, &w)));
    let y = kernel::convolution(KernelSize::Three, shape, &x, &w, &bias, true);
    let weights = time(|| {
        drop(kernel::weight_gradient(KernelSize::Three, shape, &x, &mut dy, Some(&y), None));
    });
    println!(
        "{:>3} → {:>3} at {:>2}×{:<2}  forward {:>4.0}  input {:>4.0}  weights {:>4.0} GFLOP/s",
        shape.inputs,
        shape.outputs,
        shape.height,
        shape.width,
        flop / forward * 1e-9,
        flop / back * 1e-9,
        flop / weights * 1e-9,
    );
}

/// Median seconds of one call.
fn time(mut call: impl FnMut()) -> f64 {
    call();
    let mut times: Vec<f64> = (0..15)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
