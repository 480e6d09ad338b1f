"""What `benches/decode.rs` does, with NumPy, SciPy and Pillow, and large files to try.

    python decode.py idx IMAGES LABELS
    python decode.py mat5 FILE [X y]
    python decode.py cifar ARCHIVE [MEMBER...]
    python decode.py folder ROOT
    python decode.py npz FILE [x y]
    python decode.py write-mat5 FILE COUNT     COUNT compressed images of 32x32x3, and labels
    python decode.py write-folder ROOT COUNT   COUNT PNG files of 32x32x3, in ten classes

Prints images and megabytes of pixels per second, the peak of the memory in use, and
the SHA-256 of the pixels as (n, C, H, W) and of the labels as 64-bit integers; the
time is that of reading and of putting pixels in order, without the digests.
"""

import gzip
import hashlib
import resource
import struct
import sys
import tarfile
import time
import zlib
from pathlib import Path

import numpy as np


def read_idx(images, labels):
    def array(path):
        data = Path(path).read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        axes = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
        return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(axes)

    return array(images)[:, None], array(labels)


def read_mat5(file, images="X", labels="y"):
    import scipy.io

    read = scipy.io.loadmat(file, variable_names=[images, labels])
    pixels = read[images]
    axes = (3, 2, 0, 1) if pixels.ndim == 4 else (2, 0, 1)
    pixels = pixels.transpose(axes)
    return (pixels if pixels.ndim == 4 else pixels[:, None]), read[labels]


def read_cifar(archive, *members):
    if members:
        with tarfile.open(archive) as tar:
            data = b"".join(tar.extractfile(member).read() for member in members)
    else:
        data = Path(archive).read_bytes()
    records = np.frombuffer(data, np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def read_folder(root):
    from PIL import Image

    images, labels = [], []
    for label, folder in enumerate(sorted(path for path in Path(root).iterdir() if path.is_dir())):
        for path in sorted(folder.iterdir()):
            image = np.asarray(Image.open(path))
            images.append(image.reshape(*image.shape[:2], -1).transpose(2, 0, 1))
            labels.append(label)
    return np.stack(images), np.array(labels)


def read_npz(file, images="x", labels="y"):
    read = np.load(file)
    pixels = read[images]
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    elif pixels.shape[-1] in (1, 3):
        pixels = pixels.transpose(0, 3, 1, 2)
    return pixels, read[labels]


def write_mat5(file, count):
    """Streams, so that the images need not fit in memory."""
    count = int(count)
    rng = np.random.RandomState(0)
    smooth = np.add.outer(np.arange(32), np.arange(32)).astype(np.int16)

    def images():
        for start in range(0, count, 512):
            n = min(512, count - start)
            noise = rng.randint(0, 24, (n, 3, 32, 32), np.int16)
            base = rng.randint(0, 150, (n, 3, 1, 1)).astype(np.int16)
            yield (base + smooth + noise).astype(np.uint8).tobytes()

    labels = rng.randint(1, 11, count).astype(float).tobytes()
    with open(file, "wb") as out:
        out.write(b"MATLAB 5.0 MAT-file, synthetic".ljust(124) + struct.pack("<2H", 0x0100, 0x4D49))
        write_variable(out, "X", (32, 32, 3, count), 9, 2, 3072 * count, images())
        write_variable(out, "y", (count, 1), 6, 9, 8 * count, [labels])


def write_variable(out, name, axes, matlab_class, kind, size, pieces):
    def element(kind, data):
        return struct.pack("<2I", kind, len(data)) + data + bytes(-len(data) % 8)

    head = element(6, struct.pack("<2I", matlab_class, 0))
    head += element(5, struct.pack(f"<{len(axes)}i", *axes)) + element(1, name.encode())
    head += struct.pack("<2I", kind, size)
    packer = zlib.compressobj(6)
    start = out.tell()
    out.write(struct.pack("<2I", 15, 0))
    out.write(packer.compress(struct.pack("<2I", 14, len(head) + size + -size % 8) + head))
    for piece in pieces:
        out.write(packer.compress(piece))
    out.write(packer.compress(bytes(-size % 8)) + packer.flush())
    end = out.tell()
    out.seek(start + 4)
    out.write(struct.pack("<I", end - start - 8))
    out.seek(end)


def write_folder(root, count):
    from PIL import Image

    rng = np.random.RandomState(0)
    smooth = np.add.outer(np.arange(32), np.arange(32))[..., None]
    for number in range(int(count)):
        folder = Path(root) / f"class_{number % 10}"
        folder.mkdir(parents=True, exist_ok=True)
        image = smooth + rng.randint(0, 24, (32, 32, 3)) + rng.randint(0, 150, 3)
        Image.fromarray(image.astype(np.uint8)).save(folder / f"{number:06}.png")


def main(format, *words):
    if format.startswith("write-"):
        return globals()[format.replace("-", "_")](*words)
    start = time.perf_counter()
    images, labels = globals()[f"read_{format}"](*words)
    images = np.ascontiguousarray(images)
    seconds = time.perf_counter() - start
    print(len(images), "images of", *images.shape[1:])
    speed = f"{len(images) / seconds:.0f} images/s, {images.nbytes / seconds / 1e6:.0f} MB/s"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"decoded in {seconds:.3f} s: {speed}, peak {peak} kB")
    print("pixels", hashlib.sha256(images).hexdigest())
    print("labels", hashlib.sha256(np.ravel(labels).astype("<i8").tobytes()).hexdigest())


main(*sys.argv[1:])
