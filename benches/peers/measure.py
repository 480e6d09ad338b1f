"""Workers that answer requests, and how they are asked in turn.

Knows nothing of what is measured.
"""

import json
import os
import statistics
import subprocess
import sys
import time

# A case that takes longer than this has no more rounds than it must.
LONG_S = 20.0


class Worker:
    """A process that reads a request a line and answers with a line of JSON."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            [str(word) for word in command],
            env={**clean_environment(), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} ended at: {request}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def clean_environment():
    """Without what would have NumPy's BLAS run code for another processor than this."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}


def request(verb, **fields):
    return " ".join([verb, *(f"{name}={value}" for name, value in fields.items() if value is not None)])


def alternate(sides, rounds, least_rounds=3):
    """Asks each of `sides` (name to a call that returns seconds) in turn, round by round.

    Returns the median seconds of each round by name, or nothing if a side skips. Everything
    is done once before, unmeasured, by the sides themselves.
    """
    seconds, start = {name: [] for name in sides}, time.perf_counter()
    for round in range(rounds):
        # Every other round backwards, so that none always follows the same one.
        for name in list(sides) if round % 2 == 0 else reversed(list(sides)):
            answer = sides[name]()
            if "seconds" not in answer:
                return None
            seconds[name].append(statistics.median(answer["seconds"]))
        if round + 1 >= least_rounds and time.perf_counter() - start > LONG_S:
            break
    return seconds


def spread(values):
    """Least, median and most."""
    return [min(values), statistics.median(values), max(values)]


def rates(count, seconds):
    """Least, median and most of `count` things a second."""
    return spread([count / one for one in seconds])


def ratios(ours, theirs):
    """How many times faster ours was, by rounds: least, median and most."""
    return spread([b / a for a, b in zip(ours, theirs)])


def better(seconds, names):
    """Which of `names` is the fastest."""
    return min(names, key=lambda name: statistics.median(seconds[name]))


def say(text):
    print(text, file=sys.stderr, flush=True)
