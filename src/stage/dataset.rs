//! `Dataset`: images and labels of both splits.
//!
//! Knows nothing of nets or training.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use serde::Deserialize;

use super::{
    CheckError, Declared, ImageFacts, ImageShape, Input, InputFacts, Member, Params, RangeError,
    ReferenceError, RunStats, Stage, Work,
};
use acai_artifact::{Kind, Layout, Writer};
use acai_dataset::{
    SearchPaths,
    checksum::Checksum,
    descriptor::Size,
    lines,
    resolve::{ResolveError, ResolvedDataset, Resolver},
};

mod files;
mod inputs;

/// How many lines are drawn for training, unless the file says otherwise.
const DEFAULT_TRAIN: usize = 10_240;

/// Most images of a split.
const MOST: u64 = 1_000_000_000;

/// How many lines are drawn for testing, unless the file says otherwise.
const DEFAULT_TEST: usize = 5_000;

/// `Dataset(source: "lines", train: 10240, test: 5000)`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// A shipped dataset's name, or the path of a descriptor relative to the
    /// pipeline file.
    pub source: String,
    /// How many training images: the first so many of the files.
    pub train: Option<usize>,
    /// How many test images.
    pub test: Option<usize>,
    /// What `source` names, once it is resolved.
    #[serde(skip)]
    pub resolved: Option<Arc<ResolvedDataset>>,
}

impl Declared for Dataset {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn resolve(&mut self, resolver: &mut Resolver<'_>) -> Result<(), ReferenceError> {
        let resolved =
            ResolvedDataset::resolve(&self.source, resolver).map_err(|error| match error {
                ResolveError::Descriptor(faults) => ReferenceError::There(faults),
                ResolveError::Source { message, help } => ReferenceError::Field(CheckError {
                    paths: vec!["source".to_owned()],
                    message,
                    help,
                }),
            })?;
        self.resolved = Some(Arc::new(resolved));
        Ok(())
    }

    fn range_errors(&self) -> Vec<RangeError> {
        [
            self.train.and_then(|n| RangeError::less_than("train", n, 1)),
            self.test.and_then(|n| RangeError::less_than("test", n, 1)),
            self.train.and_then(|n| RangeError::more_than("train", n, MOST)),
            self.test.and_then(|n| RangeError::more_than("test", n, MOST)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Dataset {
    /// How many lines to draw to train and to test on.
    fn n_lines(&self) -> (usize, usize) {
        (self.train.unwrap_or(DEFAULT_TRAIN), self.test.unwrap_or(DEFAULT_TEST))
    }

    /// The dataset, if it is read from files.
    fn file_dataset(&self) -> Option<&ResolvedDataset> {
        self.resolved.as_deref().filter(|resolved| !resolved.descriptor.is_drawn())
    }

    /// The error of asking for more images than there are.
    fn too_many(&self, field: &str, wanted: Option<usize>, there: usize) -> Option<CheckError> {
        wanted.filter(|&wanted| wanted > there).map(|wanted| CheckError {
            paths: vec![field.to_owned()],
            message: format!("{wanted} images are asked for, and `{}` has {there}", self.source),
            help: Some(format!("ask for at most {there}, or leave `{field}` out")),
        })
    }
}

impl Stage for Dataset {
    fn kind(&self) -> &'static str {
        "Dataset"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Images
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn params(&self) -> Params {
        if let Some(resolved) = self.file_dataset() {
            return files::params(resolved)
                .written_as("source")
                .defaulted("train", &self.train, &None)
                .defaulted("test", &self.test, &None);
        }
        let (train, test) = self.n_lines();
        Params::default()
            .required("source", &self.source)
            .defaulted("train", &train, &DEFAULT_TRAIN)
            .defaulted("test", &test, &DEFAULT_TEST)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn images(&self) -> Option<ImageFacts> {
        let descriptor = &self.resolved.as_ref()?.descriptor;
        let Size { height, width, channels } = descriptor.image;
        let (height, width) = (height + 2 * descriptor.pad, width + 2 * descriptor.pad);
        let shape = ImageShape { channels, height, width };
        if descriptor.is_drawn() {
            let (train, test) = self.n_lines();
            return Some(ImageFacts { shape, train: Some(train), test: Some(test) });
        }
        let counts = descriptor.counts;
        let train = self.train.or(counts.map(|counts| counts.train));
        let test = self.test.or(counts.map(|counts| counts.test));
        Some(ImageFacts { shape, train, test })
    }

    fn downloads(&self, search_paths: &SearchPaths) -> bool {
        self.file_dataset().is_some_and(|resolved| files::downloads(resolved, search_paths))
    }

    fn files(&self) -> BTreeMap<String, Checksum> {
        self.file_dataset().map_or_else(BTreeMap::new, |resolved| resolved.contents().clone())
    }

    fn check(&self, _facts: InputFacts) -> Vec<CheckError> {
        let Some(counts) = self.file_dataset().and_then(|resolved| resolved.descriptor.counts)
        else {
            return Vec::new();
        };
        [
            self.too_many("train", self.train, counts.train),
            self.too_many("test", self.test, counts.test),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let resolved = self.resolved.as_deref().context("the source was not resolved")?;
        if !resolved.descriptor.is_drawn() {
            files::write(resolved, self.train, self.test, work)?;
            return Ok(RunStats::default());
        }
        let (train, test) = self.n_lines();
        work.out.text_attribute("", "source", "lines")?;
        work.out.int_attribute("", "classes", i64::from(lines::CLASSES))?;
        write_split(work.out, "train", train)?;
        work.check_stop()?;
        write_split(work.out, "test", test)?;
        Ok(RunStats::default())
    }
}

fn write_split(out: &mut Writer, name: &str, count: usize) -> anyhow::Result<()> {
    let split = lines::split(name, count);
    let path = |group: &str| format!("{group}/{name}");
    let shape = [count, 1, lines::SIDE, lines::SIDE];
    out.write(&path("images"), &shape, &split.images, Layout::Contiguous)?;
    out.write(&path("angles"), &[count], &split.angles, Layout::Compressed)?;
    out.write(&path("labels"), &[count], &split.labels, Layout::Compressed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::test_util::*, *};
    use acai_common::diagnostics::SourceMap;
    use acai_dataset::hashes::Hashes;

    fn dataset(source: &str) -> Result<Dataset, ReferenceError> {
        let source = source.to_owned();
        let mut dataset = Dataset { source, train: Some(20), test: Some(7), resolved: None };
        dataset.resolve(&mut Resolver {
            folder: std::path::Path::new(""),
            search_paths: &SearchPaths::default(),
            hashes: &mut Hashes::default(),
            sources: &mut SourceMap::default(),
        })?;
        Ok(dataset)
    }

    #[test]
    fn lines_are_stored_with_angles_and_classes() {
        let images = TestStage::new().run(&dataset("lines").unwrap()).unwrap();
        assert_eq!(images.shape("images/train").unwrap(), [20, 1, 32, 32]);
        assert_eq!(images.read::<f32>("images/test").unwrap().data, lines::split("test", 7).images);
        assert_eq!(images.read::<f64>("angles/test").unwrap().data, lines::split("test", 7).angles);
        assert_eq!(images.read::<u8>("labels/train").unwrap().shape, [20]);
        assert_eq!(images.text_attribute("", "source").unwrap(), "lines");
        assert_eq!(images.int_attribute("", "classes").unwrap(), 10);
        assert_eq!(
            digest(&images),
            "e38efc7f02496ef0c1fd6ae812ac6fcd31fd121ff3b468938eae2dd013218542"
        );
    }

    #[test]
    fn files_that_are_nowhere_are_downloaded_if_that_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let here =
            || SearchPaths { downloads: Some(dir.path().to_owned()), ..SearchPaths::default() };
        let mnist = dataset("mnist").unwrap();
        assert!(mnist.downloads(&here()));
        assert!(!mnist.downloads(&SearchPaths { is_offline: true, ..here() }));
        assert!(!dataset("lines").unwrap().downloads(&here()));
    }

    #[test]
    fn unknown_sources_are_refused() {
        let Err(ReferenceError::Field(fault)) = dataset("mnits") else { panic!("it is taken") };
        assert_eq!(fault.message, "there is no dataset `mnits`");
        assert!(fault.help.unwrap().contains("did you mean `mnist`?"));
    }

    #[test]
    fn no_more_images_than_there_are() {
        let Dataset { resolved, source, .. } = dataset("mnist").unwrap();
        let asked = Dataset { resolved, source, train: Some(60_001), test: Some(10_000) };
        let faults = asked.check(InputFacts::default());
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "60001 images are asked for, and `mnist` has 60000");
    }
}
