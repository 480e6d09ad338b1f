"""Are our nets and PyTorch's the same at the quickstart's settings, scored on the same pairs?

    python equivalence.py > equivalence.txt

Ours are λ = 0 and λ = 1/2 of `pipelines/sweep_lambda.ron` (docs/data/sweep_lambda_seeds.csv);
PyTorch's were printed by `lines_training.py KIND 48 SEED 48 --batch 16 --rate 4e-4 --lines
FILE` (equivalence_pytorch.txt), FILE from `acai-pipe export pipelines/sweep_lambda.ron lines
--npz FILE`: all 2,500 pairs of test lines. Two one-sided t-tests on logarithms, with unequal
variances and unpaired, because a seed means different numbers in the two programs. They ask
whether the ratio lies within 1.25 either way, a margin that was written down before the
second program had run.
"""

import csv
import math
from pathlib import Path

import numpy as np
import scipy
import statsmodels
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_ind

from versions import said

HERE = Path(__file__).resolve().parent
MARGIN = 1.25
VARIANTS = {"baseline": "lambda_0", "acai": "lambda_05"}
SCORES = {"mean_distance": 1e-3, "smoothness": 1.0}


def ours(variant, score):
    with open(HERE.parents[1] / "docs" / "data" / "sweep_lambda_seeds.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["stage"] == "paths"]
    return [float(row["value"]) for row in rows if (row["variant"], row["score"]) == (variant, score)]


def theirs(kind, score):
    word = score.replace("_", " ")
    lines = (HERE / "equivalence_pytorch.txt").read_text().splitlines()
    lines = [line for line in lines if line.startswith(f"{kind} ")]
    return [float(line.split(f"{word} ")[1].split()[0]) for line in lines]


def main():
    print(said("equivalence.py", np, scipy, statsmodels))
    print(f"margin {MARGIN}")
    for kind, variant in VARIANTS.items():
        for score in SCORES:
            one, other = np.log(ours(variant, score)), np.log(theirs(kind, score))
            p, *_ = ttost_ind(one, other, -math.log(MARGIN), math.log(MARGIN), usevar="unequal")
            low, high = CompareMeans(DescrStatsW(one), DescrStatsW(other)).tconfint_diff(usevar="unequal")
            print(
                f"{kind} {score} seeds {len(one)} and {len(other)} ours {np.exp(one.mean()):.5f} "
                f"PyTorch {np.exp(other.mean()):.5f} ratio {np.exp(one.mean() - other.mean()):.3f} "
                f"({np.exp(low):.3f}, {np.exp(high):.3f}) TOST p {p:.3f}"
            )


if __name__ == "__main__":
    main()
