//! Tries one stage on files in a temporary folder, as the engine would run it.
//!
//! Knows nothing of what the stage is.

use std::{collections::BTreeMap, path::PathBuf, sync::atomic::AtomicBool};

use super::{Stage, Work};
use crate::{
    artifact::{ArtifactError, Kind, Layout, Reader, Writer},
    net::DeviceKind,
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
        let inputs: BTreeMap<_, _> =
            fields.map(|field| (field, Reader::open(&self.path(field)).unwrap())).collect();
        let path = self.path("out");
        let mut out = Writer::create(&path, stage.output())?;
        stage.run(&mut Work {
            inputs: &inputs,
            out: &mut out,
            seed: 0,
            device: DeviceKind::Cpu,
            report: &mut |progress| assert!(progress.done <= progress.total),
            stop: &AtomicBool::new(false),
        })?;
        out.finish()?;
        Ok(Reader::open(&path)?)
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
