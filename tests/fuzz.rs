//! Whatever is in a file, reading it ends in what it says or in an error that can be
//! shown, in bounded memory.
//!
//! Each target edits small sound files at random: images (`tests/reference/tiny`) and
//! bundles outside and inside their compression, texts by words and characters. Under
//! `make test` it runs for two seconds. `ACAI_FUZZ_S` sets the seconds, `ACAI_FUZZ_N` ends
//! it after so many mutants, and `make fuzz` says both. A mutant that fails is made smaller
//! and printed. Files that found a bug belong in `tests/fuzz/corpus/<format>`, with a name
//! that tells it.

mod bundle;
mod cifar;
mod descriptor;
mod edit;
mod folder;
mod hdf5;
mod idx;
mod lock;
mod mat5;
mod npz;
mod pipeline;
mod record;
mod setting;
mod text_edit;

use std::{
    cell::Cell,
    fmt::Debug,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use acai_dataset::format::{ImageFiles, ImageSource};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestRunner},
};

use crate::support::number;

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

/// The texts of a folder, of the files whose names are `wanted`.
fn texts(folder: impl AsRef<Path>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| wanted(entry.file_name().to_str().unwrap()))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// The images that the text of a descriptor's source names, its inputs below `root`.
fn images(text: &str, root: &Path) -> ImageFiles {
    let source: ImageSource = acai_common::text::from_str("source", text).unwrap();
    ImageFiles::new(&source, &[], |name| root.join(name)).unwrap()
}

/// Runs the target called `name` on `mutants` until the time is over or there were enough.
fn run<M: Debug>(name: &str, mutants: impl Strategy<Value = M>, target: impl Fn(M)) {
    let seconds = number("ACAI_FUZZ_S", SECONDS);
    let most = number("ACAI_FUZZ_N", u64::MAX);
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let count = Cell::new(0);
    while Instant::now() < end && count.get() < most {
        // A runner that has had its cases has no more.
        let ended = TestRunner::new(config.clone()).run(&mutants, |mutant| {
            count.set(count.get() + 1);
            target(mutant);
            Ok(())
        });
        ended.unwrap_or_else(|failed| panic!("{failed}"));
    }
    // Past the test's capture of what is printed.
    let elapsed = start.elapsed().as_secs_f64();
    let _ = writeln!(std::io::stderr(), "fuzz {name}: {} mutants in {elapsed:.0} s", count.get());
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
