"""Tiny datasets in every format we read, and what NumPy, SciPy and Pillow see in them.

Writes the files below tests/reference/tiny and prints, for each source: name, images,
channels, rows, columns, SHA-256 of the pixels as (n, C, H, W) in uint8, and the labels.
JPEG leaves room for rounding, so there all pixels are printed, in hexadecimal.
What NumPy and SciPy cannot write (numbers that MATLAB keeps in bytes, MATLAB files in
big-endian order) is put together by hand and read back with SciPy.

    cd tests/reference; python tiny_datasets.py > tiny_datasets.txt
"""

import gzip
import hashlib
import io
import struct
import tarfile
import zlib
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image
import scipy
import PIL

from versions import said

print(said("tiny_datasets.py", np, scipy, PIL))

TINY = Path("tiny")
LABELS = [3, 0, 9, 1, 9, 2, 7]


def pattern(count, channels, height, width, step=1):
    """Pixels that tell every axis from every other, as (n, C, H, W)."""
    n, c, h, w = np.indices((count, channels, height, width))
    return ((step * n * 23 + c * 101 + h * 16 + w * 3) % 256).astype(np.uint8)


GREY, COLOUR = pattern(7, 1, 5, 4), pattern(7, 3, 5, 4)


def tell(name, images, labels):
    digest = hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest()
    print(name, *images.shape, digest, ",".join(str(int(label)) for label in np.ravel(labels)))


def file(name):
    path = TINY / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def pack(data):
    return gzip.compress(data, mtime=0)


def idx():
    images = struct.pack(">BBBB3I", 0, 0, 8, 3, 7, 5, 4) + GREY.tobytes()
    labels = struct.pack(">BBBBI", 0, 0, 8, 1, 7) + bytes(LABELS)
    for name, data in ("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels):
        file(f"idx/{name}").write_bytes(data)
        file(f"idx/{name}.gz").write_bytes(pack(data))
    tell("idx", GREY, LABELS)


def element(order, kind, data):
    if 0 < len(data) <= 4:
        return struct.pack(order + "I", len(data) << 16 | kind) + data.ljust(4, b"\0")
    return struct.pack(order + "2I", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(order, name, array, kind, matlab_class, stored):
    """A variable as MATLAB writes it: of the class `matlab_class`, stored as `stored`."""
    data = array.astype(np.dtype(stored).newbyteorder(order)).tobytes(order="F")
    inner = element(order, 6, struct.pack(order + "2I", matlab_class, 0))
    inner += element(order, 5, struct.pack(f"{order}{array.ndim}i", *array.shape))
    inner += element(order, 1, name.encode()) + element(order, kind, data)
    return struct.pack(order + "2I", 14, len(inner)) + inner


def by_hand(name, order, variables, is_compressed):
    mark = struct.pack(order + "2H", 0x0100, 0x4D49)
    data = b"MATLAB 5.0 MAT-file, by hand".ljust(124) + mark
    for variable in variables:
        if is_compressed:
            packed = zlib.compress(variable)
            variable = struct.pack(order + "2I", 15, len(packed)) + packed
        data += variable
    file(name).write_bytes(data)


def from_mat(name):
    read = scipy.io.loadmat(file(f"mat5/{name}.mat"))
    images = read["X"]
    images = images.transpose(3, 2, 0, 1) if images.ndim == 4 else images.transpose(2, 0, 1)[:, None]
    tell(name, images, read["y"])


def mat5():
    columns = np.asfortranarray(COLOUR.transpose(2, 3, 1, 0))
    grey = np.asfortranarray(GREY[:, 0].transpose(1, 2, 0))
    column = np.array(LABELS)[:, None]
    save = scipy.io.savemat
    save(file("mat5/colour.mat"), {"X": columns, "y": column.astype(float)}, do_compression=True)
    others = {"y": column.astype(np.uint8), "note": "a text", "s": {"a": 1, "b": [2.5, 3]}}
    save(file("mat5/plain.mat"), others | {"cells": np.array([1, "x"], object), "X": columns})
    save(file("mat5/grey.mat"), {"y": column.T.astype(np.int32), "X": grey}, do_compression=True)
    for order, name, is_compressed in (">", "big", False), ("<", "compact", True):
        y = matrix(order, "y", column[:3], 2, 6, np.uint8)
        x = matrix(order, "X", columns[..., :3], 2, 9, np.uint8)
        by_hand(f"mat5/{name}.mat", order, [x, y], is_compressed)
    y = matrix(">", "y", column, 9, 6, np.float64)
    by_hand("mat5/big_double.mat", ">", [y, matrix(">", "X", columns, 2, 9, np.uint8)], True)
    for name in "colour", "plain", "grey", "big", "compact", "big_double":
        from_mat(name)


def cifar():
    records = {name: pattern(2, 3, 32, 32, step) for step, name in enumerate("ABC", 1)}
    labels = {"A": [1, 9], "B": [0, 4], "C": [5, 5]}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in "C", "readme", "B", "A":
            pairs = zip(labels.get(name, []), records.get(name, []))
            data = b"".join(bytes([label]) + image.tobytes() for label, image in pairs)
            member = tarfile.TarInfo(f"tiny-bin/batch_{name}.bin")
            member.size = len(data or b"a text")
            archive.addfile(member, io.BytesIO(data or b"a text"))
    file("cifar/shuffled.tar.gz").write_bytes(pack(packed.getvalue()))
    tell("cifar", np.concatenate([records[n] for n in "ABC"]), sum((labels[n] for n in "ABC"), []))


def folder():
    for name, images, options in (
        ("png_grey", GREY, {}),
        ("png_colour", COLOUR, {}),
        ("jpeg_grey", pattern(4, 1, 8, 16), {"quality": 95}),
        ("jpeg_colour", pattern(4, 3, 8, 16) // 2 + 32, {"quality": 95, "subsampling": 0}),
    ):
        seen, labels = [], [int(number >= len(images) // 2) for number in range(len(images))]
        for number, (image, label) in enumerate(zip(images, labels)):
            image = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
            extension = "jpg" if options else "png"
            path = file(f"{name}/class_{label}/{number}.{extension}")
            Image.fromarray(np.ascontiguousarray(image)).save(path, **options)
            seen.append(np.asarray(Image.open(path)).reshape(*image.shape[:2], -1))
        seen = np.stack(seen).transpose(0, 3, 1, 2)
        tell(name, seen, labels)
        if options:
            print(f"{name}_pixels", seen.tobytes().hex())


def npz():
    labels = np.array(LABELS)
    last, grey = COLOUR.transpose(0, 2, 3, 1), GREY[:, 0]
    np.savez_compressed(file("npz/deflated.npz"), x=np.ascontiguousarray(last), y=labels)
    np.savez(file("npz/stored.npz"), x=grey, y=labels[:, None].astype(np.uint8))
    np.savez(file("npz/first.npz"), x=COLOUR, y=labels.astype(">i4"))
    np.savez(file("npz/fortran.npz"), x=np.asfortranarray(grey), y=labels)
    np.savez(file("npz/pickled.npz"), x=grey, y=labels.astype(object))
    tell("deflated", COLOUR, labels)
    tell("stored", GREY, labels)
    tell("first", COLOUR, labels)


for part in idx, mat5, cifar, folder, npz:
    part()
