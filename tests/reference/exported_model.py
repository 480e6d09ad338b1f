"""Builds exported models in PyTorch from nothing but their `.safetensors`, and compares
what they compute with what acai-pipe computed.

    python exported_model.py FOLDER

FOLDER holds `images.npz` (a dataset), and for every model NAME its `NAME.safetensors`,
`NAME.latents.npz` (of an `Encode` stage) and `NAME.paths.npz` (of an `Interpolate`
stage), all written by `acai-pipe export`. PyTorch computes in double precision, so that
what is apart is our rounding alone: at most 2e-5 of the largest code or pixel (measured:
2e-6 for codes and 1e-5 for pixels of the quickstart, 5e-7 for the nets of the test).
Prints, for every model, the file's SHA-256, the largest differences, and a few elements
of codes and reconstructions for `tests/export.rs` to compare with.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

from versions import said

TOLERANCE = 2e-5
ELEMENTS = 16  # so many are printed, evenly chosen


class Model:
    """What one file holds: weights by name, and the description of the nets."""

    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.about = json.loads(file.metadata()["model"])
            self.weights = {name: file.get_tensor(name).double() for name in file.keys()}

    def net(self, name, x):
        for layer in self.about[name]:
            if layer["layer"] == "convolution":
                weight = self.weights[layer["name"] + "/weight"]
                bias = self.weights[layer["name"] + "/bias"]
                x = F.conv2d(x, weight, bias, padding=layer["kernel"] // 2)
                if layer["activation"] == "leaky_relu":
                    x = F.leaky_relu(x, self.about["leak"])
            elif layer["layer"] == "average_pool":
                x = F.avg_pool2d(x, 2)
            elif layer["layer"] == "upscale_nearest":
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            else:
                raise ValueError(layer)
        return x

    def dense(self, name, x):
        weight, bias = (self.weights[f"bottleneck/{name}/{part}"] for part in ("weight", "bias"))
        return F.linear(x, weight, bias)

    def posterior(self, e):
        return self.dense("mean", e), torch.exp(self.dense("log_variance", e) / 2)

    def encoded(self, images):
        """The encoder's output, flattened: a code, or what a VAE's code is drawn from."""
        return self.net("encoder", images).flatten(1)

    def decoded(self, codes):
        word = self.about["autoencoder"]
        if word == "VqVae":
            codes = self.quantized(codes)
        side = self.about["width"]
        images = self.net("decoder", codes.view(len(codes), -1, side, side))
        return 2 * torch.sigmoid(images) - 1 if word == "Vae" else images

    def quantized(self, codes):
        book = self.weights["bottleneck/codebook"]
        vectors = self.dense("vectors", codes).view(-1, book.shape[1])
        nearest = book[torch.cdist(vectors, book).argmin(1)]
        hidden = F.relu(self.dense("hidden", F.relu(nearest.view(len(codes), -1))))
        return self.dense("merged", hidden)


def tensor(folder, name, array):
    with np.load(folder / name) as file:
        return torch.from_numpy(file[array])


def agree(what, ours, theirs, tolerance=TOLERANCE):
    """The largest difference, as a share of the largest element."""
    worst = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    if not worst <= tolerance:
        sys.exit(f"{what}: {worst:.3g} apart")
    return worst


def between(codes, pairs, points):
    """Codes at equal steps from each of the first pairs to its partner, both included."""
    share = torch.linspace(0, 1, points, dtype=torch.double)[None, :, None]
    starts, ends = codes[:pairs, None], codes[pairs : 2 * pairs, None]
    return ((1 - share) * starts + share * ends).flatten(0, 1)


def show(what, place, values):
    flat = values[place].flatten()
    chosen = flat[:: max(1, len(flat) // ELEMENTS)].tolist()
    print(f"{what} {place} " + " ".join(f"{value:.7f}" for value in chosen))


def compare(folder, name, images, noises):
    model = Model(folder / f"{name}.safetensors")
    codes = tensor(folder, f"{name}.latents.npz", "latents/test").double()
    paths = tensor(folder, f"{name}.paths.npz", "paths/decoded").double()
    pairs, points = paths.shape[:2]
    digest = hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()
    print(f"model {name} {digest}")
    e = model.encoded(images)
    if model.about["autoencoder"] == "Vae":
        # The draws are those of the seed, whatever the weights are: every VAE of a
        # seed has the same, if PyTorch finds the same mean and deviation.
        mean, deviation = model.posterior(e)
        noise = (codes - mean) / deviation
        far = agree(f"{name}: noise", noise, noises.setdefault("noise", noise), 1e-4)
    else:
        far = agree(f"{name}: codes", codes, e)
        show("code", 0, e)
    made = model.decoded(between(codes, pairs, points)).view(paths.shape)
    off = agree(f"{name}: decoded paths", paths, made)
    show("image", 0, made[:, 0])
    show("image", pairs - 1, made[:, -1])
    print(f"# codes at most {far:.1e} apart, images {off:.1e}")


@torch.no_grad()
def main():
    folder = Path(sys.argv[1])
    images = tensor(folder, "images.npz", "images/test")
    images = images * (2 / 255) - 1 if images.dtype == torch.uint8 else images
    noises = {}
    for path in sorted(folder.glob("*.safetensors")):
        compare(folder, path.stem, images.double(), noises)


print(said("exported_model.py", np, torch))
main()
