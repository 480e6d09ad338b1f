"""Digests of real datasets as NumPy and SciPy read them, for tests/real_data.rs.

usage: real_datasets.py FOLDER...    prints a line for each split of each dataset
                                     whose files are below one of the folders

Each line: dataset, split, count, SHA-256 of the uint8 images (n, channels, 32, 32)
after padding, SHA-256 of the uint8 labels.
"""

import gzip
import hashlib
import pathlib
import sys
import tarfile

import numpy as np
import scipy
import scipy.io

from versions import said

print(said("real_datasets.py", np, scipy))

FOLDERS = [pathlib.Path(folder) for folder in sys.argv[1:]]


def find(*names):
    """The first file of one of these paths below the folders, or None."""
    paths = [folder / name for folder in FOLDERS for name in names]
    return next((path for path in paths if path.exists()), None)


def idx(path):
    data = gzip.open(path).read()
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def tell(name, split, images, labels):
    digest = lambda array: hashlib.sha256(np.ascontiguousarray(array, np.uint8)).hexdigest()
    print(name, split, len(images), digest(images), digest(labels))


def idx_pair(name, folder):
    for split, stem in ("train", "train"), ("test", "t10k"):
        images = find(f"{folder}/{stem}-images-idx3-ubyte.gz")
        labels = find(f"{folder}/{stem}-labels-idx1-ubyte.gz")
        if images and labels:
            padded = np.pad(idx(images), ((0, 0), (2, 2), (2, 2)))[:, None]
            tell(name, split, padded, idx(labels))


def svhn():
    for split, stem in ("train", "train_first288_of_73257"), ("test", "test_first10000_of_26032"):
        path = find(f"svhn/svhn_{stem}_32x32.mat")
        if path:
            mat = scipy.io.loadmat(path)
            tell("svhn_part", split, mat["X"].transpose(3, 2, 0, 1), mat["y"][:, 0] - 1)


def cifar10():
    path = find("cifar10/cifar-10-binary_batches-1-2-test.tar.gz")
    if not path:
        return
    archive = tarfile.open(path)
    for split, names in ("train", ["data_batch_1", "data_batch_2"]), ("test", ["test_batch"]):
        members = [archive.extractfile(f"cifar-10-batches-bin/{name}.bin").read() for name in names]
        records = np.frombuffer(b"".join(members), np.uint8).reshape(-1, 3073)
        tell("cifar10_part", split, records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0])


idx_pair("mnist", "mnist")
idx_pair("fashion_mnist", "fashion-mnist")
svhn()
cifar10()
