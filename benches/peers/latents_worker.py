"""The side of scikit-learn and openTSNE of `benches/latents.rs`: the same requests, the same answers.

    python latents_worker.py [THREADS]

`kmeans` whitens by a singular value decomposition and clusters, `pca` takes the first two axes,
`tsne` runs with `method=exact`, as ours does, `method=barnes_hut` (scikit-learn) or
`method=openTSNE` (interpolation by FFT). The latents are in memory before the clock starts.
"""

import json
import sys
import time
import warnings

import numpy as np
import openTSNE
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_info, threadpool_limits

TEST = 5_000


def read(fields):
    rows = np.fromfile(fields["file"] + ".f32", dtype=np.float32)
    return rows.reshape(-1, int(fields["file"].rsplit("-", 1)[1]))


def kmeans(x, fields):
    centred = x - x.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    white = centred @ axes.T / (singular + 1e-5)
    restarts = int(fields.get("restarts", 1000))
    model = KMeans(10, init="random", n_init=restarts, max_iter=1000, random_state=0).fit(white)
    model.predict(white[:TEST])
    return {"inertia": float(model.inertia_)}


def pca(x, fields):
    model = PCA(2).fit(x)
    model.transform(x)
    return {"explained_variance": float(model.explained_variance_ratio_.sum())}


def tsne(x, fields):
    method, steps = fields.get("method", "exact"), int(fields.get("steps", 1000))
    if method == "openTSNE":
        model = openTSNE.TSNE(perplexity=30, n_jobs=THREADS, random_state=0, early_exaggeration_iter=steps // 4, n_iter=steps - steps // 4)
        return {"divergence": float(model.fit(x).kl_divergence)}
    model = TSNE(perplexity=30, method=method, init="pca", max_iter=steps, n_jobs=THREADS, random_state=0, min_grad_norm=0, n_iter_without_progress=steps)
    model.fit(x)
    return {"divergence": float(model.kl_divergence_)}


def main():
    for line in sys.stdin:
        verb, *words = line.split()
        fields = dict(word.split("=", 1) for word in words)
        if verb == "status":
            versions = {one.__name__: one.__version__ for one in (sklearn, openTSNE, np)}
            blas = [one.get("architecture") for one in threadpool_info() if one["user_api"] == "blas"]
            print(json.dumps({"versions": versions, "blas": blas}), flush=True)
            continue
        x = read(fields)
        if verb != "kmeans":
            x = x[: int(fields["points"])]
        start = time.perf_counter()
        scores = {"kmeans": kmeans, "pca": pca, "tsne": tsne}[verb](x, fields)
        print(json.dumps({"seconds": [time.perf_counter() - start], "scores": scores}), flush=True)


if __name__ == "__main__":
    THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    warnings.filterwarnings("ignore")
    with threadpool_limits(THREADS):
        main()
