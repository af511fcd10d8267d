"""TrainingSet: the data that a method is given."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.labels import Labels
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

    def __len__(self) -> int:
        return len(self.labels)

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
