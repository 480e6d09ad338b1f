//! `KMeans`: clusters of latents, and how well they match the classes.
//!
//! Knows nothing of how its inputs were made.

use serde::Deserialize;

use super::{Declared, Figures, Input, Member, Params, RangeFault, Stage, Work};
use crate::{artifact::Kind, names::Reference};

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
    /// At most so many training latents are used for fitting.
    #[serde(default = "default_fit")]
    pub fit: usize,
}

impl Declared for KMeans {
    fn members(&self) -> Vec<Member> {
        vec![Member { variant: None, stage: Box::new(self.clone()) }]
    }

    fn range_faults(&self) -> Vec<RangeFault> {
        [
            RangeFault::less_than("k", self.k, 1),
            RangeFault::less_than("restarts", self.restarts, 1),
            RangeFault::unless(
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

    fn version(&self) -> u32 {
        1
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

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
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
