"""Trains one of the paper's autoencoders on lines in PyTorch, by the reference's recipe.

    python lines_training.py KIND KIMG SEED [EVERY]

KIND is baseline, denoising, dropout, vae, aae, vqvae or acai; the net is that of
`pipelines/lines_study.ron`. Prints, every EVERY kimg (64): mean squared error, mean
distance in 1e-3 and smoothness of 256 paths of 16 points, by the metric of
`paths_score.py`. An implementation apart from the Rust one: what both agree on is
probably right. Runs on a GPU if there is one.

`lines_training.txt` is what it printed for 256 kimg and seeds 0 to 2 (PyTorch 2.11, NVIDIA
H100).
"""

import math
import sys

import numpy as np
import torch

from paths_score import draw, reference_images, score
from variants import BATCH, Trainer

PAIRS, POINTS = 256, 16
ANGLES = 2**16
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def lines(angles):
    images = np.stack([draw(angle) for angle in angles])
    return torch.from_numpy(images.astype(np.float32))[:, None].to(DEVICE)


@torch.no_grad()
def evaluate(model, ends, reference):
    codes = model.codes(ends)
    first, second = codes[:PAIRS], codes[PAIRS:]
    weights = [k / (POINTS - 1) for k in range(POINTS)]
    paths = torch.stack([model.images(first * (1 - w) + second * w) for w in weights], dim=1)
    return score(paths.cpu().numpy().reshape(PAIRS, POINTS, -1).astype(np.float64), reference)


def main(kind, kimg, seed, every):
    torch.set_num_threads(2)
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(seed)
    # As many lines as are needed, at most 65,536 angles drawn once: drawing is what takes time.
    known = lines(np.random.default_rng(seed).random(min(ANGLES, kimg * 1024)) * 2 * math.pi)
    ends, reference = lines(np.random.default_rng(1234).random(2 * PAIRS) * 2 * math.pi), reference_images()
    trainer = Trainer(kind, 16, 3 if kind == "vqvae" else 4, DEVICE)
    for step in range(1, kimg * 1024 // BATCH + 1):
        error = trainer.step(known[torch.randint(len(known), (BATCH,), device=DEVICE)])
        if step * BATCH % (every * 1024) == 0:
            distance, smoothness = evaluate(trainer.model, ends, reference)
            print(
                f"{kind} seed {seed} kimg {step * BATCH // 1024} mse {error.item():.5f} "
                f"mean distance {distance * 1e3:.3f}e-3 smoothness {smoothness:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    kind, kimg, seed, *rest = sys.argv[1:]
    main(kind, int(kimg), int(seed), int(rest[0]) if rest else 64)
