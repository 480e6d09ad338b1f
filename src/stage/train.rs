//! `Train`: a family of autoencoders on one dataset.
//!
//! Knows nothing of evaluation; other stages read the model it writes.

mod checkpoint;
pub mod cost;
mod data_loader;
mod history;
mod tensors;
pub mod timing;
mod train_state;

use std::time::Instant;

use anyhow::bail;
use serde::Deserialize;

use self::{
    checkpoint::Checkpoint, cost::TrainingCost, data_loader::DataLoader, train_state::TrainState,
};
use super::{
    CheckError, Declared, ImageShape, Input, InputFacts, Member, MemoryNeed, ModelFacts, Params,
    RangeError, RunStats, Stage, Work, model, snapshots::Snapshots,
};
use acai_artifact::Kind;
use acai_autoencoder::{
    AutoencoderSpec, RegularizerSpec, Trainer, TrainerOptions, field_check::FieldCheck,
};
use acai_common::{
    names::{Name, Reference},
    text::Ordered,
};
use acai_net as net;
use acai_net::{NetSize, Shape};

/// Raised whenever every training with the same parameters gives other bits.
const VERSION: u32 = 2;

/// Images of one unit of training length.
const KIMG: u64 = 1024;

/// The longest training, 64 times the paper's: steps are counted in 32 bits.
const MOST_KIMG: u64 = u32::MAX as u64 / KIMG;

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
    /// Which weights on the way are kept, if any.
    pub snapshots: Option<Snapshots>,
    /// What is compared.
    pub variants: Ordered<Name, Variant>,
}

/// One autoencoder of the comparison.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Which autoencoder.
    pub autoencoder: AutoencoderSpec,
    /// What is added to its loss.
    pub regularizer: Option<RegularizerSpec>,
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
    snapshots: Option<Snapshots>,
    autoencoder: AutoencoderSpec,
    regularizer: Option<RegularizerSpec>,
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
                    snapshots: self.snapshots,
                    autoencoder: variant.autoencoder.clone(),
                    regularizer: variant.regularizer.clone(),
                    variant: name.clone(),
                }),
            })
            .collect()
    }

    fn range_errors(&self) -> Vec<RangeError> {
        let regularizers = self.variants.iter().filter_map(|(_, one)| one.regularizer.as_ref());
        let batch_error = regularizers.into_iter().find_map(|one| one.batch_error(self.batch));
        let own = [
            RangeError::less_than("kimg", self.kimg, 1),
            RangeError::more_than("kimg", self.kimg, MOST_KIMG),
            RangeError::less_than("batch", self.batch, 1),
            batch_error.and_then(|message| RangeError::unless(false, "batch", message)),
            RangeError::unless(
                self.lr.is_finite() && self.lr > 0.0,
                "lr",
                "must be a finite number above 0",
            ),
        ];
        let variants = self.variants.iter().flat_map(|(name, variant)| variant.range_errors(name));
        own.into_iter().flatten().chain(self.snapshot_errors()).chain(variants).collect()
    }
}

impl Train {
    /// Numbers of the snapshots that are out of range.
    fn snapshot_errors(&self) -> impl Iterator<Item = RangeError> {
        let errors = self.snapshots.map(|Snapshots { every, last }| {
            [
                RangeError::less_than("snapshots.every", every, 1),
                RangeError::less_than("snapshots.last", last, 1),
            ]
        });
        errors.into_iter().flatten().flatten()
    }
}

impl Variant {
    fn range_errors(&self, name: &Name) -> Vec<RangeError> {
        let here = format!("variants.{name}");
        let kimg = self.kimg.and_then(|kimg| {
            let path = format!("{here}.kimg");
            let least = RangeError::less_than(&path, kimg, 1);
            least.or_else(|| RangeError::more_than(&path, kimg, MOST_KIMG))
        });
        let autoencoder = self.autoencoder.field_checks().into_iter();
        let regularizer = self.regularizer.iter().flat_map(|one| one.field_checks());
        let checks = autoencoder
            .map(|check| ("autoencoder", check))
            .chain(regularizer.map(|check| ("regularizer", check)));
        let fields = checks.filter_map(|(part, FieldCheck { field, is_met, message })| {
            RangeError::unless(is_met, format!("{here}.{part}.{field}"), message)
        });
        let is_trained = self.autoencoder.has_nets() || self.regularizer.is_none();
        let regularizer = RangeError::unless(
            is_trained,
            format!("{here}.regularizer"),
            format!("has nothing to add to: `{}` is not trained", self.autoencoder.name()),
        );
        kimg.into_iter().chain(regularizer).chain(fields).collect()
    }
}

impl TrainOne {
    /// The regularizer with every default filled in, and what it would be if
    /// none of its fields were written.
    fn resolved_regularizer(&self) -> Option<(RegularizerSpec, Option<RegularizerSpec>)> {
        let written = self.regularizer.clone()?;
        let default = RegularizerSpec::by_name(written.name());
        let resolved = |one: RegularizerSpec| one.resolved(self.net.depth);
        Some((resolved(written), default.map(resolved)))
    }

    /// Nets and probe with their initial weights, before the first step.
    fn trainer(&self, channels: usize, classes: usize, work: &Work<'_>) -> anyhow::Result<Trainer> {
        let options = TrainerOptions {
            autoencoder: &self.autoencoder,
            regularizer: self.regularizer.as_ref(),
            net: self.net,
            channels,
            classes,
            lr: self.lr,
        };
        Ok(Trainer::new(options, work.device, work.seed)?)
    }

    /// The error of a net size that is not compiled.
    fn check_net(&self, net: NetSize, image: ImageShape, field: &str) -> Option<CheckError> {
        let ImageShape { channels, height, width } = image;
        if !self.autoencoder.has_nets() || net::is_compiled(net, channels, height, width) {
            return None;
        }
        Some(CheckError {
            paths: vec![format!("variants.{}.{field}", self.variant), field.to_owned()],
            message: format!(
                "no net of depth {}, latent {}, width {} for {height}×{width}×{channels} images \
                 is compiled",
                net.depth, net.latent, net.width
            ),
            help: Some(format!(
                "add a row to src/net/shapes.rs and build again, or take one of these:\n{}",
                net::compiled_sizes().join("\n")
            )),
        })
    }
}

impl Stage for TrainOne {
    fn kind(&self) -> &'static str {
        "Train"
    }

    fn version(&self) -> u32 {
        let regularizer = self.regularizer.as_ref().map_or(0, |one| one.version());
        VERSION + self.autoencoder.version() + regularizer
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
        let default_autoencoder = AutoencoderSpec::by_name(self.autoencoder.name());
        let params = Params::default()
            .nested("net", net)
            .defaulted("kimg", &self.kimg, &default_kimg())
            .defaulted("batch", &self.batch, &default_batch())
            .defaulted("lr", &self.lr, &default_lr())
            .variant("autoencoder", &self.autoencoder, default_autoencoder.as_ref());
        let params = match self.resolved_regularizer() {
            None => params.absent("regularizer"),
            Some((value, default)) => params.variant("regularizer", &value, default.as_ref()),
        };
        let params = match self.snapshots {
            None => params.absent("snapshots"),
            Some(Snapshots { every, last }) => params.nested(
                "snapshots",
                Params::default().required("every", &every).required("last", &last),
            ),
        };
        params.also_under(&format!("variants.{}", self.variant))
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn model(&self) -> Option<ModelFacts> {
        Some(ModelFacts { has_snapshots: self.snapshots.is_some() })
    }

    fn training_cost(&self, facts: InputFacts) -> Option<TrainingCost> {
        Some(self.cost(facts.data?.shape.channels))
    }

    fn memory(&self, facts: InputFacts) -> Option<MemoryNeed> {
        Some(self.memory_of(facts.data?.shape.channels))
    }

    fn check(&self, facts: InputFacts) -> Vec<CheckError> {
        let Some(shape) = facts.data.map(|data| data.shape) else { return Vec::new() };
        let memory = self.memory(facts).and_then(|need| need.beyond_reason());
        let error = memory.or_else(|| self.check_net(self.net, shape, "net"));
        match self.regularizer.as_ref().and_then(|one| one.critic_depth(self.net.depth)) {
            Some(depth) if depth != self.net.depth => {
                let net = NetSize { depth, ..self.net };
                error.into_iter().chain(self.check_net(net, shape, "regularizer.depth")).collect()
            }
            _ => error.into_iter().collect(),
        }
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<RunStats> {
        let data = work.input("data");
        let Shape { channels, .. } = model::image_shape(data, "train")?;
        if let Some(CheckError { message, .. }) = self.memory_of(channels).beyond_this_machine() {
            bail!("{message}; take a smaller `batch`");
        }
        let classes = usize::try_from(data.int_attribute("", "classes")?)?;
        let data_loader = DataLoader::new(data, work.seed, self.batch)?;
        let steps = (self.kimg * KIMG).div_ceil(self.batch as u64);
        let mut checkpoint = Checkpoint::new(work.checkpoints);
        let mut state = checkpoint.resume(steps, work, |work| {
            Ok(TrainState::start(self.trainer(channels, classes, work)?))
        })?;
        let (start, first) = (Instant::now(), state.step);
        data_loader.run(first + 1..=steps, |prefetcher| {
            state.run(self, steps, prefetcher, &mut checkpoint, work)
        })?;
        let images = ((steps - first) * self.batch as u64) as f64;
        let images_per_s = Some(images / start.elapsed().as_secs_f64());
        self.write(&state, channels, work)?;
        Ok(RunStats { images_per_s, earlier_s: checkpoint.earlier_s })
    }
}

#[cfg(test)]
pub(super) mod tests;
