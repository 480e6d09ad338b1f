//! `KMeans`: clusters of latents, and how well they match the classes.
//!
//! Knows nothing of how its inputs were made.

use linfa::{ParamGuard, traits::Predict};
use ndarray::{Array2, Axis};
use serde::Deserialize;

use self::{model::Clustering, whiten::Whitening};
use super::{
    Declared, Input, Member, Params, RangeError, RunStats, Stage, Work, latents::Latents,
    write_accuracy,
};
use acai_artifact::{Kind, Layout, Writer};
use acai_common::{
    events::{Message, Progress},
    names::Reference,
};
use acai_metric::{accuracy::matched_accuracy, score};

mod lloyd;
pub mod model;
mod points;
mod run_group;
mod whiten;

#[cfg(test)]
mod tests;

/// `KMeans(…)` as written in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KMeans {
    /// The latents to cluster.
    pub latents: Reference,
    /// How many clusters.
    #[serde(default = "default_k")]
    pub k: usize,
    /// How often to start anew from random points; the best is kept.
    #[serde(default = "default_restarts")]
    pub restarts: usize,
    /// Whether to whiten first, fitted on the training latents.
    #[serde(default = "default_whiten")]
    pub whiten: bool,
    /// At most this many training latents are used for fitting.
    #[serde(default = "default_fit")]
    pub fit: usize,
}

impl Declared for KMeans {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_errors(&self) -> Vec<RangeError> {
        [
            RangeError::less_than("k", self.k, 1),
            RangeError::less_than("restarts", self.restarts, 1),
            RangeError::unless(
                self.fit >= self.k,
                "fit",
                format!("must be at least k, which is {}", self.k),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Stage for KMeans {
    fn kind(&self) -> &'static str {
        "KMeans"
    }

    /// 3: the interval of the accuracy over images is stored.
    fn version(&self) -> u32 {
        3
    }

    fn output(&self) -> Kind {
        Kind::Clusters
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            field: "latents",
            reference: self.latents.clone(),
            wants: Kind::Latents,
            reads: &["train", "test"],
        }]
    }

    fn params(&self) -> Params {
        Params::default()
            .defaulted("k", &self.k, &default_k())
            .defaulted("restarts", &self.restarts, &default_restarts())
            .defaulted("whiten", &self.whiten, &default_whiten())
            .defaulted("fit", &self.fit, &default_fit())
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let train = Latents::read(work.input("latents"), "train")?;
        let test = Latents::read(work.input("latents"), "test")?;
        let fit = train.len().min(self.fit);
        let params = model::Params::new(self.k, self.restarts, work.seed).check()?;
        params.check_count(fit)?;
        let whitening =
            self.whiten.then(|| Whitening::fit(&train.rows[..fit * train.width], train.width));
        let spaces = [("train", &train), ("test", &test)]
            .map(|(name, split)| (name, split, records(whitening.as_ref(), split)));
        work.check_stop()?;
        let points = params.points(spaces[0].2.slice_axis(Axis(0), (..fit).into()))?;
        let clustering = params.best(&points, &mut |round| {
            if round.done > 0 {
                (work.tell)(Message::Progress(progress(round, self.restarts)));
            }
            work.check_stop()
        })?;
        write_clustering(work.out, &clustering)?;
        if let Some(whitening) = whitening {
            write_whitening(work.out, &whitening)?;
        }
        for (name, split, records) in spaces {
            write_split(work.out, name, &clustering, &split.labels, &records)?;
        }
        Ok(RunStats::default())
    }
}

/// The latents as they are clustered.
fn records(whitening: Option<&Whitening>, latents: &Latents) -> Array2<f32> {
    let (width, rows) = match whitening {
        Some(whitening) => (whitening.width(), whitening.apply(&latents.rows)),
        None => (latents.width, latents.rows.clone()),
    };
    Array2::from_shape_vec((latents.len(), width), rows).expect("one row per latent")
}

fn progress(round: model::FitProgress, restarts: usize) -> Progress {
    Progress {
        done: round.done as u64,
        total: restarts as u64,
        unit: "restarts",
        figures: vec![("inertia", round.inertia)],
    }
}

fn write_clustering(out: &mut Writer, clustering: &Clustering) -> anyhow::Result<()> {
    let shape = clustering.centroids.shape();
    let centroids: Vec<f32> = clustering.centroids.iter().copied().collect();
    out.write("centroids", shape, &centroids, Layout::Compressed)?;
    out.score(score::INERTIA.name, clustering.inertia)?;
    Ok(())
}

fn write_whitening(out: &mut Writer, whitening: &Whitening) -> anyhow::Result<()> {
    let Whitening { mean, singular_values, components } = whitening;
    let (from, to) = (mean.len(), singular_values.len());
    out.write("whitening/mean", &[from], mean, Layout::Compressed)?;
    out.write("whitening/singular_values", &[to], singular_values, Layout::Compressed)?;
    out.write("whitening/components", &[to, from], components, Layout::Compressed)?;
    Ok(())
}

/// Writes the clusters of one split and how well they match its classes.
fn write_split(
    out: &mut Writer,
    name: &str,
    clustering: &Clustering,
    labels: &[u8],
    records: &Array2<f32>,
) -> anyhow::Result<()> {
    let clusters = clustering.predict(records);
    let clusters: Vec<u32> = clusters.iter().map(|&cluster| cluster as u32).collect();
    out.write(&format!("labels/{name}"), &[clusters.len()], &clusters, Layout::Compressed)?;
    let accuracy = matched_accuracy(&clusters, labels);
    if name == "test" {
        write_accuracy(out, score::ACCURACY, accuracy, labels.len())?;
    } else {
        out.score(score::TRAIN_ACCURACY.name, accuracy)?;
    }
    Ok(())
}

fn default_k() -> usize {
    10
}

fn default_restarts() -> usize {
    1_000
}

fn default_whiten() -> bool {
    true
}

fn default_fit() -> usize {
    60_000
}
