"""The interface of an encoder."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8


@runtime_checkable
class Encoder(Protocol):
    """A frozen map from an image to a vector of D numbers.

    `prepare` is called from several threads at once, with one image per call; `encode` from one thread, unless the
    attribute `concurrent_batches` allows more.
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
        """Whether heads should be trained on features standardised by the training part (no common scale otherwise)."""

    def prepare(self, image: UInt8[np.ndarray, "h w 3"]) -> Any:  # noqa: ANN401 - the encoder's own input type
        """Turn one RGB image, uint8 of any size, into what `encode` takes."""

    def encode(self, batch: Sequence[Any]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32 embeddings of B prepared images; each row depends only on its image."""
