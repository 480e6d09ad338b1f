//! Images from files to the artifact: found, verified, decoded, sorted into
//! their splits and written, block by block.
//!
//! Knows nothing of formats or of where files are.

use std::{collections::BTreeMap, path::PathBuf, sync::atomic::Ordering};

use anyhow::{Context, bail, ensure};

use super::{
    super::{Params, Work},
    inputs::Inputs,
};
use acai_artifact::{Layout, Rows, Writer};
use acai_dataset::{
    SearchPaths,
    decode::{ImageBlock, Survey},
    descriptor::{Counts, Descriptor, Size},
    format::{ImageFiles, ImageSource, InputName},
    pad::padded,
    resolve::ResolvedDataset,
    split::SplitAssignment,
};

/// Everything that decides the artifact: what the files contain and how they
/// are read, never what they are called or where they are.
pub(super) fn params(dataset: &ResolvedDataset) -> Params {
    let Descriptor { image, pad, classes, first_label, train, test, split, .. } =
        &dataset.descriptor;
    let identities = |sources: &[ImageSource]| -> Vec<String> {
        sources.iter().map(|source| dataset.identity(source)).collect()
    };
    Params::default()
        .required("train_files", &identities(train))
        .required("test_files", &identities(test))
        .required("image", image)
        .defaulted("pad", pad, &0)
        .required("classes", classes)
        .defaulted("first_label", first_label, &0)
        .defaulted("split", split, &None)
}

/// Writes both splits: the first `train` and `test` images, or all.
pub(super) fn write(
    dataset: &ResolvedDataset,
    train: Option<usize>,
    test: Option<usize>,
    work: &mut Work<'_>,
) -> anyhow::Result<()> {
    let descriptor = &dataset.descriptor;
    let inputs = Inputs::obtain(dataset, work)?;
    let streams = streams(dataset, inputs.paths())?;
    let there = count(&streams);
    check_declared(there, descriptor)?;
    let asked = Counts { train: train.unwrap_or(there.train), test: test.unwrap_or(there.test) };
    check_enough(asked, there, descriptor)?;
    work.out.text_attribute("", "source", "files")?;
    work.out.int_attribute("", "classes", i64::try_from(descriptor.classes.len())?)?;
    work.out.texts_attribute("", "class_names", &descriptor.classes)?;
    let mut writer = SplitWriter::new(descriptor, asked, work.out)?;
    for stream in &streams {
        stream.decode(&mut writer, work)?;
    }
    inputs.check_unchanged(work)?;
    writer.finish(work.out)
}

/// Whether a file is in none of the folders and would be downloaded.
pub(super) fn downloads(resolved: &ResolvedDataset, search_paths: &SearchPaths) -> bool {
    let would_download = |name: &str| {
        let file = resolved.wanted(name);
        file.is_some_and(|file| search_paths.would_download(&file, &resolved.dataset_ref()))
    };
    resolved.descriptor.sources().any(|source| {
        source.inputs().iter().any(|input| match input {
            InputName::File(name) => would_download(name),
            InputName::ClassFolder { .. } => false,
        })
    })
}

/// Files in a row, and where their images go.
struct ImageStream {
    parts: Vec<SurveyedFiles>,
    assignment: SplitAssignment,
}

/// Files and what their headers say.
struct SurveyedFiles {
    files: ImageFiles,
    survey: Survey,
}

/// The training files, and the test files if there are any.
fn streams(
    dataset: &ResolvedDataset,
    paths: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<Vec<ImageStream>> {
    let descriptor = &dataset.descriptor;
    let surveyed = |sources: &[ImageSource]| -> anyhow::Result<Vec<SurveyedFiles>> {
        sources.iter().map(|source| surveyed(source, descriptor, paths)).collect()
    };
    let (train, test) = (surveyed(&descriptor.train)?, surveyed(&descriptor.test)?);
    let count = |parts: &[SurveyedFiles]| parts.iter().map(|part| part.survey.count).sum();
    let n_train: usize = count(&train);
    let Some(split) = descriptor.split else {
        let n_test = count(&test);
        return Ok(vec![
            ImageStream { parts: train, assignment: SplitAssignment::new(n_train, Vec::new()) },
            ImageStream { parts: test, assignment: SplitAssignment::all_to_test_on(n_test) },
        ]);
    };
    let class_sizes = class_sizes(&train)?;
    let tests = split.tests(n_train, class_sizes.as_deref());
    Ok(vec![ImageStream { assignment: SplitAssignment::new(n_train, tests), parts: train }])
}

/// Verifies the files of `source` and compares their headers with the descriptor.
fn surveyed(
    source: &ImageSource,
    descriptor: &Descriptor,
    paths: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<SurveyedFiles> {
    let files = ImageFiles::new(source, &descriptor.classes, |name| paths[name].clone());
    let files = files.context("lines are drawn, not read")?;
    files.verify()?;
    let survey = files.survey()?;
    let Size { height, width, channels } = descriptor.image;
    let found = (survey.channels, survey.height, survey.width);
    ensure!(
        found == (channels, height, width),
        "the images of `{}` are {}×{}×{} (height, width, channels), and its descriptor says \
         {height}×{width}×{channels}",
        descriptor.name,
        survey.height,
        survey.width,
        survey.channels
    );
    Ok(SurveyedFiles { files, survey })
}

/// How many images each class has, where the files are folders of classes.
fn class_sizes(parts: &[SurveyedFiles]) -> anyhow::Result<Option<Vec<usize>>> {
    let mut sizes = Vec::new();
    for part in parts {
        let Some(files) = part.files.labelled_files()? else { return Ok(None) };
        sizes.extend(files.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len));
    }
    Ok(Some(sizes))
}

/// How many images the streams have.
fn count(streams: &[ImageStream]) -> Counts {
    let counts = streams.iter().map(|stream| stream.assignment.counts());
    counts.fold(Counts { train: 0, test: 0 }, |sum, (train, test)| Counts {
        train: sum.train + train,
        test: sum.test + test,
    })
}

/// Compares with what the descriptor says, if it says something.
fn check_declared(there: Counts, descriptor: &Descriptor) -> anyhow::Result<()> {
    if let Some(declared) = descriptor.counts {
        ensure!(
            declared == there,
            "the files of `{}` hold {} training and {} test images, and its descriptor says \
             {} and {}",
            descriptor.name,
            there.train,
            there.test,
            declared.train,
            declared.test
        );
    }
    Ok(())
}

fn check_enough(asked: Counts, there: Counts, descriptor: &Descriptor) -> anyhow::Result<()> {
    let name = &descriptor.name;
    for (split, asked, there) in
        [("train", asked.train, there.train), ("test", asked.test, there.test)]
    {
        ensure!(there > 0, "`{name}` has no images to {split} on");
        ensure!(
            asked <= there,
            "{asked} images are asked for, and the {split} part of `{name}` has {there}"
        );
    }
    Ok(())
}

impl ImageStream {
    /// Decodes as far as `writer` wants images.
    fn decode(&self, writer: &mut SplitWriter<'_>, work: &mut Work<'_>) -> anyhow::Result<()> {
        let end = self.assignment.prefix(writer.train.count, writer.test.count);
        let mut start = 0;
        for SurveyedFiles { files, survey } in &self.parts {
            let count = end.saturating_sub(start).min(survey.count);
            let mut fault = None;
            let mut take = |block: ImageBlock| {
                let taken = writer.take(block, start, &self.assignment);
                let (done, total) = writer.progress();
                work.progress(done, total, "images");
                fault = taken.err();
                fault.is_none() && !work.stop.load(Ordering::Relaxed)
            };
            if count > 0 {
                files.decode(count, &mut take)?;
            }
            if let Some(fault) = fault {
                return Err(fault);
            }
            work.check_stop()?;
            start += survey.count;
        }
        Ok(())
    }
}

/// Where decoded images go.
struct SplitWriter<'a> {
    descriptor: &'a Descriptor,
    train: SplitTarget,
    test: SplitTarget,
}

/// One split of the artifact.
struct SplitTarget {
    name: &'static str,
    count: usize,
    done: usize,
    images: Rows<u8>,
    labels: Vec<u8>,
}

impl SplitTarget {
    fn new(
        name: &'static str,
        count: usize,
        descriptor: &Descriptor,
        out: &mut Writer,
    ) -> anyhow::Result<Self> {
        let Size { height, width, channels } = descriptor.image;
        let margin = 2 * descriptor.pad;
        let shape = [count, channels, height + margin, width + margin];
        let images = out.rows(&format!("images/{name}"), &shape)?;
        Ok(Self { name, count, done: 0, images, labels: vec![0; count] })
    }

    /// Labels, and how many images each class has.
    fn finish(self, classes: usize, out: &mut Writer) -> anyhow::Result<()> {
        let Self { name, count, done, labels, .. } = self;
        ensure!(done == count, "{done} of {count} images of the {name} part were decoded");
        let mut counts = vec![0_u32; classes];
        for &label in &labels {
            counts[usize::from(label)] += 1;
        }
        out.write(&format!("labels/{name}"), &[count], &labels, Layout::Compressed)?;
        out.write(&format!("counts/{name}"), &[classes], &counts, Layout::Contiguous)?;
        Ok(())
    }
}

impl<'a> SplitWriter<'a> {
    fn new(descriptor: &'a Descriptor, asked: Counts, out: &mut Writer) -> anyhow::Result<Self> {
        let train = SplitTarget::new("train", asked.train, descriptor, out)?;
        let test = SplitTarget::new("test", asked.test, descriptor, out)?;
        Ok(Self { descriptor, train, test })
    }

    fn progress(&self) -> (usize, usize) {
        (self.train.done + self.test.done, self.train.count + self.test.count)
    }

    /// Takes in a block of a part that starts at `start` of its stream.
    fn take(
        &mut self,
        block: ImageBlock,
        start: usize,
        assignment: &SplitAssignment,
    ) -> anyhow::Result<()> {
        let Descriptor { image, pad, .. } = *self.descriptor;
        let first = start + block.first;
        let labels = self.classes_of(&block, first)?;
        let images = padded(block.images, image, pad);
        let n = images.len() / labels.len().max(1);
        for run in assignment.runs(first..first + labels.len()) {
            let target = if run.is_test { &mut self.test } else { &mut self.train };
            let taken = target.count.saturating_sub(run.place).min(run.images.len());
            if taken == 0 {
                continue;
            }
            let from = run.images.start - first;
            target.images.write(run.place, &images[from * n..(from + taken) * n])?;
            target.labels[run.place..run.place + taken]
                .copy_from_slice(&labels[from..from + taken]);
            target.done += taken;
        }
        Ok(())
    }

    /// The block's labels as numbers of classes.
    fn classes_of(&self, block: &ImageBlock, first: usize) -> anyhow::Result<Vec<u8>> {
        let Descriptor { classes, first_label, name, .. } = self.descriptor;
        let mut labels = Vec::with_capacity(block.labels.len());
        for (place, &label) in block.labels.iter().enumerate() {
            let class = label.checked_sub(*first_label).and_then(|class| u8::try_from(class).ok());
            match class.filter(|&class| usize::from(class) < classes.len()) {
                Some(class) => labels.push(class),
                None => bail!(
                    "image {} of `{name}` has the label {label}, and the labels of its {} classes \
                     go from {first_label} to {}",
                    first + place,
                    classes.len(),
                    first_label.saturating_add_unsigned(classes.len() as u64 - 1)
                ),
            }
        }
        Ok(labels)
    }

    fn finish(self, out: &mut Writer) -> anyhow::Result<()> {
        let classes = self.descriptor.classes.len();
        self.train.finish(classes, out)?;
        self.test.finish(classes, out)
    }
}
