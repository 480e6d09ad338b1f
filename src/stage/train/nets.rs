//! The nets of a training: as it starts, and as they are kept.
//!
//! Knows nothing of steps or of what they are trained on.

use super::{TrainOne, history::History};
use crate::{
    artifact::Layout,
    autoencoder::{Regularizer, Trainer, step::Nets},
    net::{self, NetSize, Role, head::Head, initial},
    random::Stream,
    stage::{Work, model},
    text::dissect,
};

impl TrainOne {
    /// Nets and probe with their initial weights, ready to be trained.
    pub(super) fn trainer(
        &self,
        channels: usize,
        classes: usize,
        work: &Work<'_>,
    ) -> anyhow::Result<Trainer> {
        let build = |role: Role, name: &str, size: NetSize| {
            net::net(work.device, role, channels, size, &mut initial(work.seed, name))
        };
        let critic_size = self.regularizer.as_ref().map(|regularizer| NetSize {
            depth: regularizer.critic_depth().unwrap_or(self.net.depth),
            ..self.net
        });
        let encoder = build(Role::Encoder, "encoder", self.net)?;
        let nets = Nets {
            decoder: build(Role::Decoder, "decoder", self.net)?,
            critic: critic_size.map(|size| build(Role::Encoder, "critic", size)).transpose()?,
            parts: self.autoencoder.at_work().parts(encoder.output(), work.seed),
            encoder,
        };
        let mut stream = Stream::new(work.seed, "probe.init", 0);
        let probe = Head::new(nets.encoder.output().len(), classes, &mut stream);
        let regularizer = self.regularizer.as_ref().map(Regularizer::at_work);
        Ok(Trainer::new(nets, probe, &self.autoencoder, regularizer, self.lr))
    }

    /// Writes the model.
    pub(super) fn write(
        &self,
        trainer: &Trainer,
        history: &History,
        channels: usize,
        work: &mut Work<'_>,
    ) -> anyhow::Result<()> {
        let (seed, out) = (work.seed, &mut *work.out);
        model::write_size(out, channels, self.net)?;
        let Nets { encoder, decoder, critic, parts } = &trainer.nets;
        model::write_net(out, "encoder", &**encoder)?;
        model::write_net(out, "decoder", &**decoder)?;
        if let Some(critic) = critic {
            model::write_net(out, "critic", &**critic)?;
        }
        model::write_parts(out, &dissect(&self.autoencoder).0, seed, parts)?;
        let Head { inputs, weight, bias } = &trainer.probe;
        out.write("probe/weight", &[bias.len(), *inputs], weight, Layout::Compressed)?;
        out.write("probe/bias", &[bias.len()], bias, Layout::Compressed)?;
        history.write(out)?;
        out.score("mse", history.mse())?;
        Ok(())
    }
}
