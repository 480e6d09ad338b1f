//! The training images of each step, prepared ahead on a thread of its own so
//! that the kernels never wait.
//!
//! Lines are drawn for every step. Images from files come in an order
//! that depends on (seed, epoch) alone: every epoch is a full shuffle. (The
//! reference shuffles a buffer of 1,024, which lets SVHN alternate between its
//! two training files.)
//!
//! Knows nothing of nets.

use std::{
    ops::RangeInclusive,
    sync::mpsc::{Receiver, sync_channel},
};

use anyhow::{Context, ensure};

use super::super::model::{batch_of_bytes, image_shape};
use acai_artifact::{Reader, Scattered};
use acai_dataset::lines;
use acai_net::{Batch, Shape};
use acai_random::RngStream;

/// How many batches are prepared ahead.
const QUEUE_LEN: usize = 4;

/// The images of one step and their classes.
pub(super) type Examples = (Batch, Vec<u8>);

/// Where examples come from.
pub(super) enum DataLoader {
    /// Drawn for every step.
    Lines { seed: u64, shape: Shape, batch: usize },
    /// Stored.
    Images(Shuffled),
}

/// Stored images in a new order every epoch.
pub(super) struct Shuffled {
    images: Scattered,
    labels: Vec<u8>,
    shape: Shape,
    seed: u64,
    batch: usize,
    /// The epoch of `order`.
    epoch: u64,
    order: Vec<usize>,
}

impl DataLoader {
    /// The images of `data` in batches of `batch`.
    pub(super) fn new(data: &Reader, seed: u64, batch: usize) -> anyhow::Result<Self> {
        let shape = image_shape(data, "train")?;
        if data.text_attribute("", "source")? == "lines" {
            return Ok(Self::Lines { seed, shape, batch });
        }
        let images = data.scattered("images/train")?;
        let labels = data.read::<u8>("labels/train")?.data;
        ensure!(images.len() == labels.len(), "there are not as many labels as images");
        ensure!(!images.is_empty(), "there are no images to train on");
        let order = shuffled(seed, 0, labels.len());
        let shuffled = Shuffled { images, labels, shape, seed, batch, epoch: 0, order };
        Ok(Self::Images(shuffled))
    }

    /// The examples of `step`, numbered from 1.
    fn examples(&mut self, step: u64) -> anyhow::Result<Examples> {
        match self {
            Self::Lines { seed, shape, batch } => {
                let drawn = lines::sample(&mut RngStream::new(*seed, "data", step), *batch);
                Ok((Batch::from_rows(*shape, &drawn.images), drawn.labels))
            }
            Self::Images(shuffled) => shuffled.examples(step),
        }
    }

    /// Prepares the examples of `steps` while `work` takes them one by one.
    pub(super) fn run<T>(
        mut self,
        mut steps: RangeInclusive<u64>,
        work: impl FnOnce(&mut Prefetcher) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel(QUEUE_LEN);
            // Sending fails when the work ended early.
            scope.spawn(move || steps.all(|step| send.send(self.examples(step)).is_ok()));
            work(&mut Prefetcher(receive))
        })
    }
}

/// The examples that are prepared ahead.
pub(super) struct Prefetcher(Receiver<anyhow::Result<Examples>>);

impl Prefetcher {
    /// The examples of the next step.
    pub(super) fn next(&mut self) -> anyhow::Result<Examples> {
        self.0.recv().context("no more steps were prepared")?
    }
}

impl Shuffled {
    fn examples(&mut self, step: u64) -> anyhow::Result<Examples> {
        let n = self.labels.len() as u64;
        let first = (step - 1) * self.batch as u64;
        let rows: Vec<usize> =
            (first..first + self.batch as u64).map(|at| self.row(at / n, at % n)).collect();
        let bytes = self.images.read(&rows)?;
        let labels = rows.iter().map(|&row| self.labels[row]).collect();
        Ok((batch_of_bytes(self.shape, &bytes), labels))
    }

    /// The image at position `at` of an epoch.
    fn row(&mut self, epoch: u64, at: u64) -> usize {
        if epoch != self.epoch {
            self.order = shuffled(self.seed, epoch, self.labels.len());
            self.epoch = epoch;
        }
        self.order[at as usize]
    }
}

/// The order of `n` images in an epoch.
fn shuffled(seed: u64, epoch: u64, n: usize) -> Vec<usize> {
    RngStream::new(seed, "data.order", epoch).permutation(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_artifact::{Kind, Layout, Writer};

    /// Ten images of one value each, their number.
    fn images() -> (tempfile::TempDir, Reader) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images.h5");
        let mut out = Writer::create(&path, Kind::Images).unwrap();
        out.text_attribute("", "source", "files").unwrap();
        let images: Vec<u8> = (0..10).flat_map(|image| vec![image; 1024]).collect();
        out.write("images/train", &[10, 1, 32, 32], &images, Layout::Contiguous).unwrap();
        let labels: Vec<u8> = (0..10).collect();
        out.write("labels/train", &[10], &labels, Layout::Compressed).unwrap();
        out.finish().unwrap();
        let reader = Reader::open(&path).unwrap();
        (dir, reader)
    }

    fn labels(seed: u64, steps: u64, batch: usize) -> Vec<Vec<u8>> {
        labels_of(seed, 1..=steps, batch)
    }

    fn labels_of(seed: u64, steps: RangeInclusive<u64>, batch: usize) -> Vec<Vec<u8>> {
        let (_dir, reader) = images();
        let data_loader = DataLoader::new(&reader, seed, batch).unwrap();
        let all = steps.clone();
        data_loader
            .run(steps, |prefetcher| all.map(|_| Ok(prefetcher.next()?.1)).collect())
            .unwrap()
    }

    #[test]
    fn later_steps_are_the_same_without_the_earlier_ones() {
        assert_eq!(labels(0, 9, 4)[5..], labels_of(0, 6..=9, 4));
    }

    #[test]
    fn every_epoch_shows_every_image_once_in_another_order() {
        let epochs: Vec<Vec<u8>> =
            labels(0, 5, 4).concat().chunks(10).map(<[u8]>::to_vec).collect();
        for epoch in &epochs {
            let mut sorted = epoch.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<u8>>());
        }
        assert_ne!(epochs[0], epochs[1]);
        assert_ne!(epochs[0], labels(1, 5, 4).concat()[..10]);
    }

    #[test]
    fn the_order_depends_on_seed_and_position_alone() {
        assert_eq!(labels(0, 4, 5).concat(), labels(0, 10, 2).concat());
    }

    #[test]
    fn images_come_with_their_labels_on_the_scale_of_the_nets() {
        let (_dir, reader) = images();
        let mut data_loader = DataLoader::new(&reader, 0, 3).unwrap();
        let (batch, labels) = data_loader.examples(1).unwrap();
        for (row, label) in batch.to_rows().chunks(1024).zip(labels) {
            let wanted = f32::from(label) * (2.0 / 255.0) - 1.0;
            assert_eq!(row[0].to_bits(), wanted.to_bits());
        }
    }

    #[test]
    fn work_that_ends_early_ends_the_preparation() {
        let (_dir, reader) = images();
        let data_loader = DataLoader::new(&reader, 0, 4).unwrap();
        let ended: anyhow::Result<()> = data_loader.run(1..=1_000_000, |_| anyhow::bail!("enough"));
        assert_eq!(ended.unwrap_err().to_string(), "enough");
    }
}
