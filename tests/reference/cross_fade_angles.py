"""The end angles of the golden cross-fades, in turns: one per line.

Image i is faded into image i + 256. The angles are 2π times these numbers.

    python tests/reference/cross_fade_angles.py > tests/reference/cross_fade_angles.txt
"""

import numpy as np

from versions import said

print(said("cross_fade_angles.py", np))

for turn in np.random.RandomState(0).rand(512):
    print(repr(float(turn)))
