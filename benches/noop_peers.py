"""What other tools take to find that there is nothing to do.

    python3 -m venv peers && peers/bin/pip install dvc snakemake
    PATH=$PWD/peers/bin:$PATH python3 benches/noop_peers.py [STAGES…]

Each gets a pipeline of one source, half of the stages that read it and as many
that read one of those: the fan that a comparison over seeds makes. Everything
is made once, then each tool is asked again, five times; printed are the median
and the least, in milliseconds. Run it in the same sitting as `cargo bench
--bench noop`, which prints ours in the same form.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = [200, 1000]
REPEATS = 5


def for_dvc(half: int) -> str:
    def stage(name, command, reads, writes):
        lines = [f"  {name}:", f"    cmd: {command}", f"    outs: [{writes}]"]
        return lines + ([f"    deps: [{reads}]"] if reads else [])

    lines = ["stages:", *stage("source", "seq 1 100000 > source.txt", "", "source.txt")]
    for i in range(half):
        lines += stage(f"model{i}", f"tail -n {i + 1} source.txt > model{i}.txt", "source.txt", f"model{i}.txt")
        lines += stage(f"score{i}", f"cksum model{i}.txt > score{i}.txt", f"model{i}.txt", f"score{i}.txt")
    return "\n".join(lines) + "\n"


def for_snakemake(half: int) -> str:
    return f"""\
rule all:
    input: expand("score{{i}}.txt", i=range({half}))

rule source:
    output: "source.txt"
    shell: "seq 1 100000 > {{output}}"

rule model:
    input: "source.txt"
    output: "model{{i}}.txt"
    shell: "tail -n $(({{wildcards.i}} + 1)) {{input}} > {{output}}"

rule score:
    input: "model{{i}}.txt"
    output: "score{{i}}.txt"
    shell: "cksum {{input}} > {{output}}"
"""


def quietly(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def made(root: Path, tool: str, size: int) -> tuple[str, list[str], Path]:
    """The command that finds nothing to do, and the folder it does so in."""
    half, folder = size // 2, root / f"{tool}-{size}"
    folder.mkdir()
    if tool == "DVC":
        (folder / "dvc.yaml").write_text(for_dvc(half))
        quietly(["git", "init", "-q"], folder)
        quietly(["dvc", "init", "-q"], folder)
        quietly(["dvc", "config", "core.analytics", "false"], folder)
        command = ["dvc", "repro", "-q"]
    else:
        (folder / "Snakefile").write_text(for_snakemake(half))
        command = ["snakemake", "-q", "all", "-c2"]
    quietly(command, folder)
    return f"{2 * half + 1:>6} stages, {tool:<10}", command, folder


def measure(name: str, command: list[str], folder: Path) -> None:
    quietly(command, folder)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        quietly(command, folder)
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(f"{name} {times[REPEATS // 2]:>7.0f} ms, at best {times[0]:.0f}", flush=True)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    with tempfile.TemporaryDirectory() as root:
        pipelines = [made(Path(root), tool, size) for size in sizes for tool in ("DVC", "Snakemake")]
        print("everything is made: now it should be quiet here", file=sys.stderr, flush=True)
        for pipeline in pipelines:
            measure(*pipeline)


if __name__ == "__main__":
    main()
