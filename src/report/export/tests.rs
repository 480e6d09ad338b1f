//! What is exported, read back by the formats' own crates.

use std::io::{Cursor, Read};

use safetensors::SafeTensors;
use serde_json::{Value, json};

use super::{drawn::drawn, npz, weights};
use acai_artifact::{Kind, Layout, Reader, Writer};

/// An artifact that `fill` writes.
fn artifact(kind: Kind, fill: impl FnOnce(&mut Writer)) -> (tempfile::TempDir, Reader) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.h5");
    let mut out = Writer::create(&path, kind).unwrap();
    fill(&mut out);
    out.finish().unwrap();
    let reader = Reader::open(&path).unwrap();
    (dir, reader)
}

/// A model of the smallest net: weights count up from the number of their name.
fn model() -> (tempfile::TempDir, Reader) {
    artifact(Kind::Model, |out| {
        for (name, value) in [("channels", 1), ("depth", 2), ("latent", 2), ("width", 8)] {
            out.int_attribute("", name, value).unwrap();
        }
        let values: Vec<f32> = (0..18).map(|n| n as f32 / 8.0).collect();
        for name in ["encoder/00", "decoder/07", "critic/00"] {
            let weight = format!("{name}/weight");
            out.write(&weight, &[2, 1, 1, 1], &values[..2], Layout::Compressed).unwrap();
            out.write(&format!("{name}/bias"), &[2], &values[2..4], Layout::Compressed).unwrap();
        }
        out.write("bottleneck/mean/weight", &[3, 6], &values, Layout::Compressed).unwrap();
        out.text_attribute("bottleneck", "autoencoder", "Vae").unwrap();
        out.write("history/mse", &[2], &values[..2], Layout::Compressed).unwrap();
        out.write("history/step", &[2], &[64_u32, 128], Layout::Compressed).unwrap();
        out.score("mse", 0.25).unwrap();
    })
}

fn archive(reader: &Reader) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    npz::write(reader, &mut out).unwrap();
    out.into_inner()
}

fn member(bytes: &[u8], name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut content = Vec::new();
    archive.by_name(name).unwrap().read_to_end(&mut content).unwrap();
    content
}

#[test]
fn every_dataset_is_an_array_of_its_type_and_shape() {
    let (_dir, reader) = model();
    let bytes = archive(&reader);
    let files = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let mut names: Vec<_> = files.file_names().map(Result::unwrap).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "attributes.json",
            "bottleneck/mean/weight.npy",
            "critic/00/bias.npy",
            "critic/00/weight.npy",
            "decoder/07/bias.npy",
            "decoder/07/weight.npy",
            "encoder/00/bias.npy",
            "encoder/00/weight.npy",
            "history/mse.npy",
            "history/step.npy",
            "scores/mse.npy",
        ]
    );
    let content = member(&bytes, "bottleneck/mean/weight.npy");
    let array = npyz::NpyFile::new(&content[..]).unwrap();
    assert_eq!((array.shape(), array.dtype().descr()), (&[3, 6][..], "'<f4'".to_owned()));
    let values = array.into_vec::<f32>().unwrap();
    assert_eq!((values.len(), values[17]), (18, 17.0 / 8.0));
    let content = member(&bytes, "history/step.npy");
    let steps = npyz::NpyFile::new(&content[..]).unwrap();
    assert_eq!(steps.into_vec::<u32>().unwrap(), [64, 128]);
    let content = member(&bytes, "scores/mse.npy");
    let score = npyz::NpyFile::new(&content[..]).unwrap();
    assert!(score.shape().is_empty());
    assert_eq!(score.into_vec::<f64>().unwrap(), [0.25]);
}

#[test]
fn attributes_are_json_by_path() {
    let (_dir, reader) = model();
    let bytes = member(&archive(&reader), "attributes.json");
    let attributes: Value = serde_json::from_slice(&bytes).unwrap();
    let root = json!({
        "channels": 1, "depth": 2, "format": 1, "kind": "Model", "latent": 2, "width": 8
    });
    assert_eq!(attributes, json!({ "": root, "bottleneck": { "autoencoder": "Vae" } }));
}

#[test]
fn the_same_content_has_the_same_bytes() {
    let (_first, first) = model();
    let (_second, second) = model();
    assert!(archive(&first) == archive(&second));
    assert!(weights::bytes(&first, "Vae").unwrap() == weights::bytes(&second, "Vae").unwrap());
}

#[test]
fn weights_are_tensors_and_nothing_else_is() {
    let (_dir, reader) = model();
    let bytes = weights::bytes(&reader, "Vae").unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "bottleneck/mean/weight",
            "critic/00/bias",
            "critic/00/weight",
            "decoder/07/bias",
            "decoder/07/weight",
            "encoder/00/bias",
            "encoder/00/weight",
        ]
    );
    let weight = file.tensor("bottleneck/mean/weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (safetensors::Dtype::F32, &[3, 6][..]));
    assert_eq!(weight.data()[68..], (17.0_f32 / 8.0).to_le_bytes());
}

#[test]
fn the_description_is_enough_to_build_the_nets() {
    let (_dir, reader) = model();
    let bytes = weights::bytes(&reader, "Vae").unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let texts = metadata.metadata().as_ref().unwrap();
    assert_eq!(texts.len(), 1, "several would have no fixed order");
    let about: Value = serde_json::from_str(&texts["model"]).unwrap();
    let convolution = |name: &str, inputs: usize, outputs: usize, kernel: usize, leaky: bool| {
        let activation = if leaky { "leaky_relu" } else { "none" };
        json!({
            "layer": "convolution", "name": name, "inputs": inputs, "outputs": outputs,
            "kernel": kernel, "activation": activation
        })
    };
    let (pool, upscale) =
        (json!({ "layer": "average_pool" }), json!({ "layer": "upscale_nearest" }));
    assert_eq!(
        about["encoder"],
        json!([
            convolution("encoder/00", 1, 2, 1, false),
            convolution("encoder/01", 2, 2, 3, true),
            convolution("encoder/02", 2, 2, 3, true),
            pool,
            convolution("encoder/03", 2, 4, 3, true),
            convolution("encoder/04", 4, 4, 3, true),
            pool,
            convolution("encoder/05", 4, 8, 3, true),
            convolution("encoder/06", 8, 2, 3, false),
        ])
    );
    assert_eq!(
        about["decoder"],
        json!([
            convolution("decoder/00", 2, 4, 3, true),
            convolution("decoder/01", 4, 4, 3, true),
            upscale,
            convolution("decoder/02", 4, 2, 3, true),
            convolution("decoder/03", 2, 2, 3, true),
            upscale,
            convolution("decoder/04", 2, 2, 3, true),
            convolution("decoder/05", 2, 1, 3, false),
        ])
    );
    assert_eq!(about["critic"][0]["name"], "critic/00");
    let numbers = ["channels", "side", "depth", "latent", "width", "leak"].map(|name| &about[name]);
    assert_eq!(numbers, [&json!(1), &json!(32), &json!(2), &json!(2), &json!(8), &json!(0.2)]);
    assert_eq!(about["image"], "2 * sigmoid(decoder(code)) - 1");
}

#[test]
fn what_cannot_be_had_is_said() {
    let (_dir, images) = artifact(Kind::Scores, |out| out.score("accuracy", 0.5).unwrap());
    let fault = weights::bytes(&images, "").unwrap_err().to_string();
    assert_eq!(fault, "is of the kind Scores, which has no weights");
    let fault = drawn(&images, 64).unwrap_err().to_string();
    assert_eq!(
        fault,
        "is of the kind Scores, of which there is nothing to draw; its arrays are had with `--npz`"
    );
}

#[test]
fn images_bear_their_class_and_stand_on_a_sheet() {
    let (_dir, images) = artifact(Kind::Images, |out| {
        let pixels: Vec<u8> = (0..12).collect();
        out.write("images/test", &[3, 1, 2, 2], &pixels, Layout::Contiguous).unwrap();
        out.write("labels/test", &[3], &[7_u8, 0, 3], Layout::Compressed).unwrap();
    });
    let named = drawn(&images, 64).unwrap();
    let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["test-0000-class7", "test-0001-class0", "test-0002-class3", "sheet"]);
    assert_eq!(named[1].1.pixels, [4, 5, 6, 7]);
    let sheet = &named[3].1;
    assert_eq!((sheet.width, sheet.height), (10, 10), "two in a row");
    assert_eq!(
        [sheet.pixel(2, 2), sheet.pixel(7, 3), sheet.pixel(0, 0)],
        [[0; 3], [7; 3], [128; 3]]
    );
    assert_eq!(drawn(&images, 1).unwrap().len(), 2);
    assert_eq!(drawn(&images, 0).unwrap_err().to_string(), "has no pictures");
}

#[test]
fn a_path_is_a_strip_and_a_line_of_the_sheet() {
    let (_dir, paths) = artifact(Kind::Interpolations, |out| {
        let frames: Vec<f32> = (0..24).map(|n| n as f32 / 12.0 - 1.0).collect();
        out.write("paths/decoded", &[2, 3, 1, 2, 2], &frames, Layout::Compressed).unwrap();
    });
    let named = drawn(&paths, 64).unwrap();
    let sides: Vec<(&str, usize, usize)> =
        named.iter().map(|(name, one)| (name.as_str(), one.width, one.height)).collect();
    assert_eq!(sides, [("pair-0000", 10, 2), ("pair-0001", 10, 2), ("sheet", 14, 10)]);
    assert_eq!(named[1].1.pixel(9, 1), [244; 3]);
}
