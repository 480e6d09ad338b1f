//! `Dataset`: images and labels of both splits.
//!
//! Knows nothing of nets or training.

use anyhow::bail;
use serde::Deserialize;

use super::{
    CheckFault, Declared, Figures, ImageFacts, ImageShape, Input, Member, Params, RangeFault,
    Stage, Work,
};
use crate::{
    artifact::{Kind, Layout, Writer},
    dataset::lines,
    text::alternatives,
};

/// The datasets that can be named.
const SHIPPED: &[&str] = &["lines"];

/// How many lines are drawn for training, unless the file says otherwise.
const DEFAULT_TRAIN: usize = 10_240;

/// How many lines are drawn for testing, unless the file says otherwise.
const DEFAULT_TEST: usize = 5_000;

/// `Dataset(source: "lines", train: 10240, test: 5000)`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// A shipped dataset's name.
    pub source: String,
    /// How many training images.
    pub train: Option<usize>,
    /// How many test images.
    pub test: Option<usize>,
}

impl Declared for Dataset {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_faults(&self) -> Vec<RangeFault> {
        [
            self.train.and_then(|n| RangeFault::less_than("train", n, 1)),
            self.test.and_then(|n| RangeFault::less_than("test", n, 1)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Dataset {
    fn n_train(&self) -> usize {
        self.train.unwrap_or(DEFAULT_TRAIN)
    }

    fn n_test(&self) -> usize {
        self.test.unwrap_or(DEFAULT_TEST)
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
        Params::default()
            .required("source", &self.source)
            .defaulted("train", &self.n_train(), &DEFAULT_TRAIN)
            .defaulted("test", &self.n_test(), &DEFAULT_TEST)
    }

    fn is_seeded(&self) -> bool {
        false
    }

    fn images(&self) -> Option<ImageFacts> {
        (self.source == "lines").then(|| ImageFacts {
            shape: ImageShape { channels: 1, height: 32, width: 32 },
            train: Some(self.n_train()),
            test: Some(self.n_test()),
        })
    }

    fn check(&self, _data: Option<ImageFacts>) -> Vec<CheckFault> {
        if SHIPPED.contains(&self.source.as_str()) {
            return Vec::new();
        }
        let there = alternatives(&self.source, SHIPPED.iter().copied());
        vec![CheckFault {
            paths: vec!["source".to_owned()],
            message: format!("there is no dataset `{}`", self.source),
            help: Some(format!("{there}\ndescriptor files are not built yet")),
        }]
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<Figures> {
        if self.source != "lines" {
            bail!("there is no dataset `{}`; write `source: \"lines\"`", self.source);
        }
        work.out.text_attribute("", "source", &self.source)?;
        work.out.int_attribute("", "classes", i64::from(lines::CLASSES))?;
        write_split(work.out, "train", self.n_train())?;
        work.check_stop()?;
        write_split(work.out, "test", self.n_test())?;
        Ok(Figures::default())
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
    use super::{super::trial::*, *};

    fn dataset(source: &str) -> Dataset {
        Dataset { source: source.to_owned(), train: Some(20), test: Some(7) }
    }

    #[test]
    fn lines_are_stored_with_angles_and_classes() {
        let images = Trial::new().run(&dataset("lines")).unwrap();
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
    fn unknown_sources_are_refused() {
        let fault = Trial::new().run(&dataset("digits")).err().unwrap();
        assert!(fault.to_string().contains("no dataset `digits`"), "{fault}");
    }
}
