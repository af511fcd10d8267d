"""Minimisation of a differentiable function by L-BFGS."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

Point = Float[np.ndarray, " P"]


def minimise(
    objective: Callable[[Point], tuple[float, Point]],
    start: Point,
    *,
    bounds: Sequence[tuple[float, float]] | None = None,
    steps: int = 1000,
) -> Point:
    """Return the minimiser of a function that gives value and gradient, from `start`, within bounds.

    >>> minimise(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(2)).round(6)
    array([3., 3.])
    """
    options: Any = {"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-13, "gtol": 1e-8}
    solve: Any = minimize  # its annotations do not allow a function that returns value and gradient
    return solve(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
