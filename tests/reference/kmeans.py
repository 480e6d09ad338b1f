"""A small data set and what NumPy and scikit-learn make of it.

Writes the points to kmeans_points.txt and prints the singular values of the centred
points, then descents of Lloyd's algorithm from given points: inertia, iterations and
the indices of the starting points (for `coinciding`: how often point 0 was taken).

    cd tests/reference; python kmeans.py > kmeans.txt
"""

import numpy as np
from sklearn.cluster import KMeans
import sklearn

from versions import said

print(said("kmeans.py", np, sklearn))

rng = np.random.RandomState(0)
points = rng.randn(120, 4) * [2, 1, 0.5, 0.25] + rng.randint(0, 3, (120, 1)) * [3, -2, 1, 0.5] + 10
points = points.round(3).astype(np.float32)
np.savetxt("kmeans_points.txt", points, fmt="%.3f")

centred = points.astype(np.float64) - points.astype(np.float64).mean(0)
print("singular_values", *np.linalg.svd(centred, compute_uv=False))


def descend(start):
    model = KMeans(len(start), init=points[start], n_init=1, max_iter=1000, algorithm="lloyd")
    model.fit(points)
    exact = ((points.astype(np.float64) - model.cluster_centers_[model.labels_]) ** 2).sum()
    return exact, model.n_iter_


for name, start in {"first": [0, 1, 2, 3, 4], "spread": [7, 30, 59, 88, 101, 119]}.items():
    print(name, *descend(start), *start)
print("coinciding", *descend([0] * 4), 4)
