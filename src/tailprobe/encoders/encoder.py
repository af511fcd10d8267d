"""The interface of an encoder."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8


@runtime_checkable
class Encoder(Protocol):
    """A frozen map from an image to a vector of D numbers.

    `prepare` is called by many threads at once, one image a call; `encode` by one thread.
    """

    @property
    def name(self) -> str:
        """The name by which it is requested, e.g. "resnet18"."""

    @property
    def width(self) -> int:
        """D, the length of an embedding."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Everything that the embeddings depend on: model, hash of the weights, preprocessing, library versions."""

    @property
    def standardise(self) -> bool:
        """True where heads should see features standardised by the training part, since they have no common scale."""

    def prepare(self, image: UInt8[np.ndarray, "h w 3"]) -> Any:  # noqa: ANN401 - the encoder's own input type
        """Turn one RGB image, uint8 of any size, into what `encode` takes."""

    def encode(self, batch: Sequence[Any]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32 embeddings of B prepared images; each row depends on its image alone."""
