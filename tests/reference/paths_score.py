"""Scores decoded paths with NumPy alone, in float64.

    python paths_score.py FILE.h5 ...

A FILE is an `Interpolate` artifact, or the artifact of a `Dataset` of files whose test
images the paths after it go between. Prints, per score of `paths/decoded`: the file, the
score, what is found here, and what the file itself says. Needs h5py when run as a program.
"""

import math
import sys
from pathlib import Path

import numpy as np

SIDE, LENGTH, THICKNESS, ANGLES, REAL = 32, 15.0, 2.0, 10_000, 10_000


def draw(angle):
    """The image of a line at `angle`, (32, 32) in [-1, 1]: coverage along the major axis."""
    centre = SIDE / 2
    column, row = centre + LENGTH * math.cos(angle), centre - LENGTH * math.sin(angle)
    flat = abs(row - centre) < abs(column - centre)
    (v0, u0), (v1, u1) = sorted(
        [(centre, centre), (column, row) if flat else (row, column)], key=lambda end: end[0]
    )
    slope = (u1 - u0) / (v1 - v0) if v1 != v0 else 0.0
    cover = np.zeros((SIDE, SIDE))  # minor axis, major axis
    cells = np.arange(SIDE)
    for v in range(math.trunc(v0), math.ceil(v1)):
        weight = math.ceil(v0) - v0 if v < math.ceil(v0) else 1.0
        near = u0 - THICKNESS / 2 + (v - v0 - 0.5) * slope
        inside = np.minimum(near + THICKNESS, cells + 1) - np.maximum(near, cells)
        cover[:, v] += weight * np.clip(inside, 0, 1)
    image = np.clip(-1 + 2 * cover, -1, 1)
    return image if flat else image.T


def reference_images():
    """Unit vectors of the lines at 10,000 equal angles, (10000, 1024)."""
    angles = np.linspace(0, 2 * math.pi - 2 * math.pi / ANGLES, ANGLES)
    images = np.stack([draw(angle).ravel() for angle in angles])
    return images / np.linalg.norm(images, axis=1, keepdims=True)


def mean(values):
    """Of those that are numbers."""
    values = values[~np.isnan(values)]
    return values.mean() if len(values) else math.nan


def score_lines(paths, reference):
    """All scores of `paths`, (pairs, points, 1024), between lines."""
    pairs, points, _ = paths.shape
    unit = paths / np.linalg.norm(paths, axis=2, keepdims=True)
    near = np.empty((pairs, points), dtype=int)
    distance = np.empty((pairs, points))
    for pair in range(pairs):
        cosine = 1 - unit[pair] @ reference.T
        near[pair] = cosine.argmin(axis=1)
        distance[pair] = cosine.min(axis=1)
    angle = np.unwrap(np.linspace(0, 2 * math.pi - 2 * math.pi / ANGLES, ANGLES)[near], axis=1)
    whole = np.abs(angle[:, 0] - angle[:, -1])
    shortest = np.minimum(whole % math.tau, math.tau - whole % math.tau)
    largest = np.abs(np.diff(angle, axis=1)).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        smoothness = np.where(whole > 1e-4, largest / whole - 1 / (points - 1), math.nan)
        detour = np.where(shortest > 1e-4, whole / shortest, math.nan)
    undefined = np.isnan(smoothness).sum()
    return {
        "mean_distance": distance.mean(),
        "smoothness": math.nan if undefined == pairs else np.nansum(smoothness) / pairs,
        "defined_smoothness": mean(smoothness),
        "detour": mean(detour),
        "undefined_pairs": undefined,
    }


def score(paths, reference):
    """Mean distance and smoothness of `paths`, by the reference's rules."""
    scores = score_lines(paths, reference)
    return scores["mean_distance"], scores["smoothness"]


def smoothness(paths):
    """The largest step's share of each path, less that of an even one."""
    steps = np.linalg.norm(np.diff(paths, axis=1), axis=2)
    with np.errstate(invalid="ignore"):
        return steps.max(axis=1) / steps.sum(axis=1) - 1 / steps.shape[1]


def score_images(paths, latents, real):
    """All scores of `paths`, (pairs, points, elements), between the images `real`."""
    pairs = len(paths)
    distance = np.array(
        [[np.square(real[:REAL] - image).mean(axis=1).min() for image in path] for path in paths]
    )
    errors = [np.square(paths[:, 0] - real[:pairs]), np.square(paths[:, -1] - real[pairs : 2 * pairs])]
    pixel, latent = smoothness(paths), smoothness(latents)
    return {
        "endpoint_mse": np.mean(errors),
        "pixel_smoothness": mean(pixel),
        "latent_smoothness": mean(latent),
        "nearest_distance": distance.mean(),
        "endpoint_distance": distance[:, [0, -1]].mean(),
        "undefined_pairs": np.isnan(pixel + latent).sum(),
    }


def main(files):
    import h5py

    reference, real = reference_images(), None
    for name in files:
        with h5py.File(name) as file:
            if "paths" not in file:
                real = file["images/test"][:] * np.float32(2 / 255) - np.float32(1)
                real = real.reshape(len(real), -1).astype(np.float64)
                continue
            decoded, latents = file["paths/decoded"][:], file.get("paths/latents")
            latents = None if latents is None else latents[:].astype(np.float64)
            says = {score: file[f"scores/{score}"][()] for score in file["scores"]}
        decoded = decoded.reshape(*decoded.shape[:2], -1).astype(np.float64)
        lines = latents is None
        found = score_lines(decoded, reference) if lines else score_images(decoded, latents, real)
        assert found.keys() == says.keys()
        for score, value in found.items():
            print(Path(name).stem, score, float(value), float(says[score]))


if __name__ == "__main__":
    main(sys.argv[1:])
