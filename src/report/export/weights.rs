//! The weights of a model as one `.safetensors`, with a description of the nets
//! that is enough to build them elsewhere.
//!
//! Knows nothing of other artifacts. See `docs/artifacts.md`.

use std::{collections::HashMap, io};

use safetensors::{Dtype, SafeTensorError, tensor::TensorView};
use serde_json::{Value, json};

use super::{ExportError, elements};
use acai_artifact::{ArtifactError, ElementType, Kind, Reader};
use acai_autoencoder::{AutoencoderSpec, Formulas};
use acai_net as net;
use acai_net::{NetKind, NetSize, layer::Layer};

/// Where the description is among the file's metadata; there is one entry only,
/// because several have no fixed order.
const DESCRIPTION: &str = "model";

/// Slope of LeakyReLU below zero.
const LEAK: f64 = 0.2;

/// What of a model is no weight.
const NO_WEIGHTS: [&str; 2] = ["history", "scores"];

/// One tensor of the file.
struct Tensor {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The file's bytes; `autoencoder` is the name of what was trained, as in
/// the pipeline file.
///
/// # Errors
/// If the artifact is damaged, or is no model.
pub fn bytes(reader: &Reader, autoencoder: &str) -> Result<Vec<u8>, ExportError> {
    if reader.kind() != Kind::Model {
        let kind = reader.kind();
        return Err(ExportError::Nothing(format!("is of the kind {kind}, which has no weights")));
    }
    let description = description(reader, autoencoder)?.to_string();
    let metadata = HashMap::from([(DESCRIPTION.to_owned(), description)]);
    let tensors = tensors(reader)?;
    let views: Result<Vec<_>, _> = tensors.iter().map(view).collect();
    let written = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
    Ok(written.map_err(io::Error::other)?)
}

fn view((name, tensor): &(String, Tensor)) -> Result<(&str, TensorView<'_>), SafeTensorError> {
    Ok((name, TensorView::new(Dtype::F32, tensor.shape.clone(), &tensor.bytes)?))
}

fn tensors(reader: &Reader) -> Result<Vec<(String, Tensor)>, ExportError> {
    let mut tensors = Vec::new();
    for path in reader.datasets("")? {
        let is_weight = !NO_WEIGHTS.contains(&reader.kind().part_of(&path));
        if is_weight && reader.element_type(&path)? == ElementType::F32 {
            let mut bytes = Vec::new();
            elements(reader, &path, &mut bytes)?;
            tensors.push((path.clone(), Tensor { shape: reader.shape(&path)?, bytes }));
        }
    }
    Ok(tensors)
}

/// What the nets are: sizes, and every layer from first to last.
fn description(reader: &Reader, autoencoder: &str) -> Result<Value, ArtifactError> {
    let number = |name: &str| -> Result<usize, ArtifactError> {
        Ok(usize::try_from(reader.int_attribute("", name)?).unwrap_or(0))
    };
    let channels = number("channels")?;
    let size =
        NetSize { depth: number("depth")?, latent: number("latent")?, width: number("width")? };
    let net = |name: &str, role, size| layers(name, net::describe_layers(role, channels, size));
    let mut described = json!({
        "autoencoder": autoencoder,
        "channels": channels,
        "side": net::SIDE,
        "depth": size.depth,
        "latent": size.latent,
        "width": size.width,
        "leak": LEAK,
        "encoder": net("encoder", NetKind::Encoder, size),
        "decoder": net("decoder", NetKind::Decoder, size),
    });
    if reader.has("critic/00/weight") {
        let depth = reader.shape("critic/00/weight")?.first().copied().unwrap_or(0);
        described["critic"] = net("critic", NetKind::Encoder, NetSize { depth, ..size });
    }
    let autoencoder = AutoencoderSpec::by_name(autoencoder).unwrap_or_else(AutoencoderSpec::plain);
    let Formulas { code, image } = autoencoder.formulas();
    described["code"] = json!(code);
    described["image"] = json!(image);
    Ok(described)
}

/// Layers as objects; null if the net's size is none of this program's.
fn layers(name: &str, layers: Option<Vec<Layer>>) -> Value {
    let mut number = 0;
    let object = |layer: Layer| match layer {
        Layer::Convolution { inputs, outputs, kernel, is_leaky } => {
            number += 1;
            json!({
                "layer": "convolution",
                "name": format!("{name}/{:02}", number - 1),
                "inputs": inputs,
                "outputs": outputs,
                "kernel": kernel,
                "activation": if is_leaky { "leaky_relu" } else { "none" },
            })
        }
        Layer::Pool => json!({ "layer": "average_pool" }),
        Layer::Upscale => json!({ "layer": "upscale_nearest" }),
    };
    layers.map_or(Value::Null, |layers| layers.into_iter().map(object).collect())
}
