//! The kernels against plain loops in f64, against each other at every level,
//! and against literal values.

use super::{ConvShape, KernelSize, LEAKY_SLOPE, SimdLevel, conv1x1, conv3x3, weight_grad};
use acai_random::RngStream;

fn draw(n: usize, role: &str) -> Vec<f32> {
    RngStream::new(7, role, 0).normals(n, 1.0)
}

/// Convolution in f64, straight from its definition.
fn plain(shape: ConvShape, k: usize, x: &[f32], w: &[f32], bias: &[f32]) -> Vec<f64> {
    let mut out = vec![0.0; shape.outputs * shape.channel_len()];
    for_taps(shape, k, |o, i, tap, to, from| {
        out[to] += f64::from(w[(o * shape.inputs + i) * k * k + tap]) * f64::from(x[from]);
    });
    for (at, v) in out.iter_mut().enumerate() {
        *v += f64::from(bias[at / shape.channel_len()]);
    }
    out
}

/// Calls with (o, i, tap, index of an output, index of an input) for every product.
fn for_taps(shape: ConvShape, k: usize, mut each: impl FnMut(usize, usize, usize, usize, usize)) {
    let index = |c: usize, y: usize, x: usize, b: usize| {
        ((c * shape.height + y) * shape.width + x) * shape.padded_batch + b
    };
    for o in 0..shape.outputs {
        for i in 0..shape.inputs {
            for tap in 0..k * k {
                for y in 0..shape.height {
                    for x in 0..shape.width {
                        let (fy, fx) = (y + tap / k, x + tap % k);
                        if fy < k / 2
                            || fx < k / 2
                            || fy - k / 2 >= shape.height
                            || fx - k / 2 >= shape.width
                        {
                            continue;
                        }
                        for b in 0..shape.padded_batch {
                            each(o, i, tap, index(o, y, x, b), index(i, fy - k / 2, fx - k / 2, b));
                        }
                    }
                }
            }
        }
    }
}

fn shapes() -> Vec<ConvShape> {
    [(3, 6, 2, 2, 32), (5, 3, 4, 4, 16), (2, 9, 8, 8, 16), (1, 4, 8, 16, 16), (7, 1, 16, 12, 16)]
        .map(|(inputs, outputs, height, width, padded_batch)| ConvShape {
            inputs,
            outputs,
            height,
            width,
            padded_batch,
        })
        .to_vec()
}

fn assert_close(ours: &[f32], expected: &[f64], scale: f64) {
    assert_eq!(ours.len(), expected.len());
    for (at, (&a, &b)) in ours.iter().zip(expected).enumerate() {
        assert!((f64::from(a) - b).abs() < scale * 2e-6, "at {at}: {a} against {b}");
    }
}

/// Everything a convolution computes, at one level.
fn all(level: SimdLevel, shape: ConvShape, k: usize) -> Vec<Vec<f32>> {
    let kernel_size = if k == 1 { KernelSize::One } else { KernelSize::Three };
    let x = draw(shape.inputs * shape.channel_len(), "x");
    let w = draw(shape.outputs * shape.inputs * k * k, "w");
    let bias = draw(shape.outputs, "bias");
    let mut dy = draw(shape.outputs * shape.channel_len(), "dy");
    let factors = draw(shape.padded_batch, "factors");
    let (y, dx) = match kernel_size {
        KernelSize::One => (
            conv1x1::forward(level, shape, &x, &w, &bias, true),
            conv1x1::input_gradient(level, shape, &dy, &w),
        ),
        KernelSize::Three => (
            conv3x3::forward(level, shape, &x, &w, &bias, true),
            conv3x3::input_gradient(level, shape, &dy, &w),
        ),
    };
    let gradient =
        weight_grad::weights(level, kernel_size, shape, &x, &mut dy, Some(&y), Some(&factors));
    vec![y, dx, gradient.weight, gradient.bias, dy]
}

#[test]
fn convolutions_agree_with_their_definition() {
    for (shape, k) in shapes().into_iter().flat_map(|shape| [(shape, 1), (shape, 3)]) {
        let x = draw(shape.inputs * shape.channel_len(), "x");
        let w = draw(shape.outputs * shape.inputs * k * k, "w");
        let bias = draw(shape.outputs, "bias");
        let factors = draw(shape.padded_batch, "factors");
        let leaky = |v: f64| if v > 0.0 { v } else { f64::from(LEAKY_SLOPE) * v };
        let before = plain(shape, k, &x, &w, &bias);
        let [y, dx, dw, db, dy] =
            <[Vec<f32>; 5]>::try_from(all(SimdLevel::available()[0], shape, k))
                .expect("five results");
        let scale = (shape.inputs * k * k) as f64;
        assert_close(&y, &before.iter().map(|&v| leaky(v)).collect::<Vec<_>>(), scale);

        let raw = draw(shape.outputs * shape.channel_len(), "dy");
        let slope = |at: usize| if y[at] > 0.0 { 1.0 } else { f64::from(LEAKY_SLOPE) };
        let masked: Vec<f64> =
            raw.iter().enumerate().map(|(at, &v)| f64::from(v) * slope(at)).collect();
        assert_close(&dy, &masked, 1.0);
        let (mut expected_x, mut expected_w) = (vec![0.0; x.len()], vec![0.0; w.len()]);
        for_taps(shape, k, |o, i, tap, to, from| {
            let at = (o * shape.inputs + i) * k * k + tap;
            expected_x[from] += f64::from(w[at]) * f64::from(raw[to]);
            expected_w[at] +=
                f64::from(x[from]) * masked[to] * f64::from(factors[to % shape.padded_batch]);
        });
        assert_close(&dx, &expected_x, (shape.outputs * k * k) as f64);
        assert_close(&dw, &expected_w, shape.channel_len() as f64);
        let mut expected_b = vec![0.0; shape.outputs];
        for (at, &v) in masked.iter().enumerate() {
            expected_b[at / shape.channel_len()] += v * f64::from(factors[at % shape.padded_batch]);
        }
        assert_close(&db, &expected_b, shape.channel_len() as f64);
    }
}

#[test]
fn every_level_gives_the_same_bits() {
    for (shape, k) in shapes().into_iter().flat_map(|shape| [(shape, 1), (shape, 3)]) {
        let levels = SimdLevel::available();
        let first = all(levels[0], shape, k);
        for &level in &levels[1..] {
            assert!(
                all(level, shape, k) == first,
                "{level:?} differs from {:?} on {shape:?}",
                levels[0]
            );
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let shape = ConvShape { inputs: 6, outputs: 10, height: 16, width: 16, padded_batch: 32 };
    let run = |threads| {
        super::with_threads(threads, || all(SimdLevel::available()[0], shape, 3))
            .expect("threads start")
    };
    let one = run(1);
    assert!([2, 3, 5].into_iter().all(|threads| run(threads) == one));
}

#[test]
fn an_example_does_not_depend_on_its_batch() {
    let wide = ConvShape { inputs: 3, outputs: 5, height: 8, width: 8, padded_batch: 48 };
    let narrow = ConvShape { padded_batch: 16, ..wide };
    let x = draw(wide.inputs * wide.channel_len(), "x");
    let w = draw(wide.outputs * wide.inputs * 9, "w");
    let bias = draw(wide.outputs, "bias");
    let cut = |data: &[f32]| -> Vec<f32> {
        data.chunks(48).flat_map(|pixel| pixel[16..32].to_vec()).collect()
    };
    let whole = super::convolution(KernelSize::Three, wide, &x, &w, &bias, true);
    let part = super::convolution(KernelSize::Three, narrow, &cut(&x), &w, &bias, true);
    assert_eq!(cut(&whole), part);
}

#[test]
fn literal_values_of_a_small_convolution() {
    // A 4×4 image 1..16 under a kernel 1..9 (cross-correlation, zero padding).
    let shape = ConvShape { inputs: 1, outputs: 1, height: 4, width: 4, padded_batch: 16 };
    let x: Vec<f32> = (0..16).flat_map(|pixel| [(pixel + 1) as f32; 16]).collect();
    let w: Vec<f32> = (1..10).map(|v| v as f32).collect();
    let y = super::convolution(KernelSize::Three, shape, &x, &w, &[0.5], false);
    let first: Vec<f32> = y.chunks(16).map(|pixel| pixel[0]).collect();
    let expected = [
        111.5, 178.5, 217.5, 145.5, 231.5, 348.5, 393.5, 252.5, 363.5, 528.5, 573.5, 360.5, 197.5,
        274.5, 295.5, 175.5,
    ];
    assert_eq!(first, expected);
}

#[test]
fn pooling_and_upscaling_and_back() {
    let x: Vec<f32> = (0..16).flat_map(|pixel| [pixel as f32; 16]).collect();
    let pooled = super::pool(&x, 4, 4, 16);
    assert_eq!(pooled.iter().step_by(16).copied().collect::<Vec<_>>(), [2.5, 4.5, 10.5, 12.5]);
    let grown = super::upscale(&pooled, 2, 2, 16);
    assert_eq!(grown.iter().step_by(16).copied().collect::<Vec<_>>()[4..8], [2.5, 2.5, 4.5, 4.5]);
    // Each is the other's gradient: ⟨pool x, v⟩ = ⟨x, poolᵀ v⟩.
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let (v, u) = (draw(64, "v"), draw(256, "u"));
    let close = |a: f32, b: f32| (a - b).abs() < 1e-3 * (1.0 + a.abs());
    assert!(close(dot(&pooled, &v), dot(&x, &super::pool_gradient(&v, 4, 4, 16))));
    assert!(close(
        dot(&super::upscale(&v, 2, 2, 16), &u),
        dot(&v, &super::upscale_gradient(&u, 2, 2, 16))
    ));
}
