"""Learner: what a method returns, a plan of gradient descent, an ensemble of plans, or a fit of its own kind."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from tailprobe.labels import Labels
from tailprobe.learners.adjustment import Adjustment, HeldOut
from tailprobe.learners.head import Head
from tailprobe.learners.loss import Link
from tailprobe.learners.plan import TrainingPlan


@dataclass(frozen=True, eq=False)
class HeadData:
    """The rows of one head: a training part to fit, a validation part to choose by."""

    vectors: Float[np.ndarray, "N D"]  # of the whole collection, float32 or float16, may be memory-mapped
    labels: Labels  # (N, C)
    train: Int[np.ndarray, " T"]
    validation: Int[np.ndarray, " V"]
    standardise: bool = False  # whether the study standardises embeddings by the training rows

    def training_vectors(self) -> Float[np.ndarray, "T D"]:
        """Return the embeddings of the training rows, float32."""
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
    """A learner that is no gradient descent: a closed form, a table of neighbours, another library's solver.

    One that leaves out labels that are not known (`Labels.known`) says so by an attribute `leaves_out_unknown = True`;
    any other is refused where there are such labels.
    """

    @property
    def link(self) -> Link:
        """The link of the heads it gives."""

    def digest(self) -> str:
        """Return a hex digest of all that decides the fit, never of the method's name."""

    def fit(self, data: HeadData, seed: int) -> Head:
        """Fit a head to the training rows; whatever is random comes from `seed`."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Heads of one split whose probabilities are averaged; member i is trained from an initialisation of its own.

    Member 0 is the head that the plan gives alone, so that their trainings are shared.
    """

    members: tuple[TrainingPlan, ...]

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
        return sha256("\0".join(["ensemble", *(plan.digest() for plan in self.members)]).encode()).hexdigest()


Learner = TrainingPlan | Ensemble | HeadFit


def mask_problem(learner: Learner) -> str | None:
    """Say why a learner cannot leave out labels that are not known, or return None where it can."""
    if isinstance(learner, TrainingPlan):
        return learner.mask_problem
    if isinstance(learner, Ensemble):
        return next((problem for plan in learner.members if (problem := plan.mask_problem)), None)
    leaves_out = getattr(learner, "leaves_out_unknown", False)
    return None if leaves_out else "it fits its head directly, to the label of every class of every image"
