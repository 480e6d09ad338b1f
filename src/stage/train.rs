//! `Train`: a family of autoencoders on one dataset.
//!
//! Knows nothing of evaluation; other stages read the model it writes.

use serde::{Deserialize, Serialize};

use super::{
    CheckFault, Declared, Figures, ImageShape, Input, Member, Params, RangeFault, Stage, Work,
};
use crate::{
    artifact::Kind,
    autoencoder::{Autoencoder, Regularizer},
    names::{Name, Reference},
    net::NetSize,
    text::Ordered,
};

/// `Train(data: "lines", net: (depth: 16, latent: 16, width: 2), variants: {…})`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// The dataset.
    pub data: Reference,
    /// The size of the nets.
    pub net: NetSize,
    /// Training length in units of 1,024 images.
    #[serde(default = "default_kimg")]
    pub kimg: u64,
    /// Images per step.
    #[serde(default = "default_batch")]
    pub batch: usize,
    /// Adam's learning rate.
    #[serde(default = "default_lr")]
    pub lr: f64,
    /// What is compared.
    pub variants: Ordered<Name, Variant>,
}

/// One autoencoder of the comparison.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Which autoencoder.
    pub autoencoder: Autoencoder,
    /// What is added to its loss.
    pub regularizer: Option<Regularizer>,
    /// Its own net size, if not the stage's.
    pub net: Option<NetSize>,
    /// Its own training length, if not the stage's.
    pub kimg: Option<u64>,
}

fn default_kimg() -> u64 {
    16_384
}

fn default_batch() -> usize {
    64
}

fn default_lr() -> f64 {
    1e-4
}

/// One member of the family with everything resolved.
#[derive(Clone, Debug)]
pub struct TrainOne {
    data: Reference,
    net: NetSize,
    kimg: u64,
    batch: usize,
    lr: f64,
    autoencoder: Autoencoder,
    regularizer: Option<Regularizer>,
    variant: Name,
}

impl Declared for Train {
    fn members(&self) -> Vec<Member> {
        self.variants
            .iter()
            .map(|(name, variant)| Member {
                variant: Some(name.clone()),
                stage: Box::new(TrainOne {
                    data: self.data.clone(),
                    net: variant.net.unwrap_or(self.net),
                    kimg: variant.kimg.unwrap_or(self.kimg),
                    batch: self.batch,
                    lr: self.lr,
                    autoencoder: variant.autoencoder.clone(),
                    regularizer: variant.regularizer.clone(),
                    variant: name.clone(),
                }),
            })
            .collect()
    }
}

impl Stage for TrainOne {
    fn kind(&self) -> &'static str {
        "Train"
    }

    fn version(&self) -> u32 {
        1
    }

    fn output(&self) -> Kind {
        Kind::Model
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input {
            field: "data",
            reference: self.data.clone(),
            wants: Kind::Images,
            reads: &["train"],
        }]
    }

    fn params(&self) -> Params {
        let net = Params::default()
            .required("depth", &self.net.depth)
            .required("latent", &self.net.latent)
            .required("width", &self.net.width);
        let params =
            Params::default().nested("net", net).defaulted("kimg", &self.kimg, &default_kimg());
        params.also_under(&format!("variants.{}", self.variant))
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn run(&self, _work: &mut Work<'_>) -> anyhow::Result<Figures> {
        unimplemented!()
    }
}
