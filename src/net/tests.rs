//! The nets against the reference's tables, against finite differences and
//! against their device-generic composition.

use super::{
    Batch, DeviceKind, Net, NetKind, NetSize, Shape, build_net, init_std, initial_parameters,
    layer::ParameterSpec, shapes::composed_on_cpu,
};
use acai_random::RngStream;

const TINY: NetSize = NetSize { depth: 2, latent: 2, width: 8 };

fn build(kind: NetKind, channels: usize, size: NetSize) -> Box<dyn Net> {
    build_net(DeviceKind::Cpu, kind, channels, size, &mut initial_parameters(0, "encoder"))
        .expect("memory")
}

fn count(net: &dyn Net) -> usize {
    net.parameters().iter().map(|parameter| parameter.data.len()).sum()
}

fn batch(shape: Shape, count: usize, role: &str) -> Batch {
    Batch::from_rows(shape, &RngStream::new(3, role, 0).normals(shape.len() * count, 1.0))
}

#[test]
fn parameter_counts_are_the_reference_s() {
    for (channels, depth, latent, width, encoder, decoder) in [
        (1, 16, 16, 2, 627_472, 313_985),
        (1, 16, 2, 4, 150_146, 75_265),
        (1, 16, 16, 4, 166_288, 83_329),
        (3, 64, 2, 4, 2_370_178, 1_186_947),
        (3, 64, 16, 4, 2_434_704, 1_219_203),
        (3, 64, 64, 4, 2_655_936, 1_329_795),
        // By the same tables, for colour images.
        (3, 16, 2, 4, 150_178, 75_555),
        (3, 16, 16, 4, 166_320, 83_619),
    ] {
        let size = NetSize { depth, latent, width };
        assert_eq!(count(&*build(NetKind::Encoder, channels, size)), encoder, "{size:?}");
        assert_eq!(count(&*build(NetKind::Decoder, channels, size)), decoder, "{size:?}");
    }
}

#[test]
fn initial_weights_have_the_reference_s_spread() {
    for (fan_in, expected) in [
        (1, 0.98058),
        (3, 0.56614),
        (18, 0.23113),
        (144, 0.081_715),
        (1152, 0.028_891),
        (4608, 0.014_445),
    ] {
        assert!((init_std(fan_in) - expected).abs() < 1e-5, "{fan_in}");
    }
    let size = NetSize { depth: 16, latent: 16, width: 2 };
    for parameter in build(NetKind::Encoder, 1, size).parameters() {
        let n = parameter.data.len();
        if parameter.spec.fan_in == 0 {
            assert!(parameter.data.iter().all(|&v| v == 0.0), "{}", parameter.spec.name);
        } else if n >= 10_000 {
            let square: f64 = parameter.data.iter().map(|&v| f64::from(v).powi(2)).sum();
            let ratio = square / (n as f64 * init_std(parameter.spec.fan_in).powi(2));
            // χ² with n degrees of freedom: five standard deviations.
            assert!((ratio - 1.0).abs() < 5.0 * (2.0 / n as f64).sqrt(), "{}", parameter.spec.name);
        }
    }
}

#[test]
fn fused_layers_agree_with_composed_ones() {
    for (kind, count) in [(NetKind::Encoder, 5), (NetKind::Decoder, 16)] {
        let fused = build(kind, 1, TINY);
        let composed = composed_on_cpu(kind, 1, TINY, &mut initial_parameters(0, "encoder"));
        let x = batch(fused.input(), count, "x");
        let dy = batch(fused.output(), count, "dy");
        let factors: Vec<f32> = (0..16).map(|example| example as f32 / 8.0 - 0.7).collect();
        for factors in [None, Some(factors)] {
            let (y, pass) = fused.record(x.clone(), true).expect("memory");
            let (expected_y, expected_pass) = composed.record(x.clone(), true).expect("memory");
            let ours = fused.backward(pass, dy.clone(), factors.clone()).expect("memory");
            let expected = composed.backward(expected_pass, dy.clone(), factors).expect("memory");
            assert_close(&y.to_rows(), &expected_y.to_rows());
            assert_eq!(y, fused.forward(&x).expect("memory"));
            let input =
                |gradient: &super::Gradient| gradient.input.clone().expect("wanted").to_rows();
            assert_close(&input(&ours), &input(&expected));
            assert_eq!(ours.parameters.len(), expected.parameters.len());
            for (ours, expected) in ours.parameters.iter().zip(&expected.parameters) {
                assert_close(ours, expected);
            }
        }
    }
}

fn assert_close(ours: &[f32], expected: &[f32]) {
    assert_eq!(ours.len(), expected.len());
    let scale = expected.iter().fold(1e-3_f32, |max, v| max.max(v.abs()));
    for (at, (a, b)) in ours.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-5 * scale, "at {at}: {a} against {b}, scale {scale}");
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    for (kind, name) in [(NetKind::Encoder, "encoder"), (NetKind::Decoder, "decoder")] {
        let mut weights = initial_parameters(0, name);
        // Biases keep most activations clear of LeakyReLU's kink at zero.
        let mut value = |spec: &ParameterSpec| match spec.fan_in {
            0 => RngStream::new(1, name, 0).normals(spec.shape[0], 1.0),
            _ => weights(spec),
        };
        let mut net = build_net(DeviceKind::Cpu, kind, 1, TINY, &mut value).expect("memory");
        let (x, dy) = (batch(net.input(), 3, "x"), batch(net.output(), 3, "dy"));
        let (_, pass) = net.record(x.clone(), false).expect("memory");
        let gradient = net.backward(pass, dy.clone(), None).expect("memory");
        assert!(gradient.input.is_none());
        for (index, gradient) in gradient.parameters.iter().enumerate() {
            let norm = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
            let step = 1e-3;
            let mut loss_after = |by: f64| -> f64 {
                for (w, g) in net.parameters_mut()[index].data.iter_mut().zip(gradient) {
                    *w += (by / norm) as f32 * g;
                }
                let y = net.forward(&x).expect("memory");
                y.data.iter().zip(&dy.data).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let (up, down) = (loss_after(step), loss_after(-2.0 * step));
            loss_after(step);
            let numeric = (up - down) / (2.0 * step);
            assert!(
                (numeric - norm).abs() < 1e-2 * (1.0 + norm),
                "{name} {index}: {numeric} against {norm}"
            );
        }
    }
}

#[test]
fn a_recorded_pass_keeps_the_parameters_it_has_seen() {
    let build = |composed: bool| {
        let mut value = initial_parameters(0, "encoder");
        if composed {
            composed_on_cpu(NetKind::Encoder, 1, TINY, &mut value)
        } else {
            build(NetKind::Encoder, 1, TINY)
        }
    };
    for mut net in [false, true].map(build) {
        let (x, dy) = (batch(net.input(), 3, "x"), batch(net.output(), 3, "dy"));
        let record = |net: &dyn Net| net.record(x.clone(), true).expect("memory").1;
        let (at_once, later) = (record(&*net), record(&*net));
        let before = net.forward(&x).expect("memory");
        let wanted = net.backward(at_once, dy.clone(), None).expect("memory");
        net.parameters_mut().iter_mut().for_each(|parameter| parameter.data.fill(0.5));
        assert!(net.backward(later, dy, None).expect("memory") == wanted);
        assert!(net.forward(&x).expect("memory") != before);
    }
}
