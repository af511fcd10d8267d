"""Numbers for the page: short, and null where undefined, since JSON has no NaN."""

from typing import Any

import numpy as np


def short_for_json(values: Any, digits: int = 4) -> Any:  # noqa: ANN401 - a number, or arrays of any shape as nested lists
    """Shorten numbers for JSON to what a reader rounds to the same as the whole number; what is undefined becomes None.

    The page rounds what it prints. A number rounded before may come out differently: 0.12346 is 0.123, but 0.1235 is
    0.124. That happens where the last digit of the first rounding is a 5, so that such a number is kept whole.

    Args:
        digits: decimals of all others, no fewer than the page prints.

    >>> short_for_json([[0.123412, float("nan")], [0.123461, 0.5]])
    [[0.1234, None], [0.123461, 0.5]]
    """
    array = np.asarray(values, dtype=np.float64)
    rounded = np.round(array, digits)
    ends_in_five = np.zeros(array.shape, dtype=bool)
    for place in range(1, digits + 1):
        units = np.nan_to_num(np.abs(array)).round(digits) * 10**place
        ends_in_five |= (np.abs(units - np.round(units)) < 10.0 ** (place - digits - 1)) & (np.round(units) % 10 == 5)
    kept = np.array(np.where(ends_in_five, array, rounded), dtype=object)
    kept[~np.isfinite(array)] = None
    return kept.tolist()
