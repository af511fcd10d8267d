"""The rows that a trainer reads: a study's embeddings, and a plan's synthetic rows if it has any."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tailprobe.labels import Labels
from tailprobe.learners.plan import Synthetic
from tailprobe.training.standardisation import Standardisation
from tailprobe.training.task import HeadTask


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Embeddings and labels, and which of their rows are for training and for validation."""

    vectors: Float[np.ndarray, "N D"]  # float32 or float16, may be memory-mapped
    matrix: Bool[np.ndarray, "N C"]
    train: Int[np.ndarray, " R"]  # the training rows, then the synthetic ones; a plan's rows are positions in this
    validation: Int[np.ndarray, " V"]
    scale: Standardisation  # by the training rows only
    known: Bool[np.ndarray, "N C"] | None = None  # which labels are known; None: all

    def validation_labels(self) -> tuple[Bool[np.ndarray, "V C"], Bool[np.ndarray, "V C"] | None]:
        """Return the labels of the validation rows, and which of them are known; None for all."""
        return self.matrix[self.validation], None if self.known is None else self.known[self.validation]

    @classmethod
    def of(cls, vectors: Float[np.ndarray, "N D"], labels: Labels, task: HeadTask) -> "TrainingData":
        """Take the rows of a task; a plan with synthetic rows gets a new matrix of all its rows.

        Raises:
            IndexError: a row number outside the embeddings, or a plan's row outside the training part.
        """
        for rows in (task.train, task.validation):
            _check_rows(rows, len(vectors), "embeddings")
        scale = Standardisation.of(vectors, task.train, wanted=task.standardise)
        synthetic = task.plan.synthetic
        data = (
            cls(vectors, labels.matrix, task.train, task.validation, scale, labels.known)
            if synthetic is None
            else _with_synthetic(vectors, labels, task, synthetic, scale)
        )
        for stage in task.plan.stages:
            _check_rows(stage.rows, len(data.train), "training rows")
        return data


def _with_synthetic(
    vectors: Float[np.ndarray, "N D"],
    labels: Labels,
    task: HeadTask,
    synthetic: Synthetic,
    scale: Standardisation,
) -> TrainingData:
    parts = [
        np.asarray(vectors[task.train]),
        synthetic.vectors.astype(np.float32),
        np.asarray(vectors[task.validation]),
    ]
    known = None if labels.known is None else _joined(labels.known, task, np.ones_like(synthetic.labels))
    ends = np.cumsum([len(part) for part in parts])
    rows = np.arange(ends[2])
    matrix = _joined(labels.matrix, task, synthetic.labels)
    return TrainingData(np.concatenate(parts), matrix, rows[: ends[1]], rows[ends[1] :], scale, known)


def _joined(
    of_images: Bool[np.ndarray, "N C"], task: HeadTask, synthetic: Bool[np.ndarray, "S C"]
) -> Bool[np.ndarray, "M C"]:
    return np.concatenate([of_images[task.train], synthetic, of_images[task.validation]])


def _check_rows(rows: Int[np.ndarray, " R"], count: int, of: str) -> None:
    # The compiled kernel does not check row numbers.
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        raise IndexError(f"rows {rows.min()} to {rows.max()} of {count} {of}")
