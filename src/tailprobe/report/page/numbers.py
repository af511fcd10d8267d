"""Numbers for the page: short, and null where undefined, since JSON has no NaN."""

from typing import Any

import numpy as np


def round_for_json(values: Any, digits: int = 4) -> Any:  # noqa: ANN401 - a number, or arrays of any shape as nested lists
    """Round numbers for JSON; what is undefined becomes None.

    >>> round_for_json([[0.123456, float("nan")]])
    [[0.1235, None]]
    """
    array = np.asarray(values, dtype=np.float64)
    rounded = np.array(np.round(array, digits), dtype=object)
    rounded[~np.isfinite(array)] = None
    return rounded.tolist()
