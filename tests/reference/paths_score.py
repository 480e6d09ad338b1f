"""Scores decoded paths on lines with NumPy alone, in float64.

    python paths_score.py FILE.h5 ...

FILE is an `Interpolate` artifact. Prints mean distance (1e-3) and smoothness of
`paths/decoded`, and what the file itself says. Needs h5py when run as a program.
"""

import math
import sys

import numpy as np

SIDE, LENGTH, THICKNESS, ANGLES = 32, 15.0, 2.0, 10_000


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


def score(paths, reference):
    """Mean distance and smoothness of `paths`, (pairs, points, 1024), by the reference's rules."""
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
    defined = whole > 1e-4
    largest = np.abs(np.diff(angle, axis=1)).max(axis=1)
    smoothness = (largest[defined] / whole[defined] - 1 / (points - 1)).sum() / pairs
    return distance.mean(), smoothness if defined.any() else math.nan


def main(files):
    import h5py

    reference = reference_images()
    for name in files:
        with h5py.File(name) as file:
            decoded = file["paths/decoded"][:]
            says = [file[f"scores/{score}"][()] for score in ("mean_distance", "smoothness")]
        pairs, points = decoded.shape[:2]
        found = score(decoded.reshape(pairs, points, -1).astype(np.float64), reference)
        print(f"{name}: {found[0] * 1e3:.6f}e-3 {found[1]:.6f}, the file says {says[0] * 1e3:.6f}e-3 {says[1]:.6f}")


if __name__ == "__main__":
    main(sys.argv[1:])
