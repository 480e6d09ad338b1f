"""What ours, make, DVC and Snakemake take to find that there is nothing to do.

Ours gets pipelines of two variants over many seeds, made by `cargo bench --bench noop -- --make`.
The others get as many stages: one source, half of the stages that read it and as many that read
one of those, the fan that a comparison over seeds makes. Everything is made once and kept, then
each tool is asked again in turn. A whole process is timed, from its start to its end.
"""

import json
import shutil
import subprocess
import time
from pathlib import Path

from measure import clean_environment, say

# How many stages a tool is given at most: to make more of them takes it too long.
MOST = {"make": 10_000, "DVC": 1_000, "Snakemake": 1_000}


def for_make(half):
    lines = ["all: " + " ".join(f"score{i}.txt" for i in range(half)), "source.txt:\n\tseq 1 1000 > $@"]
    for i in range(half):
        lines.append(f"model{i}.txt: source.txt\n\ttail -n {i + 1} $< > $@")
        lines.append(f"score{i}.txt: model{i}.txt\n\tcksum $< > $@")
    return "\n".join(lines) + "\n"


def for_dvc(half):
    def stage(name, command, reads, writes):
        lines = [f"  {name}:", f"    cmd: {command}", f"    outs: [{writes}]"]
        return lines + ([f"    deps: [{reads}]"] if reads else [])

    lines = ["stages:", *stage("source", "seq 1 1000 > source.txt", "", "source.txt")]
    for i in range(half):
        lines += stage(f"model{i}", f"tail -n {i + 1} source.txt > model{i}.txt", "source.txt", f"model{i}.txt")
        lines += stage(f"score{i}", f"cksum model{i}.txt > score{i}.txt", f"model{i}.txt", f"score{i}.txt")
    return "\n".join(lines) + "\n"


def for_snakemake(half):
    return f"""\
rule all:
    input: expand("score{{i}}.txt", i=range({half}))

rule source:
    output: "source.txt"
    shell: "seq 1 1000 > {{output}}"

rule model:
    input: "source.txt"
    output: "model{{i}}.txt"
    shell: "tail -n $(({{wildcards.i}} + 1)) {{input}} > {{output}}"

rule score:
    input: "model{{i}}.txt"
    output: "score{{i}}.txt"
    shell: "cksum {{input}} > {{output}}"
"""


def quietly(command, folder, environment):
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def command_of(tool, binaries):
    return {
        "make": ["make", "-s"],
        "DVC": [str(binaries / "dvc"), "repro", "-q"],
        "Snakemake": [str(binaries / "snakemake"), "-q", "all", "-c2"],
    }[tool]


def make_pipeline(tool, size, root, binaries, environment):
    """The folder in which a tool has made `size` stages; kept from one run to the next."""
    half, folder = size // 2, root / f"{tool.lower()}-{size}"
    if (folder / "made").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say(f"  {tool} makes {size} stages …")
    if tool == "make":
        (folder / "Makefile").write_text(for_make(half))
    elif tool == "DVC":
        (folder / "dvc.yaml").write_text(for_dvc(half))
        dvc = str(binaries / "dvc")
        quietly([dvc, "init", "-q", "--no-scm", "-f"], folder, environment)
        quietly([dvc, "config", "core.analytics", "false"], folder, environment)
    else:
        (folder / "Snakefile").write_text(for_snakemake(half))
    quietly(command_of(tool, binaries), folder, environment)
    (folder / "made").write_text("")
    return folder


def timed(command, folder, environment):
    start = time.perf_counter()
    quietly(command, folder, environment)
    return {"seconds": [time.perf_counter() - start]}


def our_pipelines(bench, sizes):
    """Folders in which every result of ours is there, by size, and the program."""
    lines = subprocess.run([bench, "--make", *map(str, sizes)], check=True, capture_output=True, text=True).stdout
    made = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    return {one["size"]: one for one in made}


def sides(size, ours, root, binaries):
    """Calls that ask each tool once, by name."""
    environment = clean_environment()
    environment["PATH"] = f"{binaries}:{environment['PATH']}"
    calls = {"ours": lambda: timed([ours["program"], "run", "noop.ron", "--cache", "store"], ours["folder"], environment)}
    for tool, most in MOST.items():
        command = command_of(tool, binaries)
        if size <= most and shutil.which(command[0], path=environment["PATH"]):
            folder = make_pipeline(tool, size, root, binaries, environment)
            calls[tool] = lambda command=command, folder=folder: timed(command, folder, environment)
    return calls
