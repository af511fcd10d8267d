"""TrainingSet: the data that a method is given."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.labels import Labels
from tailprobe.learners.memo import Memo
from tailprobe.short_repr import short_repr


@short_repr
@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The training part of one seed's split: T rows, C classes; never a validation or a test row.

    >>> rng = np.random.default_rng(0)
    >>> train = TrainingSet(Labels.from_tags([["a"], ["a", "b"]]), np.array([False, True]), rng)
    >>> len(train), train.labels.counts.tolist()
    (2, [2, 1])
    """

    labels: Labels  # (T, C)
    low_frequency: Bool[np.ndarray, " C"]  # the rare classes, by the study's rule
    rng: np.random.Generator  # for this method and seed; the only source of randomness
    vectors: Float[np.ndarray, "T D"] | None = None  # float32 or float16, for methods with needs={"embeddings"}
    text: Float[np.ndarray, "C D"] | None = None  # float32, of the class names, for methods with needs={"text"}
    part_widths: tuple[int, ...] = ()  # of a fused encoder the width of each part, for methods with needs={"parts"}
    seed: int = 0  # of the split's repeat, for draws that methods share; every other draw is from `rng`
    memo: Memo = field(default_factory=Memo, init=False)  # what methods of the same rows share; a copy has its own

    def __len__(self) -> int:
        return len(self.labels)

    def sharing(self, memo: Memo) -> "TrainingSet":
        """Return this training set with the memo of the methods that are given the same rows and seed."""
        shared = replace(self)
        object.__setattr__(shared, "memo", memo)
        return shared

    @property
    def embeddings(self) -> Float[np.ndarray, "T D"]:
        """(T, D) float32 or float16, the embeddings of the training rows.

        Raises:
            ValueError: the method did not declare that it needs them. An error in the method, not in what the user
                gave.
        """
        if self.vectors is None:
            raise ValueError('this method reads embeddings and does not declare needs={"embeddings"}')
        return self.vectors

    @property
    def class_text(self) -> Float[np.ndarray, "C D"]:
        """(C, D) float64, the embedded class names, of length 1.

        Raises:
            ValueError: the method did not declare that it needs them.
        """
        if self.text is None:
            raise ValueError('this method reads embeddings of class names and does not declare needs={"text"}')
        rows = np.asarray(self.text, np.float64)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(length > 0, length, 1)

    @property
    def columns(self) -> tuple[slice, ...]:
        """The columns of each part of a fused encoder's embeddings, in order.

        Raises:
            ValueError: the method did not declare that it needs them.
        """
        if not self.part_widths:
            raise ValueError('this method reads parts of embeddings and does not declare needs={"parts"}')
        ends = np.cumsum(self.part_widths).tolist()
        return tuple(slice(end - width, end) for end, width in zip(ends, self.part_widths, strict=True))
