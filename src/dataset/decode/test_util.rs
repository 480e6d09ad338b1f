//! The tiny datasets of `tests/reference/tiny_datasets.py`, what NumPy, SciPy and
//! Pillow see in them, and files made of them that are broken.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::Survey;
use crate::format::{ImageFiles, ImageSource};

/// What other implementations say.
const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference");

/// The images that `text` describes, their inputs below `root`.
pub(crate) fn images(text: &str, root: &Path) -> ImageFiles {
    classes(text, root, &[])
}

/// [`images`] of the classes that are named.
pub(crate) fn classes(text: &str, root: &Path, classes: &[&str]) -> ImageFiles {
    let source: ImageSource = acai_common::text::from_str("source", text).unwrap();
    let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
    ImageFiles::new(&source, &classes, |name| root.join(name)).unwrap()
}

/// The images that `text` describes, their inputs among the tiny files.
pub(crate) fn tiny_images(text: &str) -> ImageFiles {
    images(text, &tiny(""))
}

/// A tiny file.
pub(crate) fn tiny(name: &str) -> PathBuf {
    Path::new(REFERENCE).join("tiny").join(name)
}

/// The bytes of a tiny file.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    fs::read(tiny(name)).unwrap()
}

/// The rest of the line of `tiny_datasets.txt` that begins with `name`.
pub(crate) fn seen(name: &str) -> Vec<String> {
    let all = fs::read_to_string(Path::new(REFERENCE).join("tiny_datasets.txt")).unwrap();
    let mut lines = all.lines().map(|line| line.split(' ').map(str::to_owned));
    let words = lines.find_map(|mut words| (words.next()? == name).then_some(words));
    words.unwrap_or_else(|| panic!("{name} is not in the list")).collect()
}

/// All images and labels of the first `count`, each block put where it belongs.
pub(crate) fn gather(source: &ImageFiles, count: usize) -> Result<(Vec<u8>, Vec<i64>), String> {
    let survey = source.survey().map_err(|error| error.to_string())?;
    let (mut images, mut labels) = (vec![0; count * survey.image()], vec![i64::MIN; count]);
    let decoded = source.decode(count, &mut |block| {
        let n = block.labels.len();
        assert_eq!(block.images.len(), n * survey.image());
        let at = block.first * survey.image();
        images[at..at + block.images.len()].copy_from_slice(&block.images);
        labels[block.first..block.first + n].copy_from_slice(&block.labels);
        true
    });
    decoded.map_err(|error| error.to_string())?;
    Ok((images, labels))
}

/// Compares every byte with what the line `name` says.
#[track_caller]
pub(crate) fn check(name: &str, source: &ImageFiles) {
    let words = seen(name);
    let [count, channels, height, width] = std::array::from_fn(|at| words[at].parse().unwrap());
    assert_eq!(source.survey().unwrap(), Survey { count, channels, height, width }, "{name}");
    let (images, labels) = gather(source, count).unwrap();
    let digest: Vec<_> = Sha256::digest(&images).iter().map(|b| format!("{b:02x}")).collect();
    let digest = digest.concat();
    let wanted: Vec<i64> = words[5].split(',').map(|label| label.parse().unwrap()).collect();
    assert_eq!((digest, labels), (words[4].clone(), wanted.clone()), "{name}");
    let (fewer, some) = gather(source, 2).unwrap();
    assert_eq!((&fewer[..], &some[..]), (&images[..fewer.len()], &wanted[..2]), "{name}");
}

/// The error that surveying and decoding everything ends in, paths relative to
/// the temporary folder.
pub(crate) fn refusal(source: &ImageFiles) -> String {
    let error = match source.survey() {
        Ok(survey) => source.decode(survey.count, &mut |_| true).unwrap_err(),
        Err(error) => error,
    };
    let message = error.to_string();
    let temporary = format!("{}/", std::env::temp_dir().display());
    let mut pieces = message.split(&temporary);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |message, piece| {
        let relative = piece.split_once('/').filter(|(folder, _)| folder.starts_with(".tmp"));
        message + relative.map_or(piece, |(_, path)| path)
    })
}

/// A folder of files.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    root
}

/// `bytes` with `new` written over what is at `at`.
pub(crate) fn over(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// `bytes` as gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// `bytes` as zlib.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The content of gzip.
pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut content).unwrap();
    content
}
