"""Adjustment: what is corrected after training, and the held-out rows it may be fitted on."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The validation rows of a head's split."""

    vectors: Float[np.ndarray, "V D"]
    labels: Bool[np.ndarray, "V C"]
    known: Bool[np.ndarray, "V C"] | None = None  # which labels are known; None: all


@runtime_checkable
class Adjustment(Protocol):
    """Turns a trained head into the corrected one, so that nothing after it needs to know of the correction."""

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the corrected head.

        Raises:
            InputError: a kind of head that cannot be corrected so.
        """

    def preserves_ranking(self, link: Link) -> bool:
        """Say whether the order of images within every class is the same after the correction, whatever the data."""

    def digest(self) -> str:
        """Return a hex digest of all that decides the correction; empty for one that changes nothing."""


@dataclass(frozen=True, eq=False)
class PriorShift:
    """Take `tau` times the class prior out of the logits: log odds by the sigmoid link, log shares by softmax."""

    log_odds: Float[np.ndarray, " C"]
    log_prior: Float[np.ndarray, " C"]
    tau: float

    def __call__(self, head: Head, validation: HeldOut) -> Head:
        """Return the head with the shift in its output."""
        prior = self.log_odds if head.link == "sigmoid" else self.log_prior
        return head.affine(np.ones(len(prior)), -self.tau * prior)

    def preserves_ranking(self, link: Link) -> bool:
        """By the sigmoid link each class has its own monotone map; by the softmax link classes share a denominator."""
        return link == "sigmoid" or self.tau == 0

    def digest(self) -> str:
        """Return a hex digest of the shift; empty where there is none."""
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
    """Refuse what is no correction; None is none.

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
        TypeError: the correction gives something else. A fault of the method, not of the user.
    """
    corrected: object = adjustment(head, validation)
    if not isinstance(corrected, Head):
        raise TypeError(
            f"the adjustment {type(adjustment).__name__} returned {type(corrected).__name__}; expected a Head, e.g. "
            "head.affine(scale, shift)"
        )
    return corrected
