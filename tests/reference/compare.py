"""Means, intervals, p-values and their corrections by NumPy, SciPy and statsmodels.

Run by hand: python compare.py > compare.txt
"""

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

STUDIES = [
    ([0.0141, 0.0196, 0.0229], [0.0085, 0.0077, 0.0081]),
    ([1.0, 2.0], [1.5, 2.75]),
    ([0.376, 0.401, 0.388, 0.392, 0.37], [0.386, 0.399, 0.402, 0.391, 0.377]),
    (
        [-3.0, 1e3, 12.5, 7.25, -0.125, 88.0, 4.0, 9.5],
        [2.0, 1.001e3, 13.5, 7.0, -4.0, 90.0, 4.5, 9.25],
    ),
]
MARGINS = [(-0.02, 0.02), (-1.0, 0.5), (-0.02, 0.01), (-3.0, 3.0)]
P_VALUES = [
    [0.04],
    [0.01, 0.04, 0.03],
    [0.5, 0.001, 0.02, 0.02, 0.9, 0.013],
    [0.2, 0.3, 0.4, 0.6],
]
SHARES = [(0.938, 10000), (0.0, 50), (1.0, 50), (0.25, 8), (0.9998, 5000)]

print(
    f"# by compare.py, with NumPy {np.__version__}, SciPy {scipy.__version__} "
    f"and statsmodels {statsmodels.__version__}"
)


def line(word, numbers):
    print(word, *(repr(float(number)) for number in numbers))


for (first, second), margins in zip(STUDIES, MARGINS):
    first, second = np.array(first), np.array(second)
    line("first", first)
    line("second", second)
    line("summary", [first.mean(), first.std(ddof=1), second.mean(), second.std(ddof=1)])
    for word, test in [
        ("paired", stats.ttest_rel(second, first)),
        ("welch", stats.ttest_ind(second, first, equal_var=False)),
    ]:
        low, high = test.confidence_interval(0.95)
        line(word, [second.mean() - first.mean(), low, high, test.pvalue])
    line("equivalence", [*margins, ttost_paired(second, first, *margins)[0]])
for values in P_VALUES:
    line("holm", [*values, *multipletests(values, method="holm")[1]])
for share, count in SHARES:
    hits = round(share * count)
    line("wilson", [hits / count, count, *proportion_confint(hits, count, method="wilson")])
