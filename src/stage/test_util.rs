//! Tries one stage on files in a temporary folder, as the engine would run it.
//!
//! Knows nothing of what the stage is.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{CheckpointRequests, Checkpoints, Stage, Work, model};
use acai_artifact::{ArtifactError, Kind, Layout, Reader, Writer};
use acai_common::events::Message;
use acai_dataset::SearchPaths;
use acai_net::{DeviceKind, Net, NetKind, NetSize, build_net, initial_parameters, linear::Linear};
use acai_random::RngStream;

/// A folder of artifacts.
pub(super) struct TestStage {
    folder: tempfile::TempDir,
    stop: AtomicBool,
    /// Done how much work is interrupted, once.
    stop_after: Cell<Option<u64>>,
    notes: RefCell<Vec<String>>,
}

impl TestStage {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            stop: AtomicBool::new(false),
            stop_after: Cell::new(None),
            notes: RefCell::default(),
        }
    }

    /// Interrupts the next run when it has done so much.
    pub(super) fn stop_after(&self, done: u64) {
        self.stop_after.set(Some(done));
    }

    /// What was noted since this was last asked.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.take()
    }

    /// Writes an artifact for stages to read.
    pub(super) fn give(
        &self,
        field: &'static str,
        kind: Kind,
        write: impl FnOnce(&mut Writer) -> Result<(), ArtifactError>,
    ) {
        let mut out = Writer::create(&self.path(field), kind).unwrap();
        write(&mut out).unwrap();
        out.finish().unwrap();
    }

    /// What `stage` makes of what was given, seed 0.
    pub(super) fn run(&self, stage: &dyn Stage) -> anyhow::Result<Reader> {
        let fields = stage.inputs().into_iter().map(|input| input.field);
        let inputs: BTreeMap<_, _> = fields.map(|field| (field, self.open(field))).collect();
        self.stop.store(false, Ordering::Relaxed);
        let path = self.path("out");
        let mut out = Writer::create(&path, stage.output())?;
        stage.run(&mut Work {
            inputs: &inputs,
            out: &mut out,
            seed: 0,
            device: DeviceKind::Cpu,
            places: &SearchPaths::default(),
            tell: &mut |told| self.hear(told),
            stop: &self.stop,
            checkpoints: &Checkpoints {
                folder: self.path("partial"),
                every: Duration::MAX,
                requests: CheckpointRequests::default(),
            },
        })?;
        out.finish()?;
        Ok(Reader::open(&path)?)
    }

    /// Makes what the last run made an input called `field`.
    pub(super) fn give_again(&self, field: &str) {
        std::fs::rename(self.path("out"), self.path(field)).unwrap();
    }

    /// Flips a byte in the middle of every checkpoint.
    pub(super) fn damage_checkpoints(&self) {
        for entry in std::fs::read_dir(self.path("partial")).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// What was given as `field`.
    pub(super) fn open(&self, field: &str) -> Reader {
        Reader::open(&self.path(field)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).with_extension("h5")
    }

    fn hear(&self, told: Message) {
        match told {
            Message::Progress(progress) => {
                assert!(progress.done <= progress.total);
                if self.stop_after.get().is_some_and(|after| progress.done >= after) {
                    self.stop_after.set(None);
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
            Message::Note(note) => self.notes.borrow_mut().push(note),
        }
    }
}

/// The artifact's digest: it must not change unless the stage's version does.
pub(super) fn digest(artifact: &Reader) -> String {
    artifact.digests().unwrap().artifact(artifact.kind()).to_string()
}

/// Gives latents of 4 values in three classes, each far out along its own axis: 600 to
/// train on, 90 to test on.
pub(super) fn give_blobs(test_util: &TestStage) {
    test_util.give("latents", Kind::Latents, |out| {
        for (name, count) in [("train", 600), ("test", 90)] {
            let mut rows = RngStream::new(0, name, 0).normals(count * 4, 0.3);
            let labels: Vec<u8> = (0..count).map(|i| (i % 3) as u8).collect();
            for (row, &label) in rows.chunks_mut(4).zip(&labels) {
                row[usize::from(label)] += 100.0;
            }
            out.write(&format!("latents/{name}"), &[count, 4], &rows, Layout::Compressed)?;
            out.write(&format!("labels/{name}"), &[count], &labels, Layout::Compressed)?;
        }
        Ok(())
    });
}

/// Gives lines as `data`: 20 to train on, 300 to test on.
pub(super) fn give_lines(test_util: &TestStage) {
    test_util.give("data", Kind::Images, |out| {
        out.text_attribute("", "source", "lines")?;
        out.int_attribute("", "classes", 10)?;
        for (name, count) in [("train", 20), ("test", 300)] {
            let split = acai_dataset::lines::split(name, count);
            let images = format!("images/{name}");
            out.write(&images, &[count, 1, 32, 32], &split.images, Layout::Contiguous)?;
            out.write(&format!("labels/{name}"), &[count], &split.labels, Layout::Compressed)?;
        }
        Ok(())
    });
}

/// Gives blurred bytes in colour as `data`: 4 to train on, 12 to test on.
pub(super) fn give_pictures(test_util: &TestStage) {
    test_util.give("data", Kind::Images, |out| {
        out.text_attribute("", "source", "files")?;
        out.int_attribute("", "classes", 10)?;
        for (name, count) in [("train", 4), ("test", 12)] {
            let noise = RngStream::new(0, name, 0).normals(count * 3072, 40.0);
            let pixel = |at: usize| (128.0 + noise[at / 4 * 4] + 0.3 * noise[at]) as u8;
            let bytes: Vec<u8> = (0..noise.len()).map(pixel).collect();
            let images = format!("images/{name}");
            out.write(&images, &[count, 3, 32, 32], &bytes, Layout::Contiguous)?;
            let labels = vec![0_u8; count];
            out.write(&format!("labels/{name}"), &[count], &labels, Layout::Compressed)?;
        }
        Ok(())
    });
}

/// Gives an untrained model of the tiny net as `model`.
pub(super) fn give_model(test_util: &TestStage) {
    give_net(test_util, 1, NetSize { depth: 2, latent: 2, width: 8 });
}

/// Gives an untrained model of the smallest net for colour as `model`.
pub(super) fn give_colour_model(test_util: &TestStage) {
    give_net(test_util, 3, NetSize { depth: 16, latent: 2, width: 4 });
}

fn give_net(test_util: &TestStage, channels: usize, size: NetSize) {
    let build = |role, name| {
        build_net(DeviceKind::Cpu, role, channels, size, &mut initial_parameters(0, name)).unwrap()
    };
    let encoder = build(NetKind::Encoder, "encoder");
    let d = encoder.output().len();
    let probe = Linear::new(d, 10, &mut RngStream::new(0, "probe.init", 0));
    test_util.give("model", Kind::Model, |out| {
        model::write_size(out, channels, size).unwrap();
        write_net(out, "encoder", &*encoder)?;
        write_net(out, "decoder", &*build(NetKind::Decoder, "decoder"))?;
        out.write("probe/weight", &[10, d], &probe.weight, Layout::Compressed)?;
        out.write("probe/bias", &[10], &probe.bias, Layout::Compressed)
    });
}

/// Writes a net's parameters below the group `name`.
pub(super) fn write_net(out: &mut Writer, name: &str, net: &dyn Net) -> Result<(), ArtifactError> {
    for parameter in net.parameters() {
        let path = format!("{name}/{}", parameter.spec.name);
        out.write(&path, &parameter.spec.shape, &parameter.data, Layout::Compressed)?;
    }
    Ok(())
}
