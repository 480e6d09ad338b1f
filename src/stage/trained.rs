//! A trained autoencoder as evaluation sees it: images to codes, codes to images.
//!
//! Knows nothing of particular autoencoders: the model names its own, which says
//! how it is evaluated.

use anyhow::{Context, ensure};

use super::{
    model::{self, BOTTLENECK},
    snapshots::Weights,
};
use acai_artifact::Reader;
use acai_autoencoder::{
    AutoencoderSpec, Encoded, Reconstruction,
    named_parameter::{NamedParameter, UpdateRule},
};
use acai_net::{Batch, DeviceKind, Net, NetKind, Shape, identity_net};
use acai_random::RngStream;

/// One direction of a trained autoencoder.
pub(super) struct Trained {
    net: Box<dyn Net>,
    autoencoder: AutoencoderSpec,
    extra: Vec<NamedParameter>,
    seed: u64,
}

/// Images to codes.
pub(super) struct Encoder(Trained);

/// Codes to images.
pub(super) struct Decoder(Trained);

impl Trained {
    fn read(
        model: &Reader,
        weights: &Weights,
        (name, role): (&str, NetKind),
        device: DeviceKind,
    ) -> anyhow::Result<Self> {
        if let Some(autoencoder) = model::without_nets(model)? {
            let net = identity_net(model::trained_on(model)?);
            return Ok(Self { net, autoencoder, extra: Vec::new(), seed: 0 });
        }
        let net = model::read_net(model, &weights.path(name), role, device)?;
        let names = model.datasets("")?.into_iter();
        let names: Vec<String> =
            names.filter(|name| model.kind().part_of(name) == BOTTLENECK).collect();
        if names.is_empty() {
            // Whatever it was trained as, it is evaluated as the plain one.
            let autoencoder = AutoencoderSpec::plain();
            return Ok(Self { net, autoencoder, extra: Vec::new(), seed: 0 });
        }
        let name = model.text_attribute(BOTTLENECK, "autoencoder")?;
        let autoencoder = AutoencoderSpec::by_name(&name)
            .with_context(|| format!("there is no autoencoder `{name}`"))?;
        let seed = model.int_attribute(BOTTLENECK, "seed")?.cast_unsigned();
        let parameter = |name: String| -> anyhow::Result<NamedParameter> {
            let array = model.read::<f32>(&weights.path(&name))?;
            // It is not trained any more: the rule does not matter.
            let update = UpdateRule::Ema;
            Ok(NamedParameter { name, shape: array.shape, data: array.data, update })
        };
        let extra: anyhow::Result<_> = names.into_iter().map(parameter).collect();
        Ok(Self { net, autoencoder, extra: extra?, seed })
    }
}

impl Encoder {
    /// The encoder of `model`; reads its parts `encoder` and `bottleneck`, or
    /// those of a snapshot.
    pub(super) fn read(
        model: &Reader,
        weights: &Weights,
        device: DeviceKind,
    ) -> anyhow::Result<Self> {
        Ok(Self(Trained::read(model, weights, ("encoder", NetKind::Encoder), device)?))
    }

    /// The length of a code.
    pub(super) fn code_len(&self) -> usize {
        self.0.net.output().len()
    }

    /// The codes of some images of a split, from row `first` on. Where codes are
    /// sampled, the noise of a row depends on the training's seed, the split and
    /// the row alone.
    pub(super) fn encode(
        &self,
        images: &Batch,
        split: &str,
        first: usize,
    ) -> anyhow::Result<Encoded> {
        self.encode_with_noise(images, split, &|example| first + example)
    }

    /// The codes of decoded images. Where codes are sampled, all have the noise of
    /// row `row` of a split, so that only the images make them differ.
    pub(super) fn encode_with_noise_of(
        &self,
        images: &[f32],
        split: &str,
        row: usize,
    ) -> anyhow::Result<Batch> {
        let images = Batch::from_rows(self.0.net.input(), images);
        Ok(self.encode_with_noise(&images, split, &|_| row)?.codes)
    }

    /// Images encoded and decoded again, with nothing added.
    pub(super) fn reconstruct(
        &self,
        decoder: &Decoder,
        images: &Batch,
    ) -> anyhow::Result<Reconstruction> {
        let Trained { net, autoencoder, extra, .. } = &self.0;
        ensure!(images.shape == net.input(), "the model is of images of another shape");
        Ok(autoencoder.reconstruct((&**net, &*decoder.0.net), extra, images)?)
    }

    fn encode_with_noise(
        &self,
        images: &Batch,
        split: &str,
        row: &dyn Fn(usize) -> usize,
    ) -> anyhow::Result<Encoded> {
        let Trained { net, autoencoder, extra, seed } = &self.0;
        ensure!(images.shape == net.input(), "the model is of images of another shape");
        let role = format!("sample.{split}");
        let noise = |example: usize| RngStream::new(*seed, &role, row(example) as u64);
        Ok(autoencoder.encode(&**net, extra, images, &noise)?)
    }
}

impl Decoder {
    /// The decoder of `model`; reads its parts `decoder` and `bottleneck`, or
    /// those of a snapshot.
    pub(super) fn read(
        model: &Reader,
        weights: &Weights,
        device: DeviceKind,
    ) -> anyhow::Result<Self> {
        Ok(Self(Trained::read(model, weights, ("decoder", NetKind::Decoder), device)?))
    }

    /// The shape of a code.
    pub(super) fn codes(&self) -> Shape {
        self.0.net.input()
    }

    /// A batch of codes, by rows.
    pub(super) fn batch(&self, rows: &[f32]) -> Batch {
        Batch::from_rows(self.codes(), rows)
    }

    /// Images from codes.
    pub(super) fn decode(&self, codes: &Batch) -> anyhow::Result<Batch> {
        let Trained { net, autoencoder, extra, .. } = &self.0;
        Ok(autoencoder.decode(&**net, extra, codes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::test_util::write_net, *};
    use acai_artifact::{Kind, Layout, Writer};
    use acai_autoencoder::{vae::Vae, vqvae::VqVae};
    use acai_net::{NetSize, SIDE, build_net, initial_parameters};

    /// An untrained model of `autoencoder`, of seed 3.
    fn model(autoencoder: &AutoencoderSpec) -> (tempfile::TempDir, Reader) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.h5");
        let size = NetSize { depth: 2, latent: 2, width: 8 };
        let build = |role, name| {
            build_net(DeviceKind::Cpu, role, 1, size, &mut initial_parameters(0, name)).unwrap()
        };
        let encoder = build(NetKind::Encoder, "encoder");
        let mut out = Writer::create(&path, Kind::Model).unwrap();
        model::write_size(&mut out, 1, size).unwrap();
        write_net(&mut out, "encoder", &*encoder).unwrap();
        write_net(&mut out, "decoder", &*build(NetKind::Decoder, "decoder")).unwrap();
        let extra = autoencoder.extra_parameters(encoder.output(), 0);
        for one in &extra {
            out.write(&one.name, &one.shape, &one.data, Layout::Compressed).unwrap();
        }
        model::write_bottleneck_attributes(&mut out, autoencoder.name(), 3, &extra).unwrap();
        out.finish().unwrap();
        let reader = Reader::open(&path).unwrap();
        (dir, reader)
    }

    fn images(count: usize) -> Batch {
        let shape = Shape { channels: 1, side: SIDE };
        Batch::from_rows(shape, &RngStream::new(2, "images", 0).normals(count * shape.len(), 0.7))
    }

    fn encode(reader: &Reader, split: &str, first: usize, count: usize) -> Vec<f32> {
        let encoder = Encoder::read(reader, &Weights::last(), DeviceKind::Cpu).unwrap();
        let all = images(8).to_rows();
        let one = all.len() / 8;
        let rows = &all[first * one..(first + count) * one];
        let batch = Batch::from_rows(Shape { channels: 1, side: SIDE }, rows);
        encoder.encode(&batch, split, first).unwrap().codes.to_rows()
    }

    #[test]
    fn a_sample_depends_on_seed_split_and_row_alone() {
        let (_dir, vae) = model(&AutoencoderSpec::Vae(Vae { beta: 1.0 }));
        let all = encode(&vae, "test", 0, 8);
        assert!(all[3 * 128..5 * 128] == encode(&vae, "test", 3, 2));
        assert!(all != encode(&vae, "train", 0, 8));
        let (_dir, plain) = model(&AutoencoderSpec::plain());
        assert!(all != encode(&plain, "test", 0, 8));
        let twins = Batch::from_rows(images(1).shape, &images(1).to_rows().repeat(2));
        let codes = Encoder::read(&vae, &Weights::last(), DeviceKind::Cpu).unwrap();
        let codes = codes.encode(&twins, "test", 0).unwrap().codes.to_rows();
        assert_ne!(codes[..128], codes[128..], "each row has noise of its own");
        let encoder = Encoder::read(&vae, &Weights::last(), DeviceKind::Cpu).unwrap();
        let alike = encoder.encode_with_noise_of(&twins.to_rows(), "test", 1).unwrap().to_rows();
        assert_eq!(alike, [&codes[128..], &codes[128..]].concat(), "all have the noise of row 1");
    }

    #[test]
    fn images_of_a_vae_are_sigmoids_and_probes_see_what_they_learnt_on() {
        let (_dir, vae) = model(&AutoencoderSpec::Vae(Vae { beta: 1.0 }));
        let (_dir, plain) = model(&AutoencoderSpec::plain());
        let codes = Batch::from_rows(Shape { channels: 2, side: 8 }, &[3.0; 128]);
        let decode = |model: &Reader| {
            Decoder::read(model, &Weights::last(), DeviceKind::Cpu)
                .unwrap()
                .decode(&codes)
                .unwrap()
                .to_rows()
        };
        for (image, logit) in decode(&vae).iter().zip(decode(&plain)) {
            let wanted = 2.0 / (1.0 + (-f64::from(logit)).exp()) - 1.0;
            assert!((f64::from(*image) - wanted).abs() < 1e-6);
        }
        let probed = |model: &Reader| {
            let encoder = Encoder::read(model, &Weights::last(), DeviceKind::Cpu).unwrap();
            let Encoded { codes, probe_input } = encoder.encode(&images(2), "test", 0).unwrap();
            (codes, probe_input)
        };
        assert_eq!(probed(&vae).1, Some(probed(&plain).0));
        let vqvae = VqVae { codes: 8, vectors: 2, beta: 1.0, ..VqVae::default() };
        let (_dir, vqvae) = model(&AutoencoderSpec::VqVae(vqvae));
        assert_eq!(probed(&vqvae).0, probed(&plain).0, "codes stand before the bottleneck");
        assert_ne!(probed(&vqvae).1, Some(probed(&plain).0), "the probe sees what is decoded");
        assert_ne!(decode(&vqvae), decode(&plain), "decoding passes through the bottleneck");
    }
}
