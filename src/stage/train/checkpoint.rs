//! Checkpoints: a training that was killed or interrupted resumes from its last
//! one, and gives the same bits as if it had not stopped.
//!
//! A checkpoint is a model with the optimizers' states beside it: one file
//! `<step>-<digest>.h5` in the instance's own folder, written under another
//! name, synced and renamed. Its name holds its digest, so a damaged one is never
//! used. It is no part of the key, and is removed when the model is published.
//!
//! Knows nothing of stores and locks: only this training uses the folder.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use fs_err as fs;

use super::{
    history::History,
    tensors::Tensor,
    train_state::{Snapshot, TrainState},
};
use crate::{
    CheckpointRequests, Checkpoints, Work, model,
    snapshots::{SNAPSHOTS, Weights},
};
use acai_artifact::{Digest, Kind, Layout, Reader, Writer};
use acai_autoencoder::Trainer;
use acai_common::{events::Message, files};
use acai_net::{Net, Parameter};

/// Writing checkpoints takes at most about one part in so many of the whole time.
const TIME_SHARE: u32 = 50;

/// The checkpoints of one training.
pub(super) struct Checkpoint<'a> {
    folder: &'a Path,
    every: Duration,
    requests: &'a CheckpointRequests,
    /// How many of the requests were answered.
    answered: u64,
    /// Seconds that earlier attempts worked.
    pub(super) earlier_s: f64,
    start: Instant,
    last: Instant,
    /// How long the last one took to write.
    write_time: Duration,
}

impl<'a> Checkpoint<'a> {
    /// As `checkpoints` says.
    pub(super) fn new(checkpoints: &'a Checkpoints) -> Self {
        let Checkpoints { folder, every, requests } = checkpoints;
        let now = Instant::now();
        Self {
            folder,
            every: *every,
            requests,
            answered: requests.count(),
            earlier_s: 0.0,
            start: now,
            last: now,
            write_time: Duration::ZERO,
        }
    }

    /// Whether it is time for one.
    pub(super) fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every.max(self.write_time * TIME_SHARE)
    }

    /// Whether somebody asked for one since the last.
    pub(super) fn is_requested(&self) -> bool {
        self.requests.count() > self.answered
    }

    /// Writes one because somebody asked, and says so.
    pub(super) fn save_on_request(
        &mut self,
        state: &mut TrainState,
        steps: u64,
        work: &mut Work<'_>,
    ) {
        if self.save(state, work) {
            let note = format!("a checkpoint was written after step {} of {steps}", state.step);
            (work.tell)(Message::Note(note));
        }
    }

    /// Writes one and says whether that succeeded. If that fails, training goes on, with a note.
    pub(super) fn save(&mut self, state: &mut TrainState, work: &mut Work<'_>) -> bool {
        let start = Instant::now();
        self.answered = self.requests.count();
        let elapsed_s = self.earlier_s + self.start.elapsed().as_secs_f64();
        let written = write(self.folder, state, elapsed_s);
        if let Err(error) = &written {
            let why = format!("no checkpoint could be written: {error:#}");
            (work.tell)(Message::Note(why));
        }
        self.last = Instant::now();
        self.write_time = start.elapsed();
        written.is_ok()
    }

    /// The state of the last sound checkpoint, or else the one that `start` gives.
    ///
    /// # Errors
    /// As `start`.
    pub(super) fn resume(
        &mut self,
        steps: u64,
        work: &mut Work<'_>,
        start: impl Fn(&Work<'_>) -> anyhow::Result<TrainState>,
    ) -> anyhow::Result<TrainState> {
        for (step, path) in checkpoints_in(self.folder) {
            // A state that was only read in part is dropped.
            let mut state = start(work)?;
            let note = match read(&path, step, steps, &mut state) {
                Ok(earlier_s) => {
                    self.earlier_s = earlier_s;
                    let note = format!("goes on after step {step} of {steps}, from a checkpoint");
                    (work.tell)(Message::Note(note));
                    return Ok(state);
                }
                Err(error) => format!("a checkpoint is of no use: {error:#}"),
            };
            (work.tell)(Message::Note(note));
        }
        start(work)
    }
}

/// The checkpoints in `folder`, the latest first.
fn checkpoints_in(folder: &Path) -> Vec<(u64, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let step = |path: PathBuf| {
        let (step, _) = path.file_stem()?.to_str()?.split_once('-')?;
        Some((step.parse().ok()?, path))
    };
    let mut checkpoints: Vec<_> = entries.filter_map(|entry| step(entry.ok()?.path())).collect();
    checkpoints.sort_by(|a, b| b.cmp(a));
    checkpoints
}

/// Writes a checkpoint and removes the ones before it.
fn write(folder: &Path, state: &mut TrainState, elapsed_s: f64) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let older = checkpoints_in(folder);
    let partial = folder.join("partial.h5");
    let mut out = Writer::create(&partial, Kind::Model)?;
    write_nets(&mut out, &state.trainer)?;
    write_optimizers(&mut out, &mut state.trainer)?;
    write_state(&mut out, state, elapsed_s)?;
    let digest = out.finish()?.artifact(Kind::Model);
    files::sync(&partial)?;
    files::rename_durably(&partial, &folder.join(format!("{:010}-{digest}.h5", state.step)))?;
    for (_, path) in older {
        fs::remove_file(path)?;
    }
    Ok(())
}

fn write_nets(out: &mut Writer, trainer: &Trainer) -> anyhow::Result<()> {
    for tensor in Tensor::for_evaluation(trainer) {
        tensor.write(out, &tensor.name, Layout::Contiguous)?;
    }
    for tensor in Tensor::for_training(trainer) {
        tensor.write(out, &tensor.name, Layout::Contiguous)?;
    }
    Ok(())
}

fn write_optimizers(out: &mut Writer, trainer: &mut Trainer) -> anyhow::Result<()> {
    for (name, state) in trainer.optimizers() {
        let path = |what: &str| format!("optimizers/{name}/{what}");
        let n = state.mean.len();
        out.write(&path("mean"), &[n], &state.mean, Layout::Contiguous)?;
        out.write(&path("square"), &[n], &state.square, Layout::Contiguous)?;
        let steps = i64::try_from(state.steps)?;
        out.write(&path("steps"), &[], &[steps], Layout::Contiguous)?;
    }
    Ok(())
}

fn write_state(out: &mut Writer, state: &TrainState, elapsed_s: f64) -> anyhow::Result<()> {
    let History { steps, entries, sums, in_sum, recent_mse, .. } = &state.history;
    let shape = [entries.len(), steps.len()];
    let recent_mse: Vec<f64> = recent_mse.iter().copied().collect();
    let plain = Layout::Contiguous;
    out.write("state/steps", &[steps.len()], steps, plain)?;
    out.write("state/entries", &shape, &entries.concat(), plain)?;
    out.write("state/sums", &[sums.len()], sums, plain)?;
    out.write("state/in_sum", &[], &[*in_sum], plain)?;
    out.write("state/recent_mse", &[recent_mse.len()], &recent_mse, plain)?;
    out.write("state/elapsed_s", &[], &[elapsed_s], plain)?;
    for Snapshot { kimg, tensors } in &state.snapshots {
        let weights = Weights::of_snapshot(*kimg);
        for tensor in tensors {
            tensor.write(out, &weights.path(&tensor.name), plain)?;
        }
    }
    Ok(())
}

/// Reads the checkpoint at `path` into `state`; returns how many seconds earlier
/// attempts worked.
fn read(path: &Path, step: u64, steps: u64, state: &mut TrainState) -> anyhow::Result<f64> {
    let saved = Reader::open(path)?;
    let digest: Digest = saved.digests()?.artifact(saved.kind());
    let named = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    ensure!(named.ends_with(&digest.to_string()), "`{}` is damaged", path.display());
    ensure!(step < steps, "it is after step {step} of {steps}");
    let history = read_history(&saved)?;
    let snapshots = read_snapshots(&saved)?;
    let elapsed_s = scalar::<f64>(&saved, "state/elapsed_s")?;
    read_trainer(&saved, &mut state.trainer).context("reading the nets")?;
    (state.history, state.snapshots, state.step) = (history, snapshots.into(), step);
    Ok(elapsed_s)
}

fn read_history(saved: &Reader) -> anyhow::Result<History> {
    let steps = saved.read::<u32>("state/steps")?.data;
    let entries = saved.read::<f32>("state/entries")?;
    let terms = entries.shape.first().copied().unwrap_or(0);
    let entry = |term: usize| entries.data[term * steps.len()..][..steps.len()].to_vec();
    Ok(History {
        entries: (0..terms).map(entry).collect(),
        sums: saved.read("state/sums")?.data,
        in_sum: scalar(saved, "state/in_sum")?,
        recent_mse: saved.read("state/recent_mse")?.data.into(),
        steps,
        ..History::default()
    })
}

fn read_snapshots(saved: &Reader) -> anyhow::Result<Vec<Snapshot>> {
    let mut snapshots: Vec<Snapshot> = Vec::new();
    for path in saved.datasets("")? {
        let Some(inner) = path.strip_prefix(&format!("{SNAPSHOTS}/")) else { continue };
        let (kimg, name) = inner.split_once('/').context("a snapshot has no name")?;
        let (kimg, array) = (kimg.parse()?, saved.read::<f32>(&path)?);
        let tensor = Tensor { name: name.to_owned(), shape: array.shape, data: array.data };
        match snapshots.last_mut() {
            Some(snapshot) if snapshot.kimg == kimg => snapshot.tensors.push(tensor),
            _ => snapshots.push(Snapshot { kimg, tensors: vec![tensor] }),
        }
    }
    Ok(snapshots)
}

/// The trainer's nets, probe and optimizers.
fn read_trainer(saved: &Reader, trainer: &mut Trainer) -> anyhow::Result<()> {
    let mut moments = Vec::new();
    for (name, state) in trainer.optimizers() {
        let path = |what: &str| format!("optimizers/{name}/{what}");
        let n = state.mean.len();
        let steps = u64::try_from(scalar::<i64>(saved, &path("steps"))?)?;
        moments.push((array(saved, &path("mean"), n)?, array(saved, &path("square"), n)?, steps));
    }
    let nets = &mut trainer.nets;
    read_net(saved, "encoder", &mut *nets.encoder)?;
    read_net(saved, "decoder", &mut *nets.decoder)?;
    if let Some(critic) = &mut nets.critic {
        read_net(saved, "critic", &mut **critic)?;
    }
    for extra in &mut nets.extra {
        extra.data = array(saved, &extra.name, extra.data.len())?;
    }
    trainer.probe = model::read_probe(saved, &Weights::last())?;
    for ((_, state), (mean, square, steps)) in trainer.optimizers().into_iter().zip(moments) {
        (state.mean, state.square, state.steps) = (mean, square, steps);
    }
    Ok(())
}

fn read_net(saved: &Reader, name: &str, net: &mut dyn Net) -> anyhow::Result<()> {
    let parameter = |parameter: &Parameter| {
        array(saved, &format!("{name}/{}", parameter.spec.name), parameter.data.len())
    };
    let values: anyhow::Result<Vec<Vec<f32>>> = net.parameters().iter().map(parameter).collect();
    for (parameter, value) in net.parameters_mut().iter_mut().zip(values?) {
        parameter.data = value;
    }
    Ok(())
}

/// `n` numbers.
fn array(saved: &Reader, path: &str, n: usize) -> anyhow::Result<Vec<f32>> {
    let data = saved.read::<f32>(path)?.data;
    ensure!(data.len() == n, "{path} has {} elements instead of {n}", data.len());
    Ok(data)
}

/// A single number.
fn scalar<T: acai_artifact::Element>(saved: &Reader, path: &str) -> anyhow::Result<T> {
    saved.read::<T>(path)?.data.first().copied().with_context(|| format!("{path} is empty"))
}
