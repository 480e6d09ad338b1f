//! Reading and writing nets and images in artifacts, shared by the stages that
//! train and use models.
//!
//! Knows nothing of how nets are trained.

use anyhow::{Context, ensure};

use super::snapshots::Weights;
use acai_artifact::{ElementType, Reader, Writer};
use acai_autoencoder::{AutoencoderSpec, named_parameter::NamedParameter};
use acai_net::{Batch, DeviceKind, Net, NetKind, NetSize, SIDE, Shape, linear::Linear};

/// The group of the parameters that evaluation needs beside encoder and decoder;
/// its attributes are the autoencoder's name and the training's seed.
pub(super) const BOTTLENECK: &str = "bottleneck";

/// Examples in a batch of evaluation.
pub(super) const EVAL_BATCH: usize = 256;

/// Writes the attributes of a model's root.
pub(super) fn write_size(out: &mut Writer, channels: usize, size: NetSize) -> anyhow::Result<()> {
    for (name, value) in [
        ("channels", channels),
        ("depth", size.depth),
        ("latent", size.latent),
        ("width", size.width),
    ] {
        out.int_attribute("", name, i64::try_from(value)?)?;
    }
    Ok(())
}

/// Whether evaluation needs the extra parameter.
pub(super) fn is_bottleneck(extra: &NamedParameter) -> bool {
    extra.name.starts_with(BOTTLENECK)
}

/// Writes the attributes of the bottleneck, if the autoencoder has one: the
/// autoencoder's name and the training's seed.
pub(super) fn write_bottleneck_attributes(
    out: &mut Writer,
    autoencoder: &str,
    seed: u64,
    extra: &[NamedParameter],
) -> anyhow::Result<()> {
    if extra.iter().any(is_bottleneck) {
        out.text_attribute(BOTTLENECK, "autoencoder", autoencoder)?;
        out.int_attribute(BOTTLENECK, "seed", seed.cast_signed())?;
    }
    Ok(())
}

/// The shape of the images that a model was trained on.
pub(super) fn trained_on(model: &Reader) -> anyhow::Result<Shape> {
    let channels = usize::try_from(model.int_attribute("", "channels")?)?;
    Ok(Shape { channels, side: SIDE })
}

/// The autoencoder of a model, if it has no nets: it then says so at its root.
pub(super) fn without_nets(model: &Reader) -> anyhow::Result<Option<AutoencoderSpec>> {
    if model.datasets("")?.iter().any(|name| model.kind().part_of(name) == "encoder") {
        return Ok(None);
    }
    let name = model.text_attribute("", "autoencoder").context("the model has no encoder")?;
    let autoencoder = AutoencoderSpec::by_name(&name).filter(|found| !found.has_nets());
    Ok(Some(autoencoder.with_context(|| format!("the model of `{name}` has no encoder"))?))
}

/// Builds the `role` of a model from the parameters below the group `name`.
pub(super) fn read_net(
    model: &Reader,
    name: &str,
    role: NetKind,
    device: DeviceKind,
) -> anyhow::Result<Box<dyn Net>> {
    let number = |attribute: &str| -> anyhow::Result<usize> {
        Ok(usize::try_from(model.int_attribute("", attribute)?)?)
    };
    let size =
        NetSize { depth: number("depth")?, latent: number("latent")?, width: number("width")? };
    let channels = number("channels")?;
    ensure!(
        acai_net::find_compiled(channels, size).is_some(),
        "the model's net (depth {}, latent {}, width {}, {channels} channels) is not compiled",
        size.depth,
        size.latent,
        size.width
    );
    let mut error = None;
    let mut value = |spec: &acai_net::layer::ParameterSpec| {
        let n = spec.shape.iter().product();
        let stored = model.read::<f32>(&format!("{name}/{}", spec.name));
        match stored {
            Ok(array) if array.data.len() == n => return array.data,
            Ok(array) => {
                error = Some(anyhow::anyhow!("{} has the shape {:?}", spec.name, array.shape));
            }
            Err(unread) => error = Some(unread.into()),
        }
        vec![0.0; n]
    };
    let net = acai_net::build_net(device, role, channels, size, &mut value)?;
    match error {
        Some(error) => Err(error).with_context(|| format!("reading the {name}")),
        None => Ok(net),
    }
}

/// The co-trained probe of a model.
pub(super) fn read_probe(model: &Reader, weights: &Weights) -> anyhow::Result<Linear> {
    let weight = model.read::<f32>(&weights.path("probe/weight"))?;
    let bias = model.read::<f32>(&weights.path("probe/bias"))?.data;
    let &[classes, inputs] = &weight.shape[..] else {
        anyhow::bail!("the probe's weights have the shape {:?}", weight.shape);
    };
    ensure!(classes == bias.len(), "{classes} rows of probe weights with {} biases", bias.len());
    Ok(Linear { inputs, weight: weight.data, bias })
}

/// Some images of a split (`images/<split>`, rows `from..to`) as a batch.
pub(super) fn read_images(
    data: &Reader,
    split: &str,
    rows: std::ops::Range<usize>,
) -> anyhow::Result<Batch> {
    let shape = image_shape(data, split)?;
    Ok(Batch::from_rows(shape, &read_rows(data, split, rows)?))
}

/// The same, one after the other, on [−1, 1].
pub(super) fn read_rows(
    data: &Reader,
    split: &str,
    rows: std::ops::Range<usize>,
) -> anyhow::Result<Vec<f32>> {
    let path = format!("images/{split}");
    match data.element_type(&path)? {
        ElementType::U8 => {
            Ok(data.read_rows::<u8>(&path, rows)?.data.into_iter().map(scaled).collect())
        }
        _ => Ok(data.read_rows::<f32>(&path, rows)?.data),
    }
}

/// The shape of a split's images.
pub(super) fn image_shape(data: &Reader, split: &str) -> anyhow::Result<Shape> {
    let shape = data.shape(&format!("images/{split}"))?;
    let &[_, channels, height, width] = &shape[..] else {
        anyhow::bail!("images/{split} has the shape {shape:?}");
    };
    ensure!((height, width) == (SIDE, SIDE), "images of {height}×{width} instead of {SIDE}×{SIDE}");
    Ok(Shape { channels, side: SIDE })
}

/// Images of bytes as a batch on [−1, 1].
pub(super) fn batch_of_bytes(shape: Shape, bytes: &[u8]) -> Batch {
    let rows: Vec<f32> = bytes.iter().map(|&byte| scaled(byte)).collect();
    Batch::from_rows(shape, &rows)
}

/// 0 to 255 on [−1, 1], in the reference's single-precision arithmetic
/// (`lib/data.py`).
fn scaled(byte: u8) -> f32 {
    f32::from(byte) * (2.0 / 255.0) - 1.0
}

/// `0..count` in pieces of at most [`EVAL_BATCH`].
pub(super) fn chunks(count: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..count).step_by(EVAL_BATCH).map(move |from| from..(from + EVAL_BATCH).min(count))
}
