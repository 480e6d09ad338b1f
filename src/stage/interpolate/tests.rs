//! Runs on files, and what must hold of the figures they end with.

use super::{
    super::{snapshots::Weights, test_util::*, trained::Encoder},
    *,
};
use acai_artifact::Reader;
use acai_metric::images::smoothness;
use acai_net::{Batch, DeviceKind, Shape};

fn interpolate(pairs: usize, points: usize, along: Along) -> Interpolate {
    let reference = |name: &str| name.parse().unwrap();
    let (model, data) = (reference("model"), reference("data"));
    Interpolate { model, data, pairs, points, at: At::Final, along }
}

fn score(paths: &Reader, name: &str) -> f64 {
    paths.read::<f64>(&format!("scores/{name}")).unwrap().data[0]
}

#[test]
fn paths_go_from_image_to_image_and_are_scored() {
    let test_util = TestStage::new();
    give_lines(&test_util);
    give_model(&test_util);
    let paths = test_util.run(&interpolate(150, 4, Along::Linear)).unwrap();
    assert_eq!(paths.shape("paths/decoded").unwrap(), [150, 4, 1, 32, 32]);
    assert_eq!(paths.shape("paths/distance").unwrap(), [150, 4]);
    assert_eq!(paths.shape("pairs/smoothness").unwrap(), [150]);
    assert_eq!(paths.shape("pairs/detour").unwrap(), [150]);
    let distance = paths.read::<f64>("paths/distance").unwrap().data;
    let mean = distance.iter().sum::<f64>() / 600.0;
    assert!((score(&paths, "mean_distance") - mean).abs() < 1e-12);
    let smoothness = paths.read::<f64>("pairs/smoothness").unwrap().data;
    let undefined = smoothness.iter().filter(|value| value.is_nan()).count() as f64;
    assert_eq!(score(&paths, "undefined_pairs").to_bits(), undefined.to_bits());
    let ratio = score(&paths, "smoothness") / score(&paths, "defined_smoothness");
    assert!((ratio - (150.0 - undefined) / 150.0).abs() < 1e-12, "{ratio}, {undefined}");
    assert_eq!(digest(&paths), "c9ae41c004ce1d718142f0840d0b0b47735178aa37acf7108aab0d412fedad14");
}

#[test]
fn paths_between_images_of_any_kind_are_scored_by_what_can_be_measured() {
    let test_util = TestStage::new();
    give_pictures(&test_util);
    give_colour_model(&test_util);
    let paths = test_util.run(&interpolate(5, 4, Along::Spherical)).unwrap();
    assert_eq!(paths.shape("paths/decoded").unwrap(), [5, 4, 3, 32, 32]);
    assert_eq!(paths.shape("paths/latents").unwrap(), [5, 4, 32]);
    assert_eq!(paths.shape("paths/distance").unwrap(), [5, 4]);
    assert!(!paths.has("paths/angle") && !paths.has("pairs/smoothness"));
    let decoded = paths.read::<f32>("paths/decoded").unwrap().data;
    let latents = paths.read::<f32>("paths/latents").unwrap().data;

    // Path 1 ends at test image 6.
    let data = test_util.open("data");
    let real = |at: usize| data.read_rows::<u8>("images/test", at..at + 1).unwrap().data;
    let mse = |image: &[f32], real: &[u8]| {
        let real = real.iter().map(|&byte| f64::from(f32::from(byte) * (2.0 / 255.0) - 1.0));
        let errors = image.iter().zip(real).map(|(&v, real)| (f64::from(v) - real).powi(2));
        errors.sum::<f64>() / 3072.0
    };
    let image = |at: usize| &decoded[at * 3072..(at + 1) * 3072];
    let wanted = f64::midpoint(mse(image(4), &real(1)), mse(image(7), &real(6)));
    let found = paths.read::<f64>("pairs/endpoint_mse").unwrap().data;
    assert!((found[1] - wanted).abs() < 1e-12);
    let nearest = (0..12).map(|at| mse(image(6), &real(at))).fold(f64::INFINITY, f64::min);
    let distance = paths.read::<f64>("paths/distance").unwrap().data;
    assert!((distance[6] - nearest).abs() < 1e-12);
    let mean = distance.iter().sum::<f64>() / 20.0;
    assert!((score(&paths, "nearest_distance") - mean).abs() < 1e-12);

    let pixel = paths.read::<f64>("pairs/pixel_smoothness").unwrap().data;
    assert_eq!(pixel[1].to_bits(), smoothness(&decoded[4 * 3072..8 * 3072], 4).to_bits());
    let latent = paths.read::<f64>("pairs/latent_smoothness").unwrap().data;
    assert_eq!(latent[1].to_bits(), smoothness(&latents[4 * 32..8 * 32], 4).to_bits());
    let encoder =
        Encoder::read(&test_util.open("model"), &Weights::last(), DeviceKind::Cpu).unwrap();
    let images = Batch::from_rows(Shape { channels: 3, side: 32 }, image(6));
    let code = encoder.encode(&images, "test", 0).unwrap().codes.to_rows();
    assert_eq!(code, latents[6 * 32..7 * 32]);
    assert_eq!(digest(&paths), "0a81af95e7add40e063ab2831d5cee1e922ba8b1a6e7d44799c9d7afc5dcd6be");
}

#[test]
fn arcs_have_the_ends_of_lines_and_another_middle() {
    let test_util = TestStage::new();
    give_pictures(&test_util);
    give_colour_model(&test_util);
    let decoded = |along| {
        let paths = test_util.run(&interpolate(2, 3, along)).unwrap();
        paths.read::<f32>("paths/decoded").unwrap().data
    };
    let (line, arc) = (decoded(Along::Linear), decoded(Along::Spherical));
    assert_eq!(line[..3072], arc[..3072]);
    assert_eq!(line[2 * 3072..4 * 3072], arc[2 * 3072..4 * 3072]);
    assert_ne!(line[3072..2 * 3072], arc[3072..2 * 3072]);
}

#[test]
fn more_pairs_than_images_are_refused() {
    let test_util = TestStage::new();
    give_lines(&test_util);
    give_model(&test_util);
    let fault = test_util.run(&interpolate(151, 2, Along::Linear)).err().unwrap().to_string();
    assert_eq!(fault, "151 pairs need 302 test images, there are 300");
}
