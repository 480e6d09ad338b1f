"""Which processor this is, which instruction sets it has, and how to hold everybody to one.

Knows nothing of what is measured.
"""

import os
from pathlib import Path

# What limits ours, and what limits the others, to an instruction set.
LIMITS = {
    "avx512": ({"ACAI_SIMD": "avx512"}, {}),
    "avx2": (
        {"ACAI_SIMD": "avx2"},
        {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"},
    ),
}
NAMES = {"avx512": "AVX-512", "avx2": "AVX2"}
# For the compiler of `peak.c`.
FLAGS = {"avx512": ["-mavx512f"], "avx2": ["-mavx2", "-mfma"]}


def describe():
    """Name, family and model, and how many processors this process may use."""
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    flags = set(fields.get("flags", "").split())
    sets = [name for name, flag in (("avx512", "avx512f"), ("avx2", "avx2")) if flag in flags]
    return {
        "name": fields.get("model name", "unknown"),
        "vendor": fields.get("vendor_id", "unknown"),
        "family": int(fields.get("cpu family", 0)),
        "model": int(fields.get("model", 0)),
        "cores": len(os.sched_getaffinity(0)),
        "sets": sets,
    }


def slug(processor, simd):
    """The name of its file of results."""
    words = f"{processor['name']} {processor['family']} {processor['model']} {simd}".lower()
    return "-".join("".join(c if c.isalnum() else " " for c in words).split())


def limits(processor, simd):
    """Environments of ours and of theirs; the best set there is needs no limit of theirs."""
    ours, theirs = LIMITS[simd]
    return ours, {} if simd == processor["sets"][0] else theirs
