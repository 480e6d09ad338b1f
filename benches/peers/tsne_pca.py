"""Times scikit-learn's and openTSNE's t-SNE and scikit-learn's PCA on test latents, beside our `Project`.

    tsne_pca.py LATENTS.h5 MAP.h5 [POINTS] [REPEATS]

LATENTS.h5 is the result of an `Encode` stage, MAP.h5 that of a `Project` stage on it with `Tsne()` and as
many points. Two threads each, perplexity 30, 1,000 steps, started from the first two principal axes. The
divergence of every map, ours included, is added up here over all pairs, with scikit-learn's affinities, so
that approximate methods are judged by the same measure.
"""
import os
os.environ.setdefault("OMP_NUM_THREADS", "2")
import sys, time

import h5py, numpy as np
import openTSNE, sklearn
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities

latents, ours = h5py.File(sys.argv[1]), h5py.File(sys.argv[2])
points = int(sys.argv[3]) if len(sys.argv) > 3 else 2_000
repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 3
test = latents["latents/test"][:]
test = test.reshape(len(test), -1).astype(np.float32)
x = test[:points]
p = squareform(_joint_probabilities(squareform(pdist(x, "sqeuclidean")).astype(np.float32), 30.0, 0))


def divergence(y):
    w = 1 / (1 + squareform(pdist(np.asarray(y, np.float64), "sqeuclidean")))
    np.fill_diagonal(w, 0)
    q = w / w.sum()
    at = p > 0
    return float((p[at] * np.log(p[at] / np.maximum(q[at], np.finfo(float).tiny))).sum())


def measure(name, make):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        made = make()
        times.append(time.perf_counter() - start)
    spread = f"{min(times):.3f}-{max(times):.3f} s"
    print(f"{name:<34} {spread:<18}", f"divergence {divergence(made):.4f}" if len(made) == len(x) else "", flush=True)


print(f"scikit-learn {sklearn.__version__}, openTSNE {openTSNE.__version__}, {x.shape[0]} x {x.shape[1]}")
print(f"{'ours':<34} {'(see `acai-pipe run`)':<18} divergence {divergence(ours['points/positions'][:]):.4f}")
sk = dict(perplexity=30.0, init="pca", max_iter=1_000, random_state=0, n_iter_without_progress=10_000, min_grad_norm=0.0)
measure("scikit-learn t-SNE, Barnes-Hut", lambda: TSNE(method="barnes_hut", n_jobs=2, **sk).fit_transform(x))
measure("openTSNE, defaults", lambda: openTSNE.TSNE(perplexity=30.0, initialization="pca", n_jobs=2, random_state=0, early_exaggeration_iter=250, n_iter=750).fit(x))
measure("scikit-learn PCA of all test latents", lambda: PCA(2).fit_transform(test)[:1])
if os.environ.get("EXACT"):
    repeats = 1
    measure("scikit-learn t-SNE, exact", lambda: TSNE(method="exact", n_jobs=2, **sk).fit_transform(x))
