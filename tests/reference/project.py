"""What scikit-learn and NumPy make of the points of kmeans.py, in two dimensions.

Prints mean, directions, variance and its explained share as scikit-learn's PCA has them,
and where the points lie, from NumPy's singular value decomposition. Of two opposite
directions the one whose largest component is positive.

    cd tests/reference; python project.py > project.txt
"""

import numpy as np
from sklearn.decomposition import PCA

points = np.loadtxt("kmeans_points.txt", dtype=np.float32).astype(np.float64)


def upright(directions):
    largest = np.abs(directions).argmax(1)
    return directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]


pca = PCA(n_components=2, svd_solver="full").fit(points)
print("mean", *pca.mean_)
print("variance", *pca.explained_variance_)
print("explained", pca.explained_variance_ratio_.sum())
print("directions", *upright(pca.components_).ravel())

centred = points - points.mean(0)
vectors = np.linalg.svd(centred, full_matrices=False)[2]
print("positions", *(centred @ upright(vectors[:2]).T).ravel())
