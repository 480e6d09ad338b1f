"""The parts of `make bench-peers`: each measures some cases and returns their rows.

Knows nothing of tables.
"""

import json
import statistics
import subprocess
from pathlib import Path

import cases
import noop
from measure import Worker, alternate, better, rates, ratios, request, say, spread
from processor import FLAGS

HERE = Path(__file__).parent
LAYOUTS = ["plain", "channels_last"]
BATCH = 64


class Context:
    """Where programs are, how they are limited, and how long to measure."""

    def __init__(self, programs, python, scratch, environments, simd, threads, rounds, seconds, cases=""):
        self.programs, self.python, self.scratch = programs, python, scratch
        self.ours_environment, self.theirs_environment = environments
        self.simd, self.threads, self.rounds, self.seconds = simd, threads, rounds, seconds
        self.cases = cases

    def is_wanted(self, *words):
        """Whether a case of this name was asked for."""
        return self.cases.lower() in ", ".join(words).lower()

    def ours(self, program="nets", threads=None):
        return Worker([self.programs[program], threads or self.threads], self.ours_environment)

    def theirs(self, script="torch_worker.py", threads=None):
        return Worker([self.python, HERE / script, threads or self.threads], self.theirs_environment)

    def beside_torch(self, ours, theirs, verb, layouts=LAYOUTS, rounds=None, seconds=None, **fields):
        """Rounds of seconds of ours and of each layout of PyTorch; nothing if ours skips."""
        line = request(verb, **fields)
        # Builds and warms up.
        if "skipped" in ours.ask(f"{line} seconds=0"):
            return None
        least = seconds or self.seconds
        sides = {"ours": lambda: ours.ask(f"{line} seconds={least}")}
        for layout in layouts:
            theirs.ask(f"{line} layout={layout} seconds=0")
            sides[layout] = lambda layout=layout: theirs.ask(f"{line} layout={layout} seconds={least}")
        return alternate(sides, rounds or self.rounds)


def compared(count, seconds):
    """A row of rates: ours, PyTorch's two layouts, and how many times faster ours is."""
    layouts = [name for name in seconds if name != "ours"]
    best = better(seconds, layouts)
    row = {name: rates(count, values) for name, values in seconds.items()}
    return {**row, "better": best, "ratio": ratios(seconds["ours"], seconds[best])}


def training(context):
    rows = []
    with context.ours() as ours, context.theirs() as theirs:
        for name, net, method in cases.training_cases():
            if not context.is_wanted(name, cases.method_name(method)):
                continue
            fields = {**cases.net_fields(net), **cases.method_fields(method), "batch": BATCH}
            seconds = context.beside_torch(ours, theirs, "train", **fields)
            if seconds is None:
                continue
            row = {"net": name, "method": cases.method_name(method), **compared(BATCH, seconds)}
            rows.append(row)
            say(f"  {name}, {row['method']}: {row['ours'][1]:.1f} images/s, ratio {row['ratio'][1]:.2f}")
    return rows


def inference(context):
    rows = []
    batch = 256
    with context.ours() as ours, context.theirs() as theirs:
        for name in cases.EVERY_METHOD:
            for verb in ("encode", "interpolate", "sample"):
                if not context.is_wanted(name, verb):
                    continue
                fields = {**cases.net_fields(cases.NETS[name]), "autoencoder": "Baseline", "batch": batch}
                seconds = context.beside_torch(ours, theirs, verb, **fields)
                rows.append({"net": name, "verb": verb, **compared(batch, seconds)})
                say(f"  {name}, {verb}: {rows[-1]['ours'][1]:.0f} images/s, ratio {rows[-1]['ratio'][1]:.2f}")
    return rows


def memory(context):
    """The most memory of a process that takes three steps of ACAI, in MiB."""
    rows = []
    for name, net in cases.NETS.items():
        if not context.is_wanted(name):
            continue
        fields = {**cases.net_fields(net), "regularizer": "Acai", "batch": BATCH, "seconds": 0, "steps": 2}
        row = {"net": name}
        for side in ["ours", *LAYOUTS]:
            with context.ours() if side == "ours" else context.theirs() as worker:
                layout = None if side == "ours" else side
                worker.ask(request("train", layout=layout, **fields))
                row[side] = worker.ask("status")["peak_kib"] / 1024
        rows.append(row)
        say(f"  {name}: {row['ours']:.0f} MiB beside {min(row[one] for one in LAYOUTS):.0f}")
    return rows


def latents(context):
    rows = []
    with context.ours("latents") as ours, context.theirs("latents_worker.py") as theirs:
        for width in (64, 256):
            file = make_latents(context, ours, 10_240, width)
            restarts = 1_000 if width == 64 else 200
            line = request("kmeans", file=file, restarts=restarts)
            rows.append(judged(f"k-means, 10,240 × {width}, {restarts:,} restarts", ours, {"scikit-learn": line}, theirs, line, 3))
            line = request("pca", file=file, points=5_000)
            rows.append(judged(f"PCA, 5,000 × {width}", ours, {"scikit-learn": line}, theirs, line, context.rounds))
        file = make_latents(context, ours, 10_240, 64)
        line = request("tsne", file=file, points=2_000)
        names = {"scikit-learn, exact": "exact", "scikit-learn, Barnes–Hut": "barnes_hut", "openTSNE": "openTSNE"}
        others = {name: f"{line} method={method}" for name, method in names.items()}
        rows.append(judged("t-SNE, 2,000 × 64, 1,000 steps", ours, others, theirs, line, 3))
    return rows


def make_latents(context, ours, count, width):
    file = context.scratch / f"latents-{count}-{width}"
    ours.ask(request("make", file=file, count=count, width=width))
    return file


def judged(name, ours, others, theirs, line, rounds):
    """A row of seconds, and of what each ended with."""
    scores = {}

    def ask(worker, line, side):
        answer = worker.ask(line)
        scores[side] = answer["scores"]
        return answer

    sides = {"ours": lambda: ask(ours, line, "ours")}
    for other, request in others.items():
        sides[other] = lambda other=other, request=request: ask(theirs, request, other)
    seconds = alternate(sides, rounds)
    row = {"name": name, "ours": spread(seconds["ours"]), "others": {}}
    for other in others:
        row["others"][other] = {
            "seconds": spread(seconds[other]),
            "ratio": ratios(seconds["ours"], seconds[other]),
        }
    row["scores"] = scores
    say(f"  {name}: {row['ours'][1]:.3f} s" + "".join(f", {other} {one['seconds'][1]:.3f} s" for other, one in row["others"].items()))
    return row


def workflows(context, sizes=(20, 200, 10_000)):
    rows = []
    ours = noop.our_pipelines(context.programs["noop"], sizes)
    for size in sizes:
        sides = noop.sides(size, ours[size], context.scratch / "noop", Path(context.python).parent)
        alternate(sides, 1)
        seconds = alternate(sides, max(context.rounds, 5))
        rows.append({"instances": ours[size]["instances"], **{name: spread(values) for name, values in seconds.items()}})
        say(f"  {size}: " + ", ".join(f"{name} {1e3 * values[1]:.1f} ms" for name, values in rows[-1].items() if name != "instances"))
    return rows


def curves(context):
    """ACAI over threads, batches and depths; k-means over images; runs with nothing to do over instances."""
    acai = {"regularizer": "Acai"}
    found = {"threads": [], "batch": [], "depth": [], "images": [], "instances": []}

    def beside(axis, value, count, **fields):
        threads = fields.pop("threads", None)
        with context.ours(threads=threads) as ours, context.theirs(threads=threads) as theirs:
            seconds = context.beside_torch(ours, theirs, "train", layouts=["channels_last"], rounds=3, seconds=0.5, **fields)
        if seconds is not None:
            found[axis].append({axis: value, **compared(count, seconds)})
            say(f"  {axis} {value}: {found[axis][-1]['ours'][1]:.1f} images/s, ratio {found[axis][-1]['ratio'][1]:.2f}")

    lines = {**cases.net_fields(cases.NETS["lines"]), **acai}
    for threads in (1, 2):
        beside("threads", threads, BATCH, batch=BATCH, threads=threads, **lines)
    for batch in (16, 32, 64, 128, 256):
        beside("batch", batch, batch, batch=batch, **lines)
    for depth in (16, 32, 64, 128):
        fields = {**cases.net_fields(cases.SVHN), **acai, "depth": depth}
        # A step of the deepest net takes long: it has fewer images.
        batch = BATCH if depth < 128 else 16
        beside("depth", depth, batch, batch=batch, **fields)
    with context.ours("latents") as ours, context.theirs("latents_worker.py") as theirs:
        for count in (10_000, 30_000, 100_000, 300_000):
            line = request("kmeans", file=make_latents(context, ours, count, 64), restarts=10)
            found["images"].append({"images": count, **judged(f"k-means, {count:,} × 64, 10 restarts", ours, {"scikit-learn": line}, theirs, line, 3)})
    found["instances"] = workflows(context, (10, 100, 1_000, 10_000))
    return found


def roofline(context):
    """Each convolution of the SVHN net: how near its three passes come to what is possible."""
    peak = measure_peak(context)
    rows = []
    with context.ours() as ours:
        layers = ours.ask(request("describe", **cases.net_fields(cases.SVHN)))["layers"]
        for layer in layers:
            rounds = [ours.ask(layer_request(layer, context.seconds / 2)) for _ in range(3)]
            row = {**layer, "passes": {}}
            for name in ("forward", "input", "weight"):
                taken = statistics.median(min(answer[name]) for answer in rounds)
                row["passes"][name] = share_of_possible(layer, name, taken, peak)
            rows.append(row)
            shares = " ".join(f"{name} {one['share']:.0%}" for name, one in row["passes"].items())
            say(f"  {layer['net']} {layer['inputs']} → {layer['outputs']} at {layer['side']}: {shares}")
    return {"peak": peak, "layers": rows}


def layer_request(layer, seconds):
    fields = {name: layer[name] for name in ("inputs", "outputs", "kernel", "side")}
    return request("layer", **fields, leaky=str(layer["leaky"]).lower(), batch=BATCH, seconds=seconds)


def measure_peak(context):
    """Multiply-adds and bytes a second, by loops that do nothing else."""
    program = context.scratch / f"peak-{context.simd}"
    source = HERE / "peak.c"
    flags = ["-O3", "-funroll-loops", "-ffp-contract=fast", "-pthread", *FLAGS[context.simd]]
    subprocess.run(["cc", *flags, source, "-o", program], check=True)
    printed = subprocess.run([program, str(context.threads)], check=True, capture_output=True, text=True)
    return json.loads(printed.stdout)


def share_of_possible(layer, name, taken, peak):
    """Flops, bytes and seconds of a pass, and the share of what the processor could do.

    Bytes are those of every operand once: what is read and what is written.
    """
    pixels = layer["side"] ** 2 * BATCH
    weights = layer["inputs"] * layer["outputs"] * layer["kernel"] ** 2
    flops = 2 * weights * pixels
    x, y = layer["inputs"] * pixels, layer["outputs"] * pixels
    elements = {
        "forward": x + weights + y,
        "input": y + weights + x,
        # With an activation its output is read and the gradient is rewritten.
        "weight": x + y + weights + (2 * y if layer["leaky"] else 0),
    }[name]
    bandwidth = max(peak["read_gbytes"], peak["copy_gbytes"])
    possible = max(flops / (peak["gflops"] * 1e9), 4 * elements / (bandwidth * 1e9))
    return {"flops": flops, "bytes": 4 * elements, "seconds": taken, "share": possible / taken}


PARTS = {
    "training": training,
    "inference": inference,
    "memory": memory,
    "latents": latents,
    "noop": workflows,
    "curves": curves,
    "roofline": roofline,
}
