"""ClassText: the names of classes embedded by the text tower of an image encoder."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.errors import InputError
from tailprobe.short_repr import short_repr


@short_repr
@dataclass(frozen=True, eq=False)
class ClassText:
    """Embeddings of class names, in the space of the images' embeddings.

    >>> text = ClassText(("a", "b"), np.eye(2, dtype=np.float32))
    >>> text.of(("b", "a")).tolist()
    [[0.0, 1.0], [1.0, 0.0]]

    Raises:
        ValueError: names and vectors of different numbers.
    """

    names: tuple[str, ...]
    vectors: Float[np.ndarray, "K D"]  # float32, row i of class `names[i]`

    def __post_init__(self) -> None:
        if len(self.names) != len(self.vectors):
            raise ValueError(f"{len(self.names)} names of classes and {len(self.vectors)} vectors")

    def of(self, classes: Sequence[str]) -> Float[np.ndarray, "C D"]:
        """Return (C, D) float32 embeddings of these classes, in their order.

        Raises:
            InputError: a class has none.
        """
        place = {name: i for i, name in enumerate(self.names)}
        missing = [name for name in classes if name not in place]
        if missing:
            raise InputError(
                f"class {missing[0]!r} has no text embedding, and {len(missing) - 1} others neither; give one for each "
                "class, or leave the text embeddings out"
            )
        return np.asarray(self.vectors[[place[name] for name in classes]], dtype=np.float32)

    def digest(self) -> str:
        """Return a hex digest of names and vectors."""
        known = hashlib.sha256(json.dumps(self.names).encode())
        known.update(np.ascontiguousarray(self.vectors, dtype=np.float32).tobytes())
        return known.hexdigest()
