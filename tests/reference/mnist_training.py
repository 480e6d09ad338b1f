"""Trains one of the paper's autoencoders on MNIST in PyTorch, by the reference's recipe.

    python mnist_training.py KIND KIMG SEED FOLDER [RESTARTS]

KIND is as in `lines_training.py`. FOLDER holds MNIST's four files. Prints three accuracies on the test images, of the
net that `pipelines/mnist_small.ron` trains: that of the probe trained along, that of
a linear classifier trained afterwards, and that of k-means on whitened codes, by
scikit-learn with RESTARTS (100) starts. An implementation apart from the Rust one.

`mnist_training.txt` is what it printed for 128 kimg and seeds 0 to 2 (PyTorch 2.11, NVIDIA
H100).
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from torch.nn import functional as F

from variants import BATCH, RATE, Trainer, dense

LATENT, SCALES, CLASSES = 2, 3, 10
EPOCHS = 20
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def idx(path, header):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=header)


def digits(folder, part):
    """Images in [-1, 1], `(n, 1, 32, 32)`, black around, and their labels."""
    images = idx(folder / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
    images = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))).astype(np.float32) / 127.5 - 1
    labels = idx(folder / f"{part}-labels-idx1-ubyte.gz", 8).astype(np.int64)
    return torch.from_numpy(images).to(DEVICE), torch.from_numpy(labels).to(DEVICE)


def batches(count, generator):
    """Rows of BATCH images, every epoch in a new order; batches go on across epochs."""
    left = np.empty(0, np.int64)
    while True:
        while len(left) < BATCH:
            left = np.concatenate([left, generator.permutation(count)])
        yield torch.from_numpy(left[:BATCH]).to(DEVICE)
        left = left[BATCH:]


def linear(inputs):
    layer = dense(inputs, CLASSES).to(DEVICE)
    return layer, torch.optim.Adam(layer.parameters(), RATE)


def learn(layer, adam, codes, labels):
    adam.zero_grad()
    F.cross_entropy(layer(codes.flatten(1)), labels).backward()
    adam.step()


def accuracy(layer, codes, labels):
    with torch.no_grad():
        return (layer(codes.flatten(1)).argmax(1) == labels).float().mean().item()


def encoded(encode, images):
    with torch.no_grad():
        return torch.cat([encode(some).flatten(1) for some in images.split(500)])


def probed(train, train_labels, test, test_labels, generator):
    """The accuracy of a classifier of its own on codes that stay as they are."""
    layer, adam = linear(train.shape[1])
    steps, step = EPOCHS * -(-len(train) // BATCH), 0
    for _ in range(EPOCHS):
        for rows in torch.from_numpy(generator.permutation(len(train))).to(DEVICE).split(BATCH):
            adam.param_groups[0]["lr"] = RATE * 0.1 ** (step / (steps / 2))
            learn(layer, adam, train[rows], train_labels[rows])
            step += 1
    return accuracy(layer, test, test_labels)


def clustered(train, test, labels, restarts):
    """The accuracy of clusters under the best assignment of classes."""
    train, test, labels = train.cpu(), test.cpu(), labels.cpu()
    mean = train.mean(0)
    _, scale, basis = torch.linalg.svd(train - mean, full_matrices=False)
    whiten = lambda codes: ((codes - mean) @ basis.T / (scale + 1e-5)).numpy()
    means = KMeans(CLASSES, init="random", n_init=restarts, max_iter=1000, random_state=0).fit(whiten(train))
    found = means.predict(whiten(test))
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(counts, (found, labels.numpy()), 1)
    return counts[linear_sum_assignment(-counts)].sum() / len(labels)


def main(kind, kimg, seed, folder, restarts):
    torch.set_num_threads(2)
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    images, labels = digits(folder, "train")
    test, test_labels = digits(folder, "t10k")
    trainer = Trainer(kind, LATENT, SCALES, DEVICE)
    model = trainer.model
    along, adam = linear(model.size)
    for _, rows in zip(range(kimg * 1024 // BATCH), batches(len(images), generator)):
        with torch.no_grad():
            seen = model.seen(images[rows])
        error = trainer.step(images[rows])
        learn(along, adam, seen, labels[rows])
    codes, test_codes = encoded(model.codes, images), encoded(model.codes, test)
    seen = encoded(model.seen, test)
    print(
        f"{kind} seed {seed} kimg {kimg} mse {error.item():.5f} "
        f"probe {accuracy(along, seen, test_labels):.4f} "
        f"frozen probe {probed(codes, labels, test_codes, test_labels, generator):.4f} "
        f"clusters {clustered(codes, test_codes, test_labels, restarts):.4f}",
        flush=True,
    )


if __name__ == "__main__":
    kind, kimg, seed, folder, *rest = sys.argv[1:]
    main(kind, int(kimg), int(seed), Path(folder), int(rest[0]) if rest else 100)
