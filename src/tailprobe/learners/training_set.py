"""TrainingSet: all that a method may see."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tailprobe.labels import Labels


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The training part of one seed's split; never a validation or a test row.

    >>> rng = np.random.default_rng(0)
    >>> train = TrainingSet(Labels.from_tags([["a"], ["a", "b"]]), np.array([False, True]), rng)
    >>> len(train), train.labels.counts.tolist()
    (2, [2, 1])
    """

    labels: Labels  # (T, C)
    low_frequency: Bool[np.ndarray, " C"]  # the rare classes, by the study's rule
    rng: np.random.Generator  # of this method and seed
    vectors: Float[np.ndarray, "T D"] | None = None  # embeddings, for methods that declare needs={"embeddings"}

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def embeddings(self) -> Float[np.ndarray, "T D"]:
        """The embeddings of the training rows.

        Raises:
            ValueError: the method did not declare that it needs them. A fault of the method, not of the user.
        """
        if self.vectors is None:
            raise ValueError('this method reads embeddings and does not declare needs={"embeddings"}')
        return self.vectors
