"""Convert a `random_state` of scikit-learn to a seed."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state


def seed_of(random_state: Any) -> int:  # noqa: ANN401 - None, a whole number or a RandomState
    """Return a whole number as it is, and one drawn from anything else.

    >>> seed_of(7)
    7
    """
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
