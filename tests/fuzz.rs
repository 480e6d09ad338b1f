//! Whatever is in a file of images, surveying and decoding it end in images as
//! announced or in an error, in bounded memory.
//!
//! Each target edits the tiny files of `tests/reference/tiny` at random, outside
//! and inside their compression. Under `make test` it runs for two seconds, under
//! `make fuzz` for the seconds that `ACAI_FUZZ_S` says. A mutant that fails is made
//! smaller and printed. Files that found a bug belong in `tests/fuzz/corpus/<format>`,
//! with a name that tells it.

mod bundle;
mod cifar;
mod edit;
mod folder;
mod idx;
mod mat5;
mod npz;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use acai_dataset::format::{ImageFiles, ImageSource};
use edit::Mutant;
use proptest::test_runner::{Config, TestRunner};

/// Seconds that a target runs if `ACAI_FUZZ_S` does not say.
const SECONDS: u64 = 2;

/// Mutants between two looks at the clock.
const CASES: u32 = 16;

/// The most bytes of a block of small images, and of one large image.
const BLOCK: usize = 1 << 22;
const IMAGE: usize = 3 << 24;

/// A tiny file.
fn tiny(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/reference/tiny").join(name)).unwrap()
}

/// The images that the text of a descriptor's source names, its inputs below `root`.
fn images(text: &str, root: &Path) -> ImageFiles {
    let source: ImageSource = acai_common::text::from_str("source", text).unwrap();
    ImageFiles::new(&source, &[], |name| root.join(name)).unwrap()
}

/// Runs `target` on mutants until the time is over.
fn run(target: impl Fn(&Mutant)) {
    let asked = std::env::var("ACAI_FUZZ_S").ok().map(|seconds| seconds.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(asked.unwrap_or(SECONDS));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    while Instant::now() < end {
        let ended = runner.run(&edit::mutants(), |mutant| {
            target(&mutant);
            Ok(())
        });
        ended.unwrap_or_else(|failed| panic!("{failed}"));
    }
}

/// Calls `target` with every file of the corpus of `format`, in the order of their names.
fn replay(format: &str, target: impl Fn(&[u8])) {
    let folder = Path::new("tests/fuzz/corpus").join(format);
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        target(&fs::read(path).unwrap());
    }
}

/// Surveys and decodes everything, and the first image alone.
fn survives(source: &ImageFiles) {
    let survey = match source.survey() {
        Ok(survey) => survey,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let image = survey.channels * survey.height * survey.width;
    assert!(survey.count > 0 && (1..=IMAGE).contains(&image), "{survey:?}");
    for count in [1, survey.count] {
        let mut taken = 0;
        let end = source.decode(count, &mut |block| {
            assert_eq!(block.images.len(), block.labels.len() * image);
            assert!(block.images.len() <= BLOCK.max(image) && !block.labels.is_empty());
            assert!(block.first + block.labels.len() <= count);
            taken += block.labels.len();
            true
        });
        assert!(taken <= count);
        match end {
            Ok(()) => assert_eq!(taken, count),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
