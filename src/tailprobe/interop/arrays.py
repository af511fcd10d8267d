"""Labels given as arrays, as scikit-learn and PyTorch have them."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Int, Shaped

from tailprobe.errors import InputError
from tailprobe.labels import Labels


def single_labels(places: Int[np.ndarray, " N"], classes: Iterable[object]) -> Labels:
    """Return single-label labels of rows given by the place of their class.

    >>> single_labels(np.array([1, 0]), ["a", "b"]).matrix.tolist()
    [[False, True], [True, False]]
    """
    names = class_names(classes)
    return Labels(np.eye(len(names), dtype=bool)[places], names, "single-label")


def multi_labels(
    indicator: Shaped[np.ndarray, "N C"],
    classes: Iterable[object] | None = None,
    known: Bool[np.ndarray, "N C"] | None = None,
) -> Labels:
    """Return multi-label labels of an indicator matrix.

    Raises:
        InputError: values other than 0 and 1.

    >>> multi_labels(np.array([[1, 0], [1, 1]])).counts.tolist()
    [2, 1]
    """
    if indicator.ndim != 2 or not np.isin(indicator, (0, 1)).all():
        raise InputError("multi-label y: expected a matrix of 0 and 1, a row for each sample and a column for a class")
    names = range(indicator.shape[1]) if classes is None else classes
    return Labels(indicator.astype(bool), class_names(names), "multi-label", known)


def class_names(classes: Iterable[object]) -> tuple[str, ...]:
    """Return the names of classes as text.

    Raises:
        InputError: two classes have one name.
    """
    names = tuple(str(name) for name in classes)
    if len(set(names)) != len(names):
        raise InputError(f"classes: two of {list(names)} have the same name as text")
    return names
