//! Images from files to the artifact: found, verified, decoded, sorted into
//! their splits and written, block by block.
//!
//! Knows nothing of formats, and not where files are.

use std::{collections::BTreeMap, path::PathBuf, sync::atomic::Ordering};

use anyhow::{Context, bail, ensure};

use super::super::{Params, Work};
use acai_artifact::{Layout, Rows, Writer};
use acai_dataset::{
    SearchPaths,
    descriptor::{Descriptor, Part, Size},
    format::{Block, Facts, Source},
    hashes::Hashes,
    pad::padded,
    resolve::ResolvedDataset,
    split::Route,
};

/// Everything that decides the artifact: what the files contain and how they
/// are read, never what they are called or where they are.
pub(super) fn params(known: &ResolvedDataset) -> Params {
    let Descriptor { image, pad, classes, first_label, train, test, split, .. } = &known.descriptor;
    let identities =
        |parts: &[Part]| -> Vec<String> { parts.iter().map(|part| known.identity(part)).collect() };
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
    known: &ResolvedDataset,
    train: Option<usize>,
    test: Option<usize>,
    work: &mut Work<'_>,
) -> anyhow::Result<()> {
    let descriptor = &known.descriptor;
    let files = obtain(known, work)?;
    let streams = streams(known, &files)?;
    let there = Counts::of(&streams);
    there.check(descriptor)?;
    let wanted = Counts { train: train.unwrap_or(there.train), test: test.unwrap_or(there.test) };
    wanted.check_among(there, descriptor)?;
    work.out.text_attribute("", "source", "files")?;
    work.out.int_attribute("", "classes", i64::try_from(descriptor.classes.len())?)?;
    work.out.texts_attribute("", "class_names", &descriptor.classes)?;
    let mut sink = Sink::new(descriptor, wanted, work.out)?;
    for stream in &streams {
        stream.decode(&mut sink, work)?;
    }
    sink.finish(work.out)
}

/// The files by name, each found or downloaded and verified.
fn obtain(
    known: &ResolvedDataset,
    work: &mut Work<'_>,
) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for part in known.descriptor.parts() {
        for name in part.files() {
            if files.contains_key(name) {
                continue;
            }
            let wanted = known.wanted(name).context("the descriptor lists every file")?;
            let path = work.places.obtain(&wanted, &known.owner(), work.tell, work.stop)?;
            files.insert(name.to_owned(), path);
        }
        if let Part::Folder { path, .. } = part {
            files.insert(path.clone(), folder(known, path, work.places)?);
        }
    }
    Ok(files)
}

/// The folder of that name, if it still holds what it did when it was looked up.
fn folder(known: &ResolvedDataset, name: &str, places: &SearchPaths) -> anyhow::Result<PathBuf> {
    let root = places.folder(name, &known.owner())?;
    let classes = known.descriptor.classes.clone();
    let files = Source::Folder { root: root.clone(), classes }.labelled_files()?;
    let content = Hashes::default().of_all(&files)?;
    ensure!(
        known.folder_content(name) == Some(&content),
        "{} does not hold what its descriptor says, or has changed since the pipeline was read",
        root.display()
    );
    Ok(root)
}

/// Files in a row, and where their images go.
struct Stream {
    parts: Vec<(Source, Facts)>,
    route: Route,
}

/// The training files, and the test files if there are any.
fn streams(
    known: &ResolvedDataset,
    files: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<Vec<Stream>> {
    let descriptor = &known.descriptor;
    let survey = |part: &Part| -> anyhow::Result<(Source, Facts)> {
        let source = source(part, descriptor, files);
        source.verify(&part.checksums())?;
        let facts = source.survey()?;
        let Size { height, width, channels } = descriptor.image;
        let found = (facts.channels, facts.height, facts.width);
        ensure!(
            found == (channels, height, width),
            "the images of `{}` are {}×{}×{} (height, width, channels), and its descriptor says \
             {height}×{width}×{channels}",
            descriptor.name,
            facts.height,
            facts.width,
            facts.channels
        );
        Ok((source, facts))
    };
    let train = descriptor.train.iter().map(survey).collect::<anyhow::Result<Vec<_>>>()?;
    let test = descriptor.test.iter().map(survey).collect::<anyhow::Result<Vec<_>>>()?;
    let count = |parts: &[(Source, Facts)]| parts.iter().map(|(_, facts)| facts.count).sum();
    let n_train: usize = count(&train);
    let Some(split) = descriptor.split else {
        let n_test = count(&test);
        return Ok(vec![
            Stream { parts: train, route: Route::new(n_train, Vec::new()) },
            Stream { parts: test, route: Route::all_to_test_on(n_test) },
        ]);
    };
    let stretches = stretches(&train)?;
    let tests = split.tests(n_train, stretches.as_deref());
    Ok(vec![Stream { route: Route::new(n_train, tests), parts: train }])
}

/// The lengths of the classes, where the files are folders of classes.
fn stretches(parts: &[(Source, Facts)]) -> anyhow::Result<Option<Vec<usize>>> {
    let mut lengths = Vec::new();
    for (source, _) in parts {
        let Source::Folder { .. } = source else { return Ok(None) };
        let files = source.labelled_files()?;
        lengths.extend(files.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len));
    }
    Ok(Some(lengths))
}

fn source(part: &Part, descriptor: &Descriptor, files: &BTreeMap<String, PathBuf>) -> Source {
    let file = |name: &String| files[name].clone();
    match part {
        Part::Lines {} => unreachable!("lines are drawn, not read"),
        Part::Idx { images, labels } => Source::Idx { images: file(images), labels: file(labels) },
        Part::Mat5 { file: name, images, labels } => {
            Source::Mat5 { file: file(name), images: images.clone(), labels: labels.clone() }
        }
        Part::Cifar { archive, members } => Source::Cifar {
            archive: file(archive),
            members: members.iter().map(|member| member.name.clone()).collect(),
        },
        Part::Folder { path, .. } => {
            Source::Folder { root: file(path), classes: descriptor.classes.clone() }
        }
        Part::Npz { file: name, images, labels } => {
            Source::Npz { file: file(name), images: images.clone(), labels: labels.clone() }
        }
    }
}

/// Images of both splits.
#[derive(Clone, Copy, Debug)]
struct Counts {
    train: usize,
    test: usize,
}

impl Counts {
    fn of(streams: &[Stream]) -> Self {
        streams.iter().map(|stream| stream.route.counts()).fold(
            Self { train: 0, test: 0 },
            |sum, (train, test)| Self { train: sum.train + train, test: sum.test + test },
        )
    }

    /// Compares with what the descriptor says, if it says something.
    fn check(self, descriptor: &Descriptor) -> anyhow::Result<()> {
        if let Some(said) = descriptor.counts {
            ensure!(
                (said.train, said.test) == (self.train, self.test),
                "the files of `{}` hold {} training and {} test images, and its descriptor says \
                 {} and {}",
                descriptor.name,
                self.train,
                self.test,
                said.train,
                said.test
            );
        }
        Ok(())
    }

    fn check_among(self, there: Self, descriptor: &Descriptor) -> anyhow::Result<()> {
        let name = &descriptor.name;
        for (split, wanted, there) in
            [("train", self.train, there.train), ("test", self.test, there.test)]
        {
            ensure!(there > 0, "`{name}` has no images to {split} on");
            ensure!(
                wanted <= there,
                "{wanted} images are asked for, and the {split} part of `{name}` has {there}"
            );
        }
        Ok(())
    }
}

impl Stream {
    /// Decodes as far as `sink` wants images.
    fn decode(&self, sink: &mut Sink<'_>, work: &mut Work<'_>) -> anyhow::Result<()> {
        let end = self.route.prefix(sink.train.count, sink.test.count);
        let mut start = 0;
        for (source, facts) in &self.parts {
            let count = end.saturating_sub(start).min(facts.count);
            let mut fault = None;
            let mut take = |block: Block| {
                let taken = sink.take(block, start, &self.route);
                let (done, total) = sink.progress();
                work.progress(done, total, "images");
                fault = taken.err();
                fault.is_none() && !work.stop.load(Ordering::Relaxed)
            };
            if count > 0 {
                source.decode(count, &mut take)?;
            }
            if let Some(fault) = fault {
                return Err(fault);
            }
            work.check_stop()?;
            start += facts.count;
        }
        Ok(())
    }
}

/// Where decoded images go.
struct Sink<'a> {
    descriptor: &'a Descriptor,
    train: Target,
    test: Target,
}

/// One split of the artifact.
struct Target {
    name: &'static str,
    count: usize,
    done: usize,
    images: Rows<u8>,
    labels: Vec<u8>,
}

impl Target {
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

impl<'a> Sink<'a> {
    fn new(descriptor: &'a Descriptor, wanted: Counts, out: &mut Writer) -> anyhow::Result<Self> {
        let train = Target::new("train", wanted.train, descriptor, out)?;
        let test = Target::new("test", wanted.test, descriptor, out)?;
        Ok(Self { descriptor, train, test })
    }

    fn progress(&self) -> (usize, usize) {
        (self.train.done + self.test.done, self.train.count + self.test.count)
    }

    /// Takes in a block of a part that starts at `start` of its stream.
    fn take(&mut self, block: Block, start: usize, route: &Route) -> anyhow::Result<()> {
        let Descriptor { image, pad, .. } = *self.descriptor;
        let first = start + block.first;
        let labels = self.classes_of(&block, first)?;
        let images = padded(block.images, image, pad);
        let n = images.len() / labels.len().max(1);
        for run in route.runs(first..first + labels.len()) {
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
    fn classes_of(&self, block: &Block, first: usize) -> anyhow::Result<Vec<u8>> {
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
