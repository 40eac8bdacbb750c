"""When a reading turned from one level to another: how a change that was noticed late is dated back."""

from collections.abc import Sequence

import numpy as np


def turned_at(values: Sequence[float], before: float, after: float) -> int:
    """Which of the values is the first at the new level.

    The values are split where the squared errors, of those in front against ``before`` and of the others against
    ``after``, are the smallest in sum (maximum likelihood of a step in noise; Hinkley 1970).

    Args:
        values: In the order of time; the last ones are at the new level.
        before: The level that was usual.
        after: The new level.

    Returns:
        Its index; 0 where all are at the new level already.
    """
    series = np.asarray(values, np.float64)
    nearer = (series - before) ** 2 - (series - after) ** 2
    return int(nearer[::-1].cumsum()[::-1].argmax())
