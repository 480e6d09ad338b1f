"""Trains one of the paper's autoencoders on lines in PyTorch, by the reference's recipe.

    python lines_training.py KIND KIMG SEED [EVERY] [--batch N] [--rate R] [--weight W] [--lines FILE]

KIND is baseline, denoising, dropout, vae, aae, vqvae, acai or lsgan; the net is that of
`pipelines/lines_study.ron`. Prints, every EVERY kimg (64): mean squared error, mean
distance in 1e-3 and smoothness of 256 paths of 16 points, by the metric of
`paths_score.py`. The paths are between lines at random angles; with FILE, which
`acai-pipe export PIPELINE lines --npz FILE` writes, they are between the test lines of a
pipeline, i with i + half, as `Interpolate` pairs all of them: then both programs are
scored on the same pairs. WEIGHT is the regularizer's λ. An implementation apart from the Rust one: what both agree on is
probably right. Runs on a GPU if there is one.

`lines_training.txt` is what it printed for 256 kimg and seeds 0 to 2 (PyTorch 2.11, NVIDIA
H100), when each seed still drew lines of its own to train on.
"""

import argparse
import math
import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from paths_score import draw, reference_images, score
from variants import BATCH, LAMBDA, RATE, Trainer

PAIRS, POINTS = 256, 16
ANGLES = 2**16
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def lines(angles):
    images = np.stack([draw(angle) for angle in angles])
    return torch.from_numpy(images.astype(np.float32))[:, None].to(DEVICE)


@torch.no_grad()
def evaluate(model, ends, reference):
    pairs = len(ends) // 2
    codes = model.codes(ends)
    first, second = codes[:pairs], codes[pairs:]
    weights = [k / (POINTS - 1) for k in range(POINTS)]
    paths = torch.stack([model.images(first * (1 - w) + second * w) for w in weights], dim=1)
    return score(paths.cpu().numpy().reshape(pairs, POINTS, -1).astype(np.float64), reference)


def pool():
    """Lines at 65,536 random angles to train on. Drawing them is what takes time, so they
    are kept in the folder for temporary files."""
    kept = Path(tempfile.gettempdir()) / f"lines_training_{ANGLES}.npy"
    if not kept.exists():
        angles = np.random.default_rng(0).random(ANGLES) * 2 * math.pi
        # Under its name only when it is whole.
        begun = kept.with_name(f"{os.getpid()}_{kept.name}")
        np.save(begun, lines(angles)[:, 0].cpu().numpy())
        begun.replace(kept)
    return torch.from_numpy(np.load(kept))[:, None].to(DEVICE)


def test_lines(file):
    if file is None:
        return lines(np.random.default_rng(1234).random(2 * PAIRS) * 2 * math.pi)
    with np.load(file) as arrays:
        return torch.from_numpy(arrays["images/test"].astype(np.float32)).to(DEVICE)


def main(kind, kimg, seed, every, batch, rate, weight, file):
    torch.set_num_threads(2)
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(seed)
    known = pool()
    ends, reference = test_lines(file), reference_images()
    trainer = Trainer(kind, 16, 3 if kind == "vqvae" else 4, DEVICE, rate, weight)
    for step in range(1, kimg * 1024 // batch + 1):
        error = trainer.step(known[torch.randint(len(known), (batch,), device=DEVICE)])
        if step * batch % (every * 1024) == 0:
            distance, smoothness = evaluate(trainer.model, ends, reference)
            print(
                f"{kind} seed {seed} kimg {step * batch // 1024} mse {error.item():.5f} "
                f"mean distance {distance * 1e3:.3f}e-3 smoothness {smoothness:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("kimg", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("every", type=int, nargs="?", default=64)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--weight", type=float, default=LAMBDA)
    parser.add_argument("--lines", dest="file")
    main(**vars(parser.parse_args()))
