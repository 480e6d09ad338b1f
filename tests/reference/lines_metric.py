"""Mean distance and smoothness of known paths, in extended precision.

Written from the definitions, independently of the Rust code: whole and partly
covered cells are told apart as the reference tells them. Distances are taken in
80-bit floats, because the printed digits of a mean distance of 2e-7 lie at the
edge of what 64-bit sums over 1,024 pixels give. Lines whose distances differ by
less than 1e-13 (mirror images, seen from a vertical line) are tied; the first wins.

    python tests/reference/lines_metric.py > tests/reference/lines_metric.txt
"""

import math

import numpy as np

from versions import said

print(said("lines_metric.py", np))

POINTS = 16
START, END = 5 * math.pi / 7, 3 * math.pi / 2


def draw(angle):
    tip = (16 + 15 * math.cos(angle), 16 - 15 * math.sin(angle))
    flat = abs(tip[1] - 16) < abs(tip[0] - 16)
    tip = tip if flat else tip[::-1]
    (v0, u0), (v1, u1) = sorted([tip, (16.0, 16.0)])
    slope = (u1 - u0) / (v1 - v0)
    image = np.zeros((32, 32))
    for v in range(int(v0), math.ceil(v1)):
        weight = math.ceil(v0) - v0 if v < math.ceil(v0) else 1.0
        left = u0 - 1 + (v - v0 - 0.5) * slope
        right = left + 2
        image[math.ceil(left):int(right), v] += weight
        if left != int(left):
            image[int(left), v] += weight * (math.ceil(left) - left)
        if right != int(right):
            image[int(right), v] += weight * (right - int(right))
    return np.clip(-1 + 2 * (image if flat else image.T), -1, 1).ravel()


LINES = np.array([draw(a) for a in np.linspace(0, 2 * np.pi - 2 * np.pi / 10000, 10000)])
WIDE = LINES.astype(np.longdouble)
NORMS = np.sqrt((WIDE * WIDE).sum(1))


def nearest(image):
    image = image.astype(np.longdouble)
    distance = 1 - (WIDE * image).sum(1) / (NORMS * np.sqrt((image * image).sum()))
    return distance.min(), int(np.argmax(distance < distance.min() + 1e-13))


def score(images):
    distances, steps = zip(*map(nearest, images))
    unwrapped = np.unwrap(np.array(steps), period=10000)
    whole = abs(unwrapped[0] - unwrapped[-1])
    smoothness = abs(np.diff(unwrapped)).max() / whole - 1 / (len(images) - 1) if whole else math.nan
    return float(np.mean(distances)), float(smoothness)


SHARES = np.arange(POINTS) / (POINTS - 1)
PATHS = {
    "even": [draw(START + (END - START) * t) for t in SHARES],
    "fade": [(1 - t) * draw(START) + t * draw(END) for t in SHARES],
    "switch": [draw(START if t < 0.5 else END) for t in SHARES],
    "long": [draw(START + (END - 2 * math.pi - START) * t) for t in SHARES],
    "empty": [np.full(1024, -1.0)] * POINTS,
}
for name, images in PATHS.items():
    print(name, *score(images))
