r"""Loss: one family that contains most published losses, given by a link and five small tables.

For a term of label y (0 or 1) and class c with logit z:

    u = scale[y, c] z + shift[y, c]
    p = the probability that the head gives to the true label, by the link:
        sigmoid: sigmoid(u) where y = 1, 1 - sigmoid(u) where y = 0; then p = min(p + clip[y, c], 1)
        softmax: exp(u_c) / sum over classes k of exp(u_k), for the row's one class only
    term = weight[y, c] (1 - p)^gamma[y, c] (-log p)

A loss with `smoothing` s has no gamma and no clip. A share s of each label is spread over the possible outcomes, two of
a class under the sigmoid link and C under softmax:

    sigmoid: target t = (1 - s[y, c]) y + s[y, c] / 2;
             term = weight[y, c] (-t log sigmoid(u) - (1 - t) log(1 - sigmoid(u)))
    softmax: targets t_k = (1 - s[1, c]) [k = c] + s[1, c] / C of a row of class c;
             term = weight[1, c] (-sum over k of t_k log softmax(u)_k)

The mean is over rows and classes with the sigmoid link, over rows with the softmax link. Binary cross-entropy and
softmax cross-entropy are the links without tables; focal loss is gamma; asymmetric loss gamma and clip; class-balanced
losses weight; LDAM, balanced softmax and logit-adjusted losses shift; vector scaling scale and shift; label smoothing
smoothing.
`training/loss.py` computes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Literal

import numpy as np
from jaxtyping import Float

from tailprobe.keywords import known_settings
from tailprobe.short_repr import short_repr

Link = Literal["sigmoid", "softmax"]
Table = Float[np.ndarray, "2 C"]  # row 0: terms of label 0; row 1: terms of label 1


@known_settings
@short_repr
@dataclass(frozen=True, eq=False)
class Loss:
    """A loss; tables of None are neutral: weight and scale 1, all others 0. The module has the formula.

    Each table is (2, C): row 0 for the terms of label 0, row 1 for those of label 1. `by_label` and `for_both_labels`
    create them.

    >>> focal = Loss(gamma=for_both_labels(2.0, classes=3))
    >>> focal.link, focal.is_plain, Loss("softmax").is_plain
    ('sigmoid', False, True)

    Raises:
        ValueError: a table that is not (2, C) or not finite; a negative weight, gamma, clip or smoothing; a clip or
            smoothing of 1 or more; a clip under the softmax link, where it has no meaning; smoothing with gamma or
            clip.
    """

    link: Link = "sigmoid"
    weight: Table | None = None
    scale: Table | None = None
    shift: Table | None = None
    gamma: Table | None = None
    clip: Table | None = None  # the probability margin of asymmetric loss
    smoothing: Table | None = None  # of the labels

    def __post_init__(self) -> None:
        for name, table in self.tables():
            if table.ndim != 2 or table.shape[0] != 2:
                raise ValueError(f"loss table {name} has the shape {table.shape}; expected (2, C)")
            if not np.isfinite(table).all():
                raise ValueError(f"loss table {name} is not finite")
            if name in ("weight", "gamma", "clip", "smoothing") and (table < 0).any():
                raise ValueError(f"loss table {name} is negative")
        if self.clip is not None and ((self.clip >= 1).any() or self.link == "softmax"):
            raise ValueError("a probability margin (clip) is below 1, and only the sigmoid link has one")
        if self.smoothing is not None and (self.smoothing >= 1).any():
            raise ValueError("label smoothing is below 1")
        if self.smoothing is not None and not (self.gamma is None and self.clip is None):
            raise ValueError("a loss with label smoothing has neither gamma nor clip")

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Yield name and (2, C) values of the tables that are not None."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                yield field.name, value

    @property
    def is_plain(self) -> bool:
        """Whether the loss is the link's own, unweighted: binary or softmax cross-entropy."""
        return not any(True for _ in self.tables())

    def digest(self) -> str:
        """Return a hex digest of link and tables; neutral tables count as none."""
        digest = sha256(self.link.encode())
        for name, table in self.tables():
            if (table != (1 if name in ("weight", "scale") else 0)).any():
                digest.update(name.encode() + np.ascontiguousarray(table, dtype=np.float64).tobytes())
        return digest.hexdigest()


def by_label(
    negative: Float[np.ndarray, " C"] | float, positive: Float[np.ndarray, " C"] | float, classes: int
) -> Table:
    """Return the (2, C) float64 table of values for labels 0 and 1.

    >>> by_label(0.0, np.array([1.0, 2.0]), 2).tolist()
    [[0.0, 0.0], [1.0, 2.0]]
    """
    return np.stack([np.broadcast_to(np.asarray(v, np.float64), (classes,)) for v in (negative, positive)])


def for_both_labels(values: Float[np.ndarray, " C"] | float, classes: int) -> Table:
    """Return the (2, C) float64 table whose two rows are `values`."""
    return by_label(values, values, classes)
