"""What scikit-learn and NumPy make of the points of kmeans.py, in two dimensions.

Prints mean, directions, variance and its explained share as scikit-learn's PCA has them,
and where the points lie, from NumPy's singular value decomposition. Of two opposite
directions the one whose largest component is positive.

Then, of scikit-learn's exact t-SNE of perplexity 30 from that start: two rows of the
affinities and a thousand times the sum of their squares, a thousand times the positions
after ten early steps, and how good its map is.

    cd tests/reference; python project.py > project.txt
"""

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _gradient_descent, _joint_probabilities, _kl_divergence
import scipy
import sklearn

from versions import said

print(said("project.py", np, scipy, sklearn))

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
positions = centred @ upright(vectors[:2]).T
print("positions", *positions.ravel())

condensed = _joint_probabilities(squareform(pdist(points, "sqeuclidean")), 30.0, 0)
affinities = squareform(condensed)
for i in [0, 60]:
    print(f"affinities_{i}", *affinities[i])
print("squares", 1e3 * (affinities**2).sum())

start = positions.astype(np.float32).astype(np.float64)  # as they are stored
start *= 1e-4 / start[:, 0].std()
three = _gradient_descent(
    _kl_divergence, start.ravel().copy(), it=0, max_iter=3, momentum=0.5, learning_rate=50.0,
    args=[condensed * 12, 1, len(points), 2], kwargs={"skip_num_points": 0},
)[0]
print("after_three", *(1e3 * three))

tsne = TSNE(perplexity=30, init=start, method="exact", learning_rate=50.0, max_iter=1000)
found = tsne.fit_transform(points)
print("divergence", tsne.kl_divergence_)
print("trustworthiness", trustworthiness(points, found, n_neighbors=5))
