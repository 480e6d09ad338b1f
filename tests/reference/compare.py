"""Means, standard deviations and paired 95 % intervals by NumPy and SciPy.

Run by hand: python compare.py > compare.txt
"""

import numpy as np
import scipy
from scipy import stats

STUDIES = [
    ([0.0141, 0.0196, 0.0229], [0.0085, 0.0077, 0.0081]),
    ([1.0, 2.0], [1.5, 2.75]),
    ([0.376, 0.401, 0.388, 0.392, 0.37], [0.386, 0.399, 0.402, 0.391, 0.377]),
    (
        [-3.0, 1e3, 12.5, 7.25, -0.125, 88.0, 4.0, 9.5],
        [2.0, 1.001e3, 13.5, 7.0, -4.0, 90.0, 4.5, 9.25],
    ),
]

print(f"# by compare.py, with NumPy {np.__version__} and SciPy {scipy.__version__}")


def line(word, numbers):
    print(word, *(repr(float(number)) for number in numbers))


for first, second in STUDIES:
    first, second = np.array(first), np.array(second)
    line("first", first)
    line("second", second)
    line("summary", [first.mean(), first.std(ddof=1), second.mean(), second.std(ddof=1)])
    test = stats.ttest_rel(second, first)
    low, high = test.confidence_interval(0.95)
    line("difference", [(second - first).mean(), low, high])
for degrees in [1, 2, 3, 4, 9, 29, 199]:
    line("quantile", [degrees, stats.t.ppf(0.975, degrees)])
