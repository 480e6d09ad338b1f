"""Measures ours and others in turn, in one sitting, and writes the tables of `docs/performance.md`.

`make bench-peers` installs the others and calls this; `make bench-peers PEERS='--only training'`
passes options on.

    run.py [--only PART,…] [--cases TEXT] [--simd SET,…] [--rounds N] [--seconds S] [--threads N]
           [--print] [--render]

Results are kept as `docs/data/performance/PROCESSOR-SET.json`, one file for each processor and
instruction set; a part that is measured again replaces its former results there and no others.
The tables are made from all these files, so those of other processors stay.
"""

import argparse
import datetime
import importlib.metadata
import json
import subprocess
import sys
import time
from pathlib import Path

import processor
import tables
from measure import say
from parts import PARTS, Context

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/performance.md"
RESULTS = ROOT / "docs/data/performance"
BENCHES = {"nets": "acai-autoencoder", "latents": "acai-stage", "noop": "acai-pipe"}
NEEDS = {"latents": ["latents"], "noop": ["noop"], "curves": ["nets", "latents", "noop"]}


def build(names):
    """The paths of our benches, built as `cargo bench` builds them."""
    programs = {}
    for name in names:
        command = ["cargo", "bench", "--locked", "--no-run", "--message-format", "json", "-p", BENCHES[name], "--bench", name]
        printed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in printed.splitlines():
            artifact = json.loads(line)
            if artifact.get("executable") and artifact["target"]["name"] == name:
                programs[name] = artifact["executable"]
    return programs


def target():
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    return Path(json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)["target_directory"])


def versions_of(part):
    """What the others of a part call themselves."""
    names = {
        "training": ["torch"],
        "inference": ["torch"],
        "memory": ["torch"],
        "latents": ["scikit-learn", "openTSNE", "numpy"],
        "noop": ["dvc", "snakemake"],
        "curves": ["torch", "scikit-learn", "dvc", "snakemake"],
        "roofline": [],
    }[part]
    shown = {"torch": "PyTorch", "dvc": "DVC", "snakemake": "Snakemake", "numpy": "NumPy"}
    versions = {}
    for name in names:
        try:
            versions[shown.get(name, name)] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout.strip()
    if part in ("noop", "curves"):
        line = subprocess.run(["make", "--version"], stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
        versions["make"] = line.split()[-1]
    return {"acai-pipe": git or "unknown", **versions}


def measure(parts, this, simd, programs, options):
    """Measures the parts and puts each into its file as soon as it is done."""
    path = RESULTS / f"{processor.slug(this, simd)}.json"
    result = json.loads(path.read_text()) if path.exists() else {"parts": {}}
    result |= {"processor": {name: this[name] for name in ("name", "vendor", "family", "model")}, "simd": simd}
    scratch = target() / "bench-peers"
    scratch.mkdir(parents=True, exist_ok=True)
    environments = processor.limits(this, simd)
    context = Context(programs, options.python, scratch, environments, simd, options.threads, options.rounds, options.seconds, options.cases)
    for part in parts:
        start = time.perf_counter()
        say(f"{part}, {processor.NAMES[simd]}:")
        rows = PARTS[part](context)
        took = time.perf_counter() - start
        if options.cases:
            rows = merged(result["parts"].get(part, {}).get("rows", []), rows)
        result["parts"][part] = {
            "date": datetime.date.today().isoformat(),
            "threads": options.threads,
            "took_s": round(took, 1),
            "versions": versions_of(part),
            "rows": rounded(rows),
        }
        say(f"  took {took:.0f} s")
        print("\n".join(["", tables.caption(result, part), "", *tables.RENDERERS[part](result["parts"][part]["rows"])]), flush=True)
        if not options.print:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(result, indent=1) + "\n")


def merged(old, new):
    """Rows measured again in the place of the old ones; the order is that of the first time."""
    name = lambda row: [row.get(word) for word in ("net", "method", "verb")]
    again = {str(name(row)): row for row in new}
    rows = [again.pop(str(name(row)), row) for row in old]
    return rows + list(again.values())


def rounded(value):
    """Five digits are more than is known."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def options_of(this):
    words = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=words, default=list(PARTS), metavar="PART,…", help=", ".join(PARTS))
    parser.add_argument("--cases", default="", metavar="TEXT", help="of training, inference and memory only the cases with this in their names, such as `SVHN` or `Acai`")
    parser.add_argument("--simd", type=words, default=this["sets"], metavar="SET,…", help="avx512, avx2")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked in turn")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long at least, each time")
    parser.add_argument("--threads", type=int, default=this["cores"])
    parser.add_argument("--print", action="store_true", help="write no file")
    parser.add_argument("--render", action="store_true", help="only write the tables anew from the kept results")
    for name in BENCHES:
        parser.add_argument(f"--{name}", metavar="PATH", help=f"a bench `{name}` that is built already")
    options = parser.parse_args()
    options.python = sys.executable
    for part in options.only:
        if part not in PARTS:
            parser.error(f"there is no part {part}; there are {', '.join(PARTS)}")
    for simd in options.simd:
        if simd not in this["sets"]:
            parser.error(f"this processor has no {simd}")
    return options


def main():
    this = processor.describe()
    options = options_of(this)
    if not options.render:
        needed = {name for part in options.only for name in NEEDS.get(part, ["nets"])}
        given = {name: getattr(options, name) for name in BENCHES if getattr(options, name)}
        programs = {**build(sorted(needed - set(given))), **given}
        start = time.perf_counter()
        for simd in options.simd:
            # Where nothing is computed the instruction set does not matter.
            parts = [part for part in options.only if part != "noop" or simd == options.simd[0]]
            measure(parts, this, simd, programs, options)
        say(f"measured in {(time.perf_counter() - start) / 60:.1f} minutes")
    if not options.print:
        results = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
        PAGE.write_text(tables.splice(PAGE.read_text(), results))


if __name__ == "__main__":
    main()
