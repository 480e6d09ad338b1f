//! Real datasets, where `ACAI_DATA` names folders that have them: every pixel and
//! every label is the one that NumPy and SciPy read
//! (`tests/reference/real_datasets.py`), and what is done once is not done again.
//!
//! Parts of datasets are described by `svhn_part.ron`, `svhn_blocks.ron` and
//! `cifar10_part.ron` in `tests/datasets/`.
//!
//! Knows nothing of formats.

use std::path::{Path, PathBuf};

use acai_artifact::Reader;

use crate::support::{Said, Space, counts, ran, sha256, skipped};

/// The folder of `ACAI_DATA` that has `file`.
fn folder(test: &str, file: &str) -> Option<PathBuf> {
    let listed = std::env::var_os("ACAI_DATA").unwrap_or_default();
    let found = std::env::split_paths(&listed).find(|folder| folder.join(file).exists());
    if found.is_none() {
        skipped(test, &format!("no folder of ACAI_DATA has {file}"));
    }
    found
}

/// A pipeline of one dataset; our own descriptors, of `tests/datasets`, lie beside it.
fn space(source: &str) -> Space {
    let file = format!("{source}.ron");
    let own = Path::new("tests/datasets").join(&file);
    let named = if own.exists() { format!("./{file}") } else { source.to_owned() };
    let stage = format!("\"images\": Dataset(source: {named:?})");
    let space = Space::new(&format!("Pipeline(name: \"real\", stages: {{ {stage} }})"));
    if own.exists() {
        std::fs::copy(own, space.path(&file)).unwrap();
    }
    space
}

/// The artifact of a run on the files below `data`.
fn decoded(space: &Space, data: &Path) -> Reader {
    space.run(&["--data", data.to_str().unwrap()]);
    let shown = space.array("show", &["--data", data.to_str().unwrap()]);
    Reader::open(Path::new(shown[0]["path"].as_str().unwrap())).unwrap()
}

/// What the reference says of a split: count and digests of images and labels.
fn expected(dataset: &str, split: &str) -> (usize, String, String) {
    let lines = include_str!("reference/real_datasets.txt").lines();
    let mut words = lines.map(|line| line.split(' ').collect::<Vec<_>>());
    let line = words.find(|words| words[..2] == [dataset, split]).unwrap();
    (line[2].parse().unwrap(), line[3].to_owned(), line[4].to_owned())
}

#[track_caller]
fn every_pixel_is_right(test: &str, dataset: &str, file: &str) {
    let Some(data) = folder(test, file) else { return };
    let images = decoded(&space(dataset), &data);
    for split in ["train", "test"] {
        let (count, pixels, labels) = expected(dataset, split);
        let found = images.read::<u8>(&format!("images/{split}")).unwrap();
        assert_eq!((found.shape[0], &found.shape[2..]), (count, &[32, 32][..]), "{split}");
        assert_eq!(sha256(&found.data), pixels, "{split}");
        let found = images.read::<u8>(&format!("labels/{split}")).unwrap();
        assert_eq!(sha256(&found.data), labels, "{split}");
        let counts = images.read::<u32>(&format!("counts/{split}")).unwrap().data;
        assert_eq!(counts.iter().sum::<u32>() as usize, count, "{split}");
    }
}

#[test]
fn mnist_is_what_numpy_reads() {
    let file = "mnist/train-images-idx3-ubyte.gz";
    every_pixel_is_right("mnist_is_what_numpy_reads", "mnist", file);
}

#[test]
fn fashion_mnist_is_what_numpy_reads() {
    let file = "fashion-mnist/train-images-idx3-ubyte.gz";
    every_pixel_is_right("fashion_mnist_is_what_numpy_reads", "fashion_mnist", file);
}

#[test]
fn svhn_is_what_scipy_reads() {
    let file = "svhn/svhn_test_first10000_of_26032_32x32.mat";
    every_pixel_is_right("svhn_is_what_scipy_reads", "svhn_part", file);
}

#[test]
fn cifar10_is_what_numpy_reads() {
    let file = "cifar10/cifar-10-binary_batches-1-2-test.tar.gz";
    every_pixel_is_right("cifar10_is_what_numpy_reads", "cifar10_part", file);
}

#[test]
fn mnist_has_the_digits_it_is_known_to_have() {
    let test = "mnist_has_the_digits_it_is_known_to_have";
    let Some(data) = folder(test, "mnist/train-images-idx3-ubyte.gz") else { return };
    let images = decoded(&space("mnist"), &data);
    assert_eq!(
        images.read::<u32>("counts/train").unwrap().data,
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(
        images.read::<u32>("counts/test").unwrap().data,
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    );
    assert_eq!(images.texts_attribute("", "class_names").unwrap()[9], "9");
}

/// A dataset of neighbours from the same photographs is parted by whole blocks.
#[test]
fn blocks_are_parted_in_the_order_of_the_file() {
    let test = "blocks_are_parted_in_the_order_of_the_file";
    let Some(data) = folder(test, "svhn/svhn_test_first10000_of_26032_32x32.mat") else { return };
    let parted = decoded(&space("svhn_blocks"), &data);
    let whole = decoded(&space("svhn_part"), &data);
    let whole = whole.read::<u8>("images/test").unwrap().data;
    let (train, test) = (
        parted.read::<u8>("images/train").unwrap().data,
        parted.read::<u8>("images/test").unwrap().data,
    );
    let n = 3 * 32 * 32;
    let (mut trains, mut tests) = (train.chunks(800 * n), test.chunks(200 * n));
    for block in whole.chunks(1000 * n) {
        assert!(trains.next().unwrap() == &block[..800 * n]);
        assert!(tests.next().unwrap() == &block[800 * n..]);
    }
}

/// Copies of MNIST's files, to be damaged or removed.
fn copies(space: &Space, from: &Path) -> PathBuf {
    let to = space.path("raw");
    std::fs::create_dir(&to).unwrap();
    for file in std::fs::read_dir(from.join("mnist")).unwrap() {
        let file = file.unwrap();
        std::fs::write(to.join(file.file_name()), std::fs::read(file.path()).unwrap()).unwrap();
    }
    to
}

const SMALL: &str = r#"Pipeline(
    name: "small",
    stages: {
        "digits":  Dataset(source: "mnist", train: 2048, test: 500),
        "models":  Train(
            data: "digits",
            net: (depth: 2, latent: 2, width: 8),
            kimg: 2,
            variants: {
                "baseline": (autoencoder: Baseline),
                "acai":     (autoencoder: Baseline, regularizer: Acai),
            },
        ),
        "latents":  Encode(model: "models", data: "digits"),
        "clusters": KMeans(latents: "latents", restarts: 3),
        "probe":    Probe(latents: "latents"),
    },
)"#;

/// The same autoencoders, plain and with the regularizer.
fn every_autoencoder() -> String {
    let autoencoders = [
        ("baseline", "Baseline"),
        ("denoising", "Denoising(noise: 0.3)"),
        ("dropout", "Dropout(keep: 0.75)"),
        ("vae", "Vae"),
        ("aae", "Aae"),
        ("vqvae", "VqVae(codes: 256)"),
    ];
    let variants = autoencoders.map(|(name, autoencoder)| {
        format!(
            "\"{name}\": (autoencoder: {autoencoder}),
             \"{name}_acai\": (autoencoder: {autoencoder}, regularizer: Acai),"
        )
    });
    format!(
        "Pipeline(name: \"every\", stages: {{
            \"digits\": Dataset(source: \"mnist\", train: 2048, test: 500),
            \"models\": Train(
                data: \"digits\", net: (depth: 2, latent: 2, width: 8), kimg: 8, lr: 3e-3,
                variants: {{ {} }},
            ),
        }})",
        variants.concat()
    )
}

#[test]
fn every_autoencoder_learns_digits_with_and_without_acai() {
    let test = "every_autoencoder_learns_digits_with_and_without_acai";
    let Some(data) = folder(test, "mnist/train-images-idx3-ubyte.gz") else { return };
    let space = Space::new(&every_autoencoder());
    let with = ["--data", data.to_str().unwrap()];
    assert_eq!(counts(&space.run(&with)), (13, 0, 0, 0));
    for one in &space.array("show", &with)[1..] {
        let model = Reader::open(Path::new(one["path"].as_str().unwrap())).unwrap();
        let mse = model.read::<f32>("history/mse").unwrap().data;
        let (first, last) = (mse[0], mse[mse.len() - 1]);
        assert!(last < 0.7 * first, "{}: {first} to {last}", one["instance"]);
    }
}

#[test]
fn raw_files_are_needed_only_while_something_runs() {
    let test = "raw_files_are_needed_only_while_something_runs";
    let Some(data) = folder(test, "mnist/train-images-idx3-ubyte.gz") else { return };
    let space = Space::new(SMALL);
    let raw = copies(&space, &data);
    let with = ["--data", raw.to_str().unwrap(), "--offline"];
    assert_eq!(counts(&space.run(&with)), (9, 0, 0, 0));
    assert_eq!(counts(&space.run(&with)), (0, 9, 0, 0));
    std::fs::remove_dir_all(&raw).unwrap();
    assert_eq!(counts(&space.run(&["--offline"])), (0, 9, 0, 0));
    let more_tests = ["--set", "digits.test=400", "--data", data.to_str().unwrap()];
    assert!(
        !ran(&space.run(&more_tests)).iter().any(|name| name.starts_with("models")),
        "the number of test images does not concern the models"
    );
}

#[test]
fn a_damaged_raw_file_is_refused_by_its_checksum() {
    let test = "a_damaged_raw_file_is_refused_by_its_checksum";
    let Some(data) = folder(test, "mnist/train-images-idx3-ubyte.gz") else { return };
    let space = Space::new(SMALL);
    let raw = copies(&space, &data);
    let with = ["--data", raw.to_str().unwrap(), "--offline"];
    space.run(&with);
    let shown = space.array("show", &with);
    std::fs::remove_file(shown[0]["path"].as_str().unwrap()).unwrap();
    crate::support::flip_a_byte(&raw.join("t10k-images-idx3-ubyte.gz"));
    let Said { code, stderr, .. } = space.say(&[&["run", "tiny.ron"], &with[..]].concat());
    assert_eq!(code, Some(1), "{stderr}");
    for part in ["t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3", "found md5:"]
    {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
}
