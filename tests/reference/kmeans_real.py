"""scikit-learn's k-means by the reference's protocol, beside what a run of ours found.

    python kmeans_real.py LATENTS.h5 CLUSTERS.h5 [RESTARTS [POINTS]]

LATENTS is an artifact of `Encode`, CLUSTERS one that `KMeans` made of it; the first POINTS
training latents are used (all of them if left out), as `fit: POINTS` says to `KMeans`.
Both whitenings are fitted on those: scikit-learn clusters what NumPy's singular value
decomposition in float32 makes of them, as in the reference. Our inertia is computed anew,
in float64, from the centroids and the whitening in CLUSTERS, and compared with the one
that stands there. OMP_NUM_THREADS says with how many threads scikit-learn runs.
"""

import sys
import time

import h5py
import numpy as np
import sklearn
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans


def accuracy(clusters, classes):
    """Share of points whose cluster is their class, clusters named as well as they can be."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (clusters, classes), 1)
    return counts[linear_sum_assignment(-counts)].sum() / len(classes)


def nearest(points, centres):
    """Labels, and the sum of squared distances, in float64."""
    products = points @ centres.T
    squares = (points**2).sum(1)[:, None] - 2 * products + (centres**2).sum(1)
    return squares.argmin(1), ((points - centres[squares.argmin(1)]) ** 2).sum()


def scikit_learn(train, test, restarts):
    start = time.time()
    mean = train.mean(0)
    _, s, vt = np.linalg.svd(train - mean, full_matrices=False)
    whitened = [(x - mean) @ vt.T / (s + 1e-5) for x in (train, test)]
    whitening_s = time.time() - start
    start = time.time()
    model = KMeans(10, init="random", n_init=restarts, max_iter=1000, random_state=0, algorithm="lloyd")
    model.fit(whitened[0])
    fit_s = time.time() - start
    exact = nearest(*(x.astype(np.float64) for x in (whitened[0], model.cluster_centers_)))[1]
    return whitening_s, fit_s, exact, model.predict(whitened[1])


def ours(train, test, clusters):
    mean, s, components = (clusters[f"whitening/{name}"][:] for name in ("mean", "singular_values", "components"))
    whitened = [(x - mean) @ components.T / (s + 1e-5) for x in (train, test)]
    centres = clusters["centroids"][:].astype(np.float64)
    return nearest(whitened[0], centres)[1], nearest(whitened[1], centres)[0]


latents, clusters = h5py.File(sys.argv[1]), h5py.File(sys.argv[2])
restarts = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
train, test = latents["latents/train"][:], latents["latents/test"][:]
train = train[: int(sys.argv[4]) if len(sys.argv) > 4 else None]
classes = latents["labels/test"][:]

print(f"{len(train)} latents of {train.shape[1]} values, {restarts} restarts")
inertia, labels = ours(train, test, clusters)
stored = clusters["scores/inertia"][()]
print(f"acai-pipe     inertia {stored:.9g} ({inertia:.9g} in NumPy)  accuracy {accuracy(labels, classes):.4f}", flush=True)
whitening_s, fit_s, theirs, labels = scikit_learn(train, test, restarts)
print(
    f"scikit-learn  inertia {theirs:.9g}  accuracy {accuracy(labels, classes):.4f}"
    f"  whitening {whitening_s:.1f} s, k-means {fit_s:.1f} s (version {sklearn.__version__})"
)
print(f"ours / theirs - 1: {stored / theirs - 1:+.1e}")
