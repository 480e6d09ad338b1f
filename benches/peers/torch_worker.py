"""PyTorch's side of `benches/nets.rs`: the same requests on stdin, the same answers on stdout.

    python torch_worker.py [THREADS]

A request also says `layout=plain` or `layout=channels_last`.
"""

import json
import sys
import time

import torch

from torch_models import AUTOENCODERS, Trainer

POINTS = 16


def parse(line):
    verb, *words = line.split()
    fields = dict(word.split("=", 1) for word in words)
    return verb, {name: int(value) if value.isdigit() else value for name, value in fields.items()}


def size(fields):
    return [fields.get(name, default) for name, default in (("channels", 1), ("depth", 16), ("latent", 16), ("width", 2))]


def training(fields, format):
    regularizer = fields.get("regularizer", "none")
    trainer = Trainer(
        fields.get("autoencoder", "Baseline"),
        None if regularizer == "none" else regularizer,
        *size(fields),
        codes=fields.get("codes", 16384),
        layout=fields.get("layout", "plain"),
    )
    count = fields.get("batch", 64)
    x = (0.5 * torch.randn(count, fields.get("channels", 1), 32, 32)).contiguous(memory_format=format)
    labels = torch.full((count,), 3)
    return lambda: trainer.step(x, labels)


def evaluation(verb, fields, format):
    """Images and codes come and go as plain arrays."""
    model = AUTOENCODERS[fields.get("autoencoder", "Baseline")](*size(fields)).eval()
    model.encoder.to(memory_format=format)
    model.decoder.to(memory_format=format)
    count = fields.get("batch", 256)
    x = 0.5 * torch.randn(count, fields.get("channels", 1), 32, 32)
    a, b = torch.randn(2, count // POINTS, *model.shape)
    shares = torch.linspace(0, 1, POINTS)[None, :, None, None, None]

    @torch.inference_mode()
    def encode():
        return model.encode(x.contiguous(memory_format=format)).flatten(1).contiguous()

    @torch.inference_mode()
    def interpolate():
        codes = torch.lerp(a[:, None], b[:, None], shares).flatten(0, 1)
        return model.decode(codes.contiguous(memory_format=format)).contiguous()

    @torch.inference_mode()
    def sample():
        codes = torch.randn(count, *model.shape)
        return model.decode(codes.contiguous(memory_format=format)).contiguous()

    return {"encode": encode, "interpolate": interpolate, "sample": sample}[verb]


def repeat(call, seconds, least):
    times, total = [], 0.0
    while len(times) < least or total < seconds:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
        total += times[-1]
    return times


def peak_kib():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def status():
    return {
        "peak_kib": peak_kib(),
        "threads": torch.get_num_threads(),
        "simd": torch.backends.cpu.get_cpu_capability(),
        "version": torch.__version__,
    }


def main():
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(0)
    known = {}
    for line in sys.stdin:
        verb, fields = parse(line)
        if verb == "status":
            print(json.dumps(status()), flush=True)
            continue
        seconds, least = float(fields.pop("seconds", 1.0)), fields.pop("steps", 1)
        name = (verb, *sorted(fields.items()))
        if name not in known:
            # Both layouts of a case stay.
            known = {key: call for key, call in known.items() if without_layout(key) == without_layout(name)}
            format = torch.channels_last if fields.get("layout") == "channels_last" else torch.contiguous_format
            known[name] = training(fields, format) if verb == "train" else evaluation(verb, fields, format)
            known[name]()
        print(json.dumps({"seconds": repeat(known[name], seconds, least)}), flush=True)


def without_layout(name):
    return tuple(word for word in name if word[0] != "layout")


if __name__ == "__main__":
    main()
