"""Learner: what a method returns, a training plan for gradient descent, an ensemble of plans, or a direct fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from tailprobe.labels import Labels
from tailprobe.learners.adjustment import Adjustment, HeldOut
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.memo import Memo
from tailprobe.learners.plan import TrainingPlan
from tailprobe.short_repr import short_repr


@short_repr
@dataclass(frozen=True, eq=False)
class HeadData:
    """The data of one head: the training part to fit, the validation part for model selection. No test row.

    >>> data = HeadData(
    ...     np.zeros((3, 2), np.float16), Labels.from_tags([["a"], [], ["a"]]), np.array([0, 2]), np.array([1])
    ... )
    >>> data.training_vectors().shape, data.training_labels().counts.tolist(), data.held_out().labels.tolist()
    ((2, 2), [2], [[False]])
    """

    vectors: Float[np.ndarray, "N D"]  # of the whole collection, float32 or float16, may be memory-mapped
    labels: Labels  # (N, C)
    train: Int[np.ndarray, " T"]  # rows of `vectors`
    validation: Int[np.ndarray, " V"]  # rows of `vectors`
    standardise: bool = False  # whether the study standardises embeddings by mean and deviation of the training rows
    memo: Memo = field(default_factory=Memo, init=False)  # what heads of the same data share; a copy has one of its own

    def sharing(self, memo: Memo) -> "HeadData":
        """Return these data with the memo of the heads that have the same data."""
        shared = replace(self)
        object.__setattr__(shared, "memo", memo)
        return shared

    def training_vectors(self) -> Float[np.ndarray, "T D"]:
        """Return (T, D) float32 embeddings of the training rows."""
        return np.asarray(self.vectors[self.train], dtype=np.float32)

    def training_labels(self) -> Labels:
        """Return the labels of the training rows."""
        return self.labels.rows(self.train)

    def held_out(self) -> HeldOut:
        """Return embeddings and labels of the validation rows."""
        rows = self.validation
        return HeldOut(self.vectors[rows], self.labels.matrix[rows], self.labels.known_of(rows))


@runtime_checkable
class HeadFit(Protocol):
    """A learner that does not use gradient descent: a closed form, nearest neighbours, another library's solver.

    Any object with these members is one. If it can leave out unknown labels (`Labels.known`), it has an attribute
    `leaves_out_unknown = True`; otherwise it is refused if there are any.
    """

    @property
    def link(self) -> Link:
        """The link of the heads that `fit` returns."""

    def digest(self) -> str:
        """Return a string that identifies the fit: all settings that determine it, but not the method's name."""

    def fit(self, data: HeadData, seed: int) -> Head:
        """Fit a head to the training rows.

        Args:
            data: embeddings, labels and the rows of both parts.
            seed: the only source of randomness.
        """


@runtime_checkable
class JoinHeads(Protocol):
    """Makes one head of trained heads, given the validation part; `BestPerClass` is an example."""

    def __call__(self, heads: Sequence[Head], validation: HeldOut) -> Head:
        """Return the joined head; there may be no validation rows."""

    def digest(self) -> str:
        """Return a string that identifies the rule."""


@short_repr
@dataclass(frozen=True, eq=False)
class Ensemble:
    """Heads of one split that are averaged, by their probabilities or by their weights, or joined by a rule.

    Where probabilities are averaged each member has its own initialisation; where weights are, all have the same, since
    the mean of two heads that were initialised differently is no head. Member 0 is trained exactly as its plan alone
    would be, so both share one training; under a rule of their own all members are.
    """

    members: tuple[TrainingPlan, ...]
    mean_of: Literal["probabilities", "weights"] = "probabilities"
    join: JoinHeads | None = None  # instead of a mean

    @property
    def link(self) -> Link:
        """The members' link."""
        return self.members[0].link

    @property
    def adjustment(self) -> Adjustment | None:
        """The members' correction, which is applied to each."""
        return self.members[0].adjustment

    def digest(self) -> str:
        """Return a hex digest of the members' plans."""
        rule = self.mean_of if self.join is None else self.join.digest()
        return sha256("\0".join(["ensemble", rule, *(plan.digest() for plan in self.members)]).encode()).hexdigest()

    @property
    def shares_start(self) -> bool:
        """Whether all members have the initialisation of a head alone."""
        return self.join is not None or self.mean_of == "weights"


Learner = TrainingPlan | Ensemble | HeadFit


def mask_problem(learner: Learner) -> str | None:
    """Return why a learner cannot leave out unknown labels, None if it can."""
    if isinstance(learner, TrainingPlan):
        return learner.mask_problem
    if isinstance(learner, Ensemble):
        return next((problem for plan in learner.members if (problem := plan.mask_problem)), None)
    leaves_out = getattr(learner, "leaves_out_unknown", False)
    return None if leaves_out else "it fits its head directly, to the label of every class of every image"
