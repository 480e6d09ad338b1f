//! `Train`: a family of autoencoders on one dataset.
//!
//! Knows nothing of evaluation; other stages read the model it writes.

mod feed;
mod history;
mod nets;

use std::time::Instant;

use anyhow::ensure;
use serde::Deserialize;

use self::{
    feed::{Ahead, Feed},
    history::History,
};
use super::{
    CheckFault, Declared, Figures, ImageFacts, ImageShape, Input, Member, Params, RangeFault,
    Stage, Work, model,
};
use crate::{
    artifact::Kind,
    autoencoder::{Autoencoder, Regularizer, Trainer, step::Draws},
    events::{Progress, Told},
    names::{Name, Reference},
    net::{self, Extent, NetSize},
    text::{Ordered, bare, dissect},
};

/// Images of one unit of training length.
const KIMG: u64 = 1024;

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

    fn range_faults(&self) -> Vec<RangeFault> {
        let is_acai = |(_, variant): &(Name, Variant)| {
            matches!(variant.regularizer, Some(Regularizer::Acai { .. }))
        };
        let mixes = self.variants.iter().any(is_acai);
        let own = [
            RangeFault::less_than("kimg", self.kimg, 1),
            RangeFault::less_than("batch", self.batch, 1),
            RangeFault::unless(
                !mixes || self.batch.is_multiple_of(2),
                "batch",
                "must be even where there is ACAI: each image is mixed with its partner \
                 from the batch's other end, and the middle one of an odd batch would be its own",
            ),
            RangeFault::unless(
                self.lr.is_finite() && self.lr > 0.0,
                "lr",
                "must be a finite number above 0",
            ),
        ];
        let variants = self.variants.iter().flat_map(|(name, variant)| variant.range_faults(name));
        own.into_iter().flatten().chain(variants).collect()
    }
}

impl Variant {
    fn range_faults(&self, name: &Name) -> Vec<RangeFault> {
        let here = format!("variants.{name}");
        let kimg =
            self.kimg.and_then(|kimg| RangeFault::less_than(format!("{here}.kimg"), kimg, 1));
        let regularizer = self.regularizer.iter().flat_map(Regularizer::range_faults);
        let autoencoder = self.autoencoder.range_faults().into_iter();
        let faults = autoencoder
            .map(|fault| ("autoencoder", fault))
            .chain(regularizer.map(|fault| ("regularizer", fault)));
        let faults = faults.map(|(which, (field, message))| RangeFault {
            path: format!("{here}.{which}.{field}"),
            message: message.to_owned(),
        });
        kimg.into_iter().chain(faults).collect()
    }
}

impl TrainOne {
    /// The autoencoder as it would be if none of its fields were written.
    fn default_autoencoder(&self) -> Option<Autoencoder> {
        bare(&dissect(&self.autoencoder).0)
    }

    /// The regularizer with nothing left open, and what it would be if none of
    /// its fields were written.
    fn resolved_regularizer(&self) -> Option<(Regularizer, Option<Regularizer>)> {
        let written = self.regularizer.clone()?;
        let (word, _) = dissect(&written);
        let default = bare(&word).map(|bare: Regularizer| bare.resolved(self.net.depth));
        Some((written.resolved(self.net.depth), default))
    }

    /// The fault of a net that is not compiled, if it is not.
    fn check_net(&self, net: NetSize, image: ImageShape, field: &str) -> Option<CheckFault> {
        let ImageShape { channels, height, width } = image;
        if net::is_compiled(net, channels, height, width) {
            return None;
        }
        Some(CheckFault {
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
        let params = Params::default()
            .nested("net", net)
            .defaulted("kimg", &self.kimg, &default_kimg())
            .defaulted("batch", &self.batch, &default_batch())
            .defaulted("lr", &self.lr, &default_lr())
            .variant("autoencoder", &self.autoencoder, self.default_autoencoder().as_ref());
        let params = match self.resolved_regularizer() {
            None => params.absent("regularizer"),
            Some((value, default)) => params.variant("regularizer", &value, default.as_ref()),
        };
        params.also_under(&format!("variants.{}", self.variant))
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn runs_on_device(&self) -> bool {
        true
    }

    fn check(&self, data: Option<ImageFacts>) -> Vec<CheckFault> {
        let Some(ImageFacts { shape, .. }) = data else { return Vec::new() };
        let faults = self.check_net(self.net, shape, "net");
        match self.regularizer.as_ref().and_then(Regularizer::critic_depth) {
            Some(depth) if depth != self.net.depth => {
                let net = NetSize { depth, ..self.net };
                faults.into_iter().chain(self.check_net(net, shape, "regularizer.depth")).collect()
            }
            _ => faults.into_iter().collect(),
        }
    }

    fn run(&self, work: &mut Work<'_>) -> anyhow::Result<Figures> {
        let data = work.input("data");
        let Extent { channels, .. } = model::image_extent(data, "train")?;
        let classes = usize::try_from(data.int_attribute("", "classes")?)?;
        let mut trainer = self.trainer(channels, classes, work)?;
        let mut history = History::default();
        let steps = (self.kimg * KIMG).div_ceil(self.batch as u64);
        let start = Instant::now();
        Feed::new(data, work.seed, self.batch)?
            .run(steps, |ahead| self.steps(ahead, steps, &mut trainer, &mut history, work))?;
        let images = (steps * self.batch as u64) as f64;
        let images_per_s = Some(images / start.elapsed().as_secs_f64());
        self.write(&trainer, &history, channels, work)?;
        Ok(Figures { images_per_s })
    }
}

impl TrainOne {
    /// Takes every step.
    fn steps(
        &self,
        ahead: &mut Ahead,
        steps: u64,
        trainer: &mut Trainer,
        history: &mut History,
        work: &mut Work<'_>,
    ) -> anyhow::Result<()> {
        for step in 1..=steps {
            work.check_stop()?;
            let (images, labels) = ahead.next()?;
            let told = trainer.step(&images, &labels, Draws { seed: work.seed, step })?;
            ensure!(told.mse.is_finite(), "training diverged at step {step}; try a smaller `lr`");
            history.add(step, told.mse, &told.terms);
            if step.is_multiple_of(history::EVERY) || step == steps {
                let done = step * self.batch as u64;
                let total = steps * self.batch as u64;
                let figures = history.latest();
                (work.tell)(Told::Progress(Progress { done, total, unit: "images", figures }));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::trial::*, *};

    fn member(regularizer: Option<Regularizer>) -> TrainOne {
        TrainOne {
            data: "data".parse().unwrap(),
            net: NetSize { depth: 2, latent: 2, width: 8 },
            kimg: 1,
            batch: 8,
            lr: 1e-3,
            autoencoder: Autoencoder::Baseline {},
            regularizer,
            variant: "one".parse().unwrap(),
        }
    }

    #[test]
    fn a_model_holds_its_nets_its_probe_and_its_history() {
        let trial = Trial::new();
        give_lines(&trial);
        let acai = Regularizer::Acai { lambda: 0.5, gamma: 0.2, depth: None };
        let model = trial.run(&member(Some(acai))).unwrap();
        assert_eq!(model.shape("encoder/00/weight").unwrap(), [2, 1, 1, 1]);
        assert_eq!(model.shape("decoder/05/bias").unwrap(), [1]);
        assert_eq!(model.shape("critic/06/weight").unwrap(), [2, 8, 3, 3]);
        assert_eq!(model.shape("probe/weight").unwrap(), [10, 128]);
        assert_eq!(model.read::<u32>("history/step").unwrap().data, [64, 128]);
        let mse = model.read::<f32>("history/mse").unwrap().data;
        assert!(mse[1] < mse[0], "the loss falls: {mse:?}");
        for term in ["critic_mixed", "critic_blended", "adversarial", "probe"] {
            assert_eq!(model.shape(&format!("history/{term}")).unwrap(), [2], "{term}");
        }
        assert_eq!(
            digest(&model),
            "bda1cca1566f15913d2ef8ff83b27d8eadf83b5821c8000c271d59316be82ad1"
        );
    }

    #[test]
    fn variants_of_one_seed_start_alike_and_part() {
        let weights = |lambda: Option<f64>| {
            let trial = Trial::new();
            give_lines(&trial);
            let acai = |lambda| Regularizer::Acai { lambda, gamma: 0.2, depth: None };
            let model = trial.run(&member(lambda.map(acai))).unwrap();
            assert_eq!(model.has("critic/00/weight"), lambda.is_some());
            model.read::<f32>("encoder/06/weight").unwrap().data
        };
        let plain = weights(None);
        assert_eq!(plain, weights(Some(0.0)), "λ = 0 is the plain autoencoder");
        assert_ne!(plain, weights(Some(0.5)));
    }
}
