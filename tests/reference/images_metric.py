"""The figures of paths between images of no known manifold, with NumPy in float64.

Written from the definitions in docs/methodology.md, on numbers that are easily made
and exact in single precision: 3 paths of 5 points between 20 images of 3 x 32 x 32.
The third path never moves. Prints a name and its values per line.

    python tests/reference/images_metric.py > tests/reference/images_metric.txt
"""

import numpy as np

from versions import said

print(said("images_metric.py", np))

PAIRS, POINTS, IMAGES, CODE = 3, 5, 20, 24
PIXELS = 3 * 32 * 32


def real(r):
    e = np.arange(PIXELS)
    return (r * r * 37 + r * 11 + e * (r % 7 + 3) * 5 + e // 32 * (r * 3 + 1)) % 256 / 128 - 1


def smoothness(path):
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return steps.max() / steps.sum() - 1 / len(steps) if steps.sum() > 0 else np.nan


images = np.stack([real(r) for r in range(IMAGES)])
starts, ends = images[:PAIRS], images[PAIRS : 2 * PAIRS]
share = np.array([0, 1, 2, 6, 8])[:, None] / 8  # uneven steps
share = np.stack([share, share, 0 * share])
decoded = 0.75 * ((1 - share) * starts[:, None] + share * ends[:, None])
p, k, j = np.ogrid[:PAIRS, :POINTS, :CODE]
codes = np.where(p == 2, 0, (p * 13 + k * k * 7 + j * 5) % 64 / 16)

error = lambda made, wanted: np.square(made - wanted).mean(axis=1)
endpoint_mse = (error(decoded[:, 0], starts) + error(decoded[:, -1], ends)) / 2
distance = np.square(decoded[:, :, None] - images).mean(axis=3).min(axis=2)
pixel = np.array([smoothness(path) for path in decoded])
latent = np.array([smoothness(path) for path in codes])

for name, values in {
    "endpoint_mse": endpoint_mse,
    "pixel_smoothness": pixel,
    "latent_smoothness": latent,
    "distance": distance.ravel(),
    "mean_endpoint_mse": [endpoint_mse.mean()],
    "mean_pixel_smoothness": [np.nanmean(pixel)],
    "mean_latent_smoothness": [np.nanmean(latent)],
    "nearest_distance": [distance.mean()],
    "endpoint_distance": [distance[:, [0, -1]].mean()],
    "undefined_pairs": [(np.isnan(pixel) | np.isnan(latent)).sum()],
}.items():
    print(name, *map(float, values))
