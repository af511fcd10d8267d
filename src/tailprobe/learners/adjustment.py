"""Adjustment: a correction of a trained head, and the validation rows that it may be fitted on."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.errors import InputError
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.own_code import own_code, where_defined
from tailprobe.short_repr import short_repr

_HEAD = "a Head, e.g. head.affine(scale, shift)"


@short_repr
@dataclass(frozen=True, eq=False)
class HeldOut:
    """The validation rows of a head's split: embeddings and labels.

    >>> rows = HeldOut(np.zeros((2, 3), np.float32), np.array([[True], [False]]))
    >>> rows.vectors.shape, rows.labels.shape, rows.known
    ((2, 3), (2, 1), None)
    """

    vectors: Float[np.ndarray, "V D"]  # float32 or float16, as they are stored
    labels: Bool[np.ndarray, "V C"]
    known: Bool[np.ndarray, "V C"] | None = None  # which labels are known; None: all


@runtime_checkable
class Adjustment(Protocol):
    """A correction after training: maps a trained head to a corrected head.

    It is folded into the head, so nothing after it needs to know of it. `head.affine(scale, shift)` makes most
    corrections; `PriorShift` is an example.
    """

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the corrected head.

        Args:
            head: the trained head, which is not changed.
            validation: rows that the correction may be fitted on; there may be none.

        Raises:
            InputError: the correction is not defined for this kind of head or its link.
        """

    def preserves_ranking(self, link: Link) -> bool:
        """Return whether the ranking of the images of every class stays the same, whatever the data."""

    def digest(self) -> str:
        """Return a hex digest of everything that determines the correction; empty for one that changes nothing."""


@short_repr
@dataclass(frozen=True, eq=False)
class PriorShift:
    """Subtract `tau` times the class prior from the logits: its log odds with the sigmoid link, its log with softmax.

    >>> shift = PriorShift(np.array([-2.0]), np.array([-2.1]), tau=1.0)
    >>> shift.preserves_ranking("sigmoid"), shift.preserves_ranking("softmax")
    (True, False)

    Source:
        Menon et al., ICLR 2021, equation 9.
    """

    log_odds: Float[np.ndarray, " C"]
    log_prior: Float[np.ndarray, " C"]
    tau: float

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with the shift in its output."""
        prior = self.log_odds if head.link == "sigmoid" else self.log_prior
        return head.affine(np.ones(len(prior)), -self.tau * prior)

    def preserves_ranking(self, link: Link) -> bool:
        """Return True with the sigmoid link, a monotone map a class; softmax classes share a denominator."""
        return link == "sigmoid" or self.tau == 0

    def digest(self) -> str:
        """Return a hex digest of the shift; empty if there is none."""
        return digest_of("prior shift", self.tau * self.log_odds, self.tau * self.log_prior) if self.tau else ""


def digest_of(name: str, *values: Float[np.ndarray, "..."]) -> str:
    """Return a hex digest that is equal for equal corrections."""
    digest = sha256(name.encode())
    for array in values:
        digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    return digest.hexdigest()


def adjustment_digest(adjustment: Adjustment | None) -> str:
    """Return the digest of a correction; empty for none, as for one that changes nothing."""
    return "" if adjustment is None else adjustment.digest()


def check_adjustment(adjustment: object) -> None:
    """Refuse an object that is not an adjustment; None, for no adjustment, is accepted.

    Raises:
        TypeError: a method of `Adjustment` is missing; the message names it.
    """
    wanted = ("__call__", "preserves_ranking", "digest")
    missing = [name for name in wanted if not hasattr(adjustment, name)]
    if adjustment is not None and missing:
        raise TypeError(
            f"the adjustment is {type(adjustment).__name__}, which has no {', '.join(missing)}; expected a callable "
            "object with preserves_ranking(link) and digest()"
        )


def adjust(adjustment: Adjustment, head: Head, validation: HeldOut) -> Head:
    """Return the corrected head.

    Raises:
        InputError: the adjustment returns something else than a head, or fails in code of the user's own.
    """
    name = f"the adjustment {type(adjustment).__name__}"
    with own_code(name, _HEAD, called=type(adjustment).__call__):
        corrected: object = adjustment(head, validation)
    if not isinstance(corrected, Head):
        written = where_defined(type(adjustment).__call__)
        raise InputError(f"{name}{written} returned {type(corrected).__name__}; expected {_HEAD}")
    return corrected
