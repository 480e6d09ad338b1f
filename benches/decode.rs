//! Speed of the decoders of dataset files.
//!
//! `cargo bench --bench decode -- 'Idx(images: "a/images", labels: "a/labels")'`
//! decodes everything that a descriptor would write so, its files relative to the
//! working directory, and prints images and megabytes of pixels per second and the
//! peak of the memory in use. `--sum` prints the SHA-256 of the pixels and of the
//! labels (as little-endian 64-bit integers) as well, and counts its time;
//! `tests/reference/decode.py` prints the same with NumPy and SciPy, and writes
//! large files.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::{path::PathBuf, time::Instant};

use acai_dataset::{
    decode::{FormatError, Survey},
    format::{ImageFiles, ImageSource},
};
use sha2::{Digest, Sha256};

const USAGE: &str =
    "decode [--sum] SOURCE, such as 'Npz(file: \"a.npz\", images: \"x\", labels: \"y\")'";

fn main() {
    let mut words: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let is_summed = words.iter().any(|word| word == "--sum");
    words.retain(|word| word != "--sum");
    let [text] = &words[..] else { return println!("{USAGE}") };
    let source = match acai_common::text::from_str::<ImageSource>("source", text) {
        Ok(source) => source,
        Err(error) => return println!("{error}"),
    };
    let Some(files) = ImageFiles::new(&source, &[], |name| PathBuf::from(name)) else {
        return println!("{USAGE}");
    };
    if let Err(error) = measure(&files, is_summed) {
        println!("{error}");
    }
}

fn measure(source: &ImageFiles, is_summed: bool) -> Result<(), FormatError> {
    let start = Instant::now();
    let survey = source.survey()?;
    let surveyed = start.elapsed().as_secs_f64();
    let Survey { count, channels, height, width } = survey;
    println!("{count} images of {channels}×{height}×{width}, surveyed in {surveyed:.3} s");
    let start = Instant::now();
    let sums = if is_summed { sums(source, survey)? } else { None };
    if sums.is_none() {
        source.decode(count, &mut |block| std::hint::black_box(&block).first < count)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let bytes = (count * channels * height * width) as f64;
    let (rate, speed) = (count as f64 / seconds, bytes / seconds / 1e6);
    println!("decoded in {seconds:.3} s: {rate:.0} images/s, {speed:.0} MB/s, peak {}", peak());
    if let Some([pixels, labels]) = sums {
        println!("pixels {pixels}\nlabels {labels}");
    }
    Ok(())
}

/// Digests of all pixels and labels, in order.
fn sums(source: &ImageFiles, survey: Survey) -> Result<Option<[String; 2]>, FormatError> {
    let (mut pixels, mut labels, mut next) = (Sha256::new(), Sha256::new(), 0);
    let mut early = Vec::new();
    source.decode(survey.count, &mut |block| {
        early.push(block);
        while let Some(at) = early.iter().position(|block| block.first == next) {
            let block = early.swap_remove(at);
            pixels.update(&block.images);
            block.labels.iter().for_each(|label| labels.update(label.to_le_bytes()));
            next += block.labels.len();
        }
        true
    })?;
    let hex = |sum: Sha256| -> String {
        sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    };
    Ok(Some([hex(pixels), hex(labels)]))
}

/// The most memory that was in use, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
