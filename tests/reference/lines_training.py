"""Trains the plain autoencoder or ACAI on lines in PyTorch, by the reference's recipe.

    python lines_training.py ae|acai KIMG SEED [EVERY]

Prints, every EVERY kimg (64): mean squared error, mean distance in 1e-3 and
smoothness of 256 paths of 16 points, by the metric of `paths_score.py`. An
implementation apart from the Rust one: what both agree on is probably right.
"""

import math
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from paths_score import draw, reference_images, score

BATCH, PAIRS, POINTS = 64, 256, 16
DEPTH, LATENT, SCALES = 16, 16, 4
LAMBDA, GAMMA, RATE = 0.5, 0.2, 1e-4


def convolution(inputs, outputs, side=3):
    """Weights N(0, 1 / (1.04 fan_in)), biases 0."""
    layer = nn.Conv2d(inputs, outputs, side, padding=side // 2)
    nn.init.normal_(layer.weight, 0.0, 1 / math.sqrt(1.04 * inputs * side * side))
    nn.init.zeros_(layer.bias)
    return layer


def encoder():
    layers, before = [convolution(1, DEPTH, 1)], DEPTH
    for scale in range(SCALES):
        width = DEPTH << scale
        layers += [convolution(before, width), nn.LeakyReLU(0.2)]
        layers += [convolution(width, width), nn.LeakyReLU(0.2), nn.AvgPool2d(2)]
        before = width
    layers += [convolution(before, DEPTH << SCALES), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, convolution(DEPTH << SCALES, LATENT))


def decoder():
    layers, before = [], LATENT
    for scale in reversed(range(SCALES)):
        width = DEPTH << scale
        layers += [convolution(before, width), nn.LeakyReLU(0.2)]
        layers += [convolution(width, width), nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2)]
        before = width
    layers += [convolution(before, DEPTH), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, convolution(DEPTH, 1))


def lines(generator, count):
    """Fresh lines at continuous random angles, `(count, 1, 32, 32)`."""
    images = np.stack([draw(angle) for angle in generator.random(count) * 2 * math.pi])
    return torch.from_numpy(images.astype(np.float32))[:, None]


def evaluate(encode, decode, ends, reference):
    with torch.no_grad():
        codes = encode(ends)
        first, second = codes[:PAIRS], codes[PAIRS:]
        weights = [k / (POINTS - 1) for k in range(POINTS)]
        paths = torch.stack([decode(first * (1 - w) + second * w) for w in weights], dim=1)
    return score(paths.numpy().reshape(PAIRS, POINTS, -1).astype(np.float64), reference)


def main(kind, kimg, seed, every):
    torch.set_num_threads(2)
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    encode, decode, critic = encoder(), decoder(), encoder()
    judge = lambda images: critic(images).mean(dim=(1, 2, 3))
    # PyTorch's epsilon; TensorFlow's placement differs for gradients below 1e-5.
    ours = torch.optim.Adam([*encode.parameters(), *decode.parameters()], RATE)
    theirs = torch.optim.Adam(critic.parameters(), RATE)
    ends, reference = lines(np.random.default_rng(1234), 2 * PAIRS), reference_images()
    for step in range(1, kimg * 1024 // BATCH + 1):
        images = lines(generator, BATCH)
        codes = encode(images)
        made = decode(codes)
        error = loss = F.mse_loss(made, images)
        if kind == "acai":
            alpha = 0.5 - (torch.rand(BATCH) - 0.5).abs()
            share = alpha.view(-1, 1, 1, 1)
            mixed = decode(share * codes + (1 - share) * codes.flip(0))
            loss = error + LAMBDA * judge(mixed).square().mean()
            blend = GAMMA * images + (1 - GAMMA) * made.detach()
            off = (judge(mixed.detach()) - alpha).square().mean() + judge(blend).square().mean()
        ours.zero_grad()
        loss.backward()
        if kind == "acai":
            theirs.zero_grad()  # also forgets what the autoencoder's loss left in the critic
            off.backward()
            theirs.step()
        ours.step()
        if step * BATCH % (every * 1024) == 0:
            distance, smoothness = evaluate(encode, decode, ends, reference)
            print(
                f"{kind} seed {seed} kimg {step * BATCH // 1024} mse {error.item():.5f} "
                f"mean distance {distance * 1e3:.3f}e-3 smoothness {smoothness:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    kind, kimg, seed, *rest = sys.argv[1:]
    main(kind, int(kimg), int(seed), int(rest[0]) if rest else 64)
