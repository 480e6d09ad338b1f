//! Tries one stage on files in a temporary folder, as the engine would run it.
//!
//! Knows nothing of what the stage is.

use std::{collections::BTreeMap, path::PathBuf, sync::atomic::AtomicBool};

use super::{Stage, Work, model};
use crate::{
    artifact::{ArtifactError, Kind, Layout, Reader, Writer},
    dataset::Places,
    events::Told,
    net::{DeviceKind, NetSize, Role, head::Head, initial, net},
    random::Stream,
};

/// A folder of artifacts.
pub(super) struct Trial(tempfile::TempDir);

impl Trial {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
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
        let path = self.path("out");
        let mut out = Writer::create(&path, stage.output())?;
        stage.run(&mut Work {
            inputs: &inputs,
            out: &mut out,
            seed: 0,
            device: DeviceKind::Cpu,
            places: &Places::default(),
            tell: &mut |told| {
                if let Told::Progress(progress) = told {
                    assert!(progress.done <= progress.total);
                }
            },
            stop: &AtomicBool::new(false),
        })?;
        out.finish()?;
        Ok(Reader::open(&path)?)
    }

    /// What was given as `field`.
    pub(super) fn open(&self, field: &str) -> Reader {
        Reader::open(&self.path(field)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name).with_extension("h5")
    }
}

/// The artifact's digest: it must not change unless the stage's version does.
pub(super) fn digest(artifact: &Reader) -> String {
    artifact.digests().unwrap().artifact(artifact.kind()).to_string()
}

/// Gives latents of 4 values in three classes, each far out along its own axis: 600 to
/// train on, 90 to test on.
pub(super) fn give_blobs(trial: &Trial) {
    trial.give("latents", Kind::Latents, |out| {
        for (name, count) in [("train", 600), ("test", 90)] {
            let mut rows = Stream::new(0, name, 0).normals(count * 4, 0.3);
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
pub(super) fn give_lines(trial: &Trial) {
    trial.give("data", Kind::Images, |out| {
        out.text_attribute("", "source", "lines")?;
        out.int_attribute("", "classes", 10)?;
        for (name, count) in [("train", 20), ("test", 300)] {
            let split = crate::dataset::lines::split(name, count);
            let images = format!("images/{name}");
            out.write(&images, &[count, 1, 32, 32], &split.images, Layout::Contiguous)?;
            out.write(&format!("labels/{name}"), &[count], &split.labels, Layout::Compressed)?;
        }
        Ok(())
    });
}

/// Gives an untrained model of the tiny net as `model`.
pub(super) fn give_model(trial: &Trial) {
    let size = NetSize { depth: 2, latent: 2, width: 8 };
    let build = |role, name| net(DeviceKind::Cpu, role, 1, size, &mut initial(0, name)).unwrap();
    let probe = Head::new(128, 10, &mut Stream::new(0, "probe.init", 0));
    trial.give("model", Kind::Model, |out| {
        model::write_size(out, 1, size).unwrap();
        model::write_net(out, "encoder", &*build(Role::Encoder, "encoder")).unwrap();
        model::write_net(out, "decoder", &*build(Role::Decoder, "decoder")).unwrap();
        out.write("probe/weight", &[10, 128], &probe.weight, Layout::Compressed)?;
        out.write("probe/bias", &[10], &probe.bias, Layout::Compressed)
    });
}
