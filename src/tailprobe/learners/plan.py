"""TrainingPlan: the learner for gradient descent: which rows are drawn, with which loss, in which stages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.labels import Labels
from tailprobe.learners.adjustment import Adjustment, check_adjustment
from tailprobe.learners.loss import Link, Loss
from tailprobe.learners.optimiser import Optimiser
from tailprobe.learners.recipe import Recipe
from tailprobe.learners.training_set import TrainingSet
from tailprobe.short_repr import short_repr

RowWeights = Float[np.ndarray, " R"] | Float[np.ndarray, "R C"]


@short_repr
@dataclass(frozen=True, eq=False)
class Stage:
    """Consecutive epochs with the same rows and loss. R rows: the T training rows, then the S synthetic ones.

    The loss term of row i and class c is multiplied by `row_weights[i]`, or by `row_weights[i, c]` if they are
    (R, C); a weight of 0 leaves a term out.

    >>> stage = Stage(np.array([0, 1, 1]), row_weights=np.array([1.0, 0.5]))
    >>> stage.rows_per_epoch, stage.share, stage.loss.link
    (3, 1.0, 'sigmoid')

    Raises:
        TypeError: rows that are not integers, such as a mask.
        ValueError: no row or a negative one; weights that are negative or not finite; `draws` below 1; a share outside
            (0, 1]; `batch_mean_weight` with (R, C) weights.
    """

    rows: Int[np.ndarray, " M"]  # positions among the R rows, repeats kept; reshuffled in each epoch
    loss: Loss = field(default_factory=Loss)
    row_weights: RowWeights | None = None  # by row, not by draw
    batch_mean_weight: bool = False  # each row of a batch has the mean weight of its rows, as with a scalar loss
    draws: int | None = None  # rows that an epoch draws; None: all of `rows` once
    share: float = 1.0  # of the recipe's epochs
    trains: Literal["all", "output"] = "all"  # the whole head, or only its output layer
    restart_output: bool = False  # initialise the output layer and Adam again when the stage begins

    def __post_init__(self) -> None:
        if not np.issubdtype(self.rows.dtype, np.integer):
            # As an index, True would be row 1.
            raise TypeError(f"rows are positions, not {self.rows.dtype}; of a mask take np.flatnonzero(mask)")
        weights = self.row_weights
        if weights is not None and not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("row weights must be finite and not negative")
        if not len(self.rows) or self.rows.min() < 0:
            raise ValueError("a stage draws at least one row, and none below 0")
        if self.rows_per_epoch < 1:
            raise ValueError("an epoch draws at least one row")
        if not 0 < self.share <= 1:
            raise ValueError(f"a stage's share of the epochs is above 0 and at most 1, not {self.share}")
        if self.batch_mean_weight and weights is not None and weights.ndim != 1:
            raise ValueError("batch_mean_weight needs one weight per row, (R,)")

    @property
    def rows_per_epoch(self) -> int:
        """Rows that one epoch draws."""
        return len(self.rows) if self.draws is None else self.draws

    def term_weights(self, labels: Bool[np.ndarray, "B C"], rows: Int[np.ndarray, " B"]) -> Float[np.ndarray, "B C"]:
        """Return (B, C) float32 weights of the loss terms of a batch: of the rows `rows`, whose labels are `labels`."""
        weights = np.ones(labels.shape, dtype=np.float32)
        if self.loss.weight is not None:
            weights *= np.where(labels, self.loss.weight[1], self.loss.weight[0])
        if self.row_weights is None:
            return weights
        factors = self.row_weights[rows].astype(np.float32)
        if factors.ndim == 2:
            return weights * factors
        return weights * (factors.mean() if self.batch_mean_weight else factors[:, None])

    def masked(self, known: Bool[np.ndarray, "R C"]) -> "Stage":
        """Return the stage whose loss leaves out the terms of unknown labels, by a weight of 0.

        Raises:
            ValueError: the stage has `batch_mean_weight`; see `TrainingPlan.mask_problem`.
        """
        weights = np.ones(len(known)) if self.row_weights is None else self.row_weights
        return replace(self, row_weights=known * (weights[:, None] if weights.ndim == 1 else weights))

    def digest(self) -> str:
        """Return a hex digest of all settings of the stage."""
        settings = (self.batch_mean_weight, self.rows_per_epoch, self.share, self.trains, self.restart_output)
        digest = sha256(repr(settings).encode())
        digest.update(self.loss.digest().encode())
        digest.update(np.ascontiguousarray(self.rows, dtype=np.int64).tobytes())
        if self.row_weights is not None and (self.row_weights != 1).any():
            digest.update(np.ascontiguousarray(self.row_weights, dtype=np.float64).tobytes())
        return digest.hexdigest()


@short_repr
@dataclass(frozen=True, eq=False)
class Synthetic:
    """S synthetic rows: embeddings made by a method, before standardisation, with their labels.

    >>> made = Synthetic(np.zeros((1, 4), np.float32), np.array([[True, False]]))
    >>> made.vectors.shape, made.labels.shape
    ((1, 4), (1, 2))

    Raises:
        ValueError: vectors and labels of different lengths, or values that are not finite.
    """

    vectors: Float[np.ndarray, "S D"]  # float32
    labels: Bool[np.ndarray, "S C"]

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.labels) or not np.isfinite(self.vectors).all():
            raise ValueError("synthetic rows need one row of labels for each vector, and finite values")

    def digest(self) -> str:
        """Return a hex digest of both."""
        return sha256(
            self.vectors.tobytes() + np.packbits(self.labels).tobytes() + repr(self.labels.shape).encode()
        ).hexdigest()


@short_repr
@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """What a method trains by gradient descent; `TrainingPlan.of(train)` is the baseline.

    >>> train = TrainingSet(Labels.from_tags([["a"], ["b"]]), np.array([False, True]), np.random.default_rng(0))
    >>> rare_twice = TrainingPlan((Stage(np.array([0, 1, 1])),))
    >>> rare_twice.rows_per_epoch, TrainingPlan.of(train).rows_per_epoch, rare_twice.link
    (3, 2, 'sigmoid')

    Raises:
        TypeError: an adjustment that lacks a method of `Adjustment`.
        ValueError: no stage, shares that do not add up to 1, or stages of different links.
    """

    stages: tuple[Stage, ...]
    synthetic: Synthetic | None = None
    adjustment: Adjustment | None = None  # applied after training; not in the digest, so that training is shared
    recipe_changes: Mapping[str, float | int | str] = field(default_factory=dict)  # of the study's recipe, by field
    optimiser: Optimiser = Optimiser()  # noqa: RUF009 - frozen
    target_count: int | None = None  # images per class that a resampling aims at, for the report

    def __post_init__(self) -> None:
        if not self.stages or abs(sum(stage.share for stage in self.stages) - 1) > 1e-9:
            raise ValueError("a plan has at least one stage, and their shares add up to 1")
        if len({stage.loss.link for stage in self.stages}) > 1:
            raise ValueError("the stages of a plan have losses of one link")
        check_adjustment(self.adjustment)

    @classmethod
    def of(
        cls,
        train: TrainingSet,
        loss: Loss | None = None,
        *,
        adjustment: Adjustment | None = None,
        recipe_changes: Mapping[str, float | int | str] = MappingProxyType({}),
        optimiser: Optimiser = Optimiser(),  # noqa: B008 - frozen
    ) -> "TrainingPlan":
        """Return the plan of every training row once an epoch, in one stage."""
        stage = Stage(np.arange(len(train)), loss or Loss())
        return cls((stage,), adjustment=adjustment, recipe_changes=recipe_changes, optimiser=optimiser)

    @property
    def link(self) -> Link:
        """The link of the loss, and so of the head."""
        return self.stages[-1].loss.link

    @property
    def rows_per_epoch(self) -> int:
        """Rows that an epoch of the longest stage draws."""
        return max(stage.rows_per_epoch for stage in self.stages)

    def with_draws(self, draws: int) -> "TrainingPlan":
        """Return the plan with `draws` rows per epoch in every stage."""
        return replace(self, stages=tuple(replace(stage, draws=draws) for stage in self.stages))

    def masked(self, known: Bool[np.ndarray, "T C"]) -> "TrainingPlan":
        """Return the plan whose losses leave out the unknown labels of the training rows; synthetic rows are known."""
        made = 0 if self.synthetic is None else len(self.synthetic.labels)
        of_rows = np.concatenate([known, np.ones((made, known.shape[1]), dtype=bool)])
        return replace(self, stages=tuple(stage.masked(of_rows) for stage in self.stages))

    @property
    def mask_problem(self) -> str | None:
        """Why the plan cannot leave out single terms of the loss; None if it can."""
        averaged = any(stage.batch_mean_weight for stage in self.stages)
        return "it weights whole batches, not single terms of the loss" if averaged else None

    def recipe(self, recipe: Recipe) -> Recipe:
        """Return `recipe` with the plan's changes.

        Raises:
            InputError: a value out of range.
        """
        return replace(recipe, **self.recipe_changes) if self.recipe_changes else recipe  # type: ignore[arg-type]

    def digest(self) -> str:
        """Return a hex digest of everything that determines the training, except the study's recipe."""
        parts = [stage.digest() for stage in self.stages]
        parts += [] if self.synthetic is None else [self.synthetic.digest()]
        parts += [repr(sorted(self.recipe_changes.items()))]
        parts += [] if self.optimiser == Optimiser() else [repr(self.optimiser)]
        return sha256("\0".join(parts).encode()).hexdigest()


@short_repr
@dataclass(frozen=True, eq=False)
class PlanSummary:
    """What a plan does to the training data."""

    rows: int  # drawn per epoch
    distinct_images: int
    synthetic_rows: int
    counts: Int[np.ndarray, " C"]  # how many of the stage's rows carry each class
    target_count: int | None


def summarise_plan(plan: TrainingPlan, labels: Labels) -> PlanSummary:
    """Count what a plan's longest stage draws from the training rows with `labels`, synthetic rows included.

    >>> labels = Labels.from_tags([["a"], ["a", "b"]])
    >>> summary = summarise_plan(TrainingPlan((Stage(np.array([0, 1, 1])),)), labels)
    >>> summary.rows, summary.distinct_images, summary.counts.tolist()
    (3, 2, [3, 2])
    """
    stage = max(plan.stages, key=lambda stage: stage.rows_per_epoch)
    synthetic = np.zeros((0, len(labels.classes)), bool) if plan.synthetic is None else plan.synthetic.labels
    matrix = np.concatenate([labels.matrix, synthetic])
    repeats = np.bincount(stage.rows, minlength=len(matrix))
    return PlanSummary(
        rows=stage.rows_per_epoch,
        distinct_images=int((repeats[: len(labels)] > 0).sum()),
        synthetic_rows=len(synthetic),
        counts=(repeats @ matrix).astype(np.int64),
        target_count=plan.target_count,
    )
