"""Five steps of a codebook's moving averages, in NumPy.

Seven codes and nine vectors a step, of length 3, by the formula of autoencoders.py.
Prints, for counts that start at 1 and at 0, the codes, counts and sums at the end.

    cd tests/reference; python codebook.py > codebook.txt
"""

import numpy as np

from versions import said

print(said("codebook.py", np))


def values(number, shape, scale):
    i = np.arange(np.prod(shape), dtype=np.float64)
    v = np.sin(12.9898 * (i + 1) + 78.233 * (number + 1)) * 437.5453
    return ((2 * (v - np.floor(v)) - 1) * scale).astype(np.float32).astype(np.float64).reshape(shape)


for name, start in [("Mended", 1.0), ("Reference", 0.0)]:
    codebook = values(1, (7, 3), 0.5)
    counts, sums = np.full(7, start), codebook.copy()
    for step in range(5):
        v = values(10 + step, (9, 3), 1.0)
        hot = np.eye(7)[((v[:, None] - codebook[None]) ** 2).sum(-1).argmin(-1)]
        counts += 0.001 * (hot.sum(0) - counts)
        sums += 0.001 * (hot.T @ v - sums)
        n = counts.sum()
        codebook = sums / ((counts + 1e-5) / (n + 7 * 1e-5) * n)[:, None]
    for what, numbers in [("codebook", codebook), ("counts", counts), ("sums", sums)]:
        print(name, what, *(f"{number:.9g}" for number in numbers.reshape(-1)))
