"""Several encoders fused: their embeddings side by side, `fused(resnet18, descriptors)`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.registry import ENCODERS
from tailprobe.errors import InputError


class FusedEncoder:
    """Encoders whose embeddings of an image are put side by side.

    Heads standardise each number by the training part, so that the scale of an encoder does not decide its weight.

    Args:
        parts: the encoders, two or more, of different names.
        name: the encoder's name.

    Raises:
        InputError: fewer than two, or one twice.
    """

    standardise = True

    def __init__(self, parts: Sequence[Encoder], *, name: str) -> None:
        named = [part.name for part in parts]
        if len(set(named)) < max(len(named), 2):
            raise InputError(f"encoder {name!r}: expected two or more different encoders, as fused(resnet18, clip)")
        self.parts = tuple(parts)
        self.name = name
        self.width = sum(part.width for part in parts)

    @property
    def identity(self) -> Mapping[str, str]:
        """What the embeddings depend on: the identity of each part, under its name."""
        return {f"{part.name}: {key}": value for part in self.parts for key, value in part.identity.items()}

    def prepare(self, image: UInt8[np.ndarray, "h w 3"]) -> tuple[Any, ...]:
        """Return what each part takes."""
        return tuple(part.prepare(image) for part in self.parts)

    def encode(self, batch: Sequence[tuple[Any, ...]]) -> Float[np.ndarray, "B D"]:
        """Return (B, D) float32, D the sum of the widths."""
        of_part = zip(*batch, strict=True)
        return np.concatenate([part.encode(list(b)) for part, b in zip(self.parts, of_part, strict=True)], axis=1)


@ENCODERS.register("fused")
def fused(name: str, weights: Path | None, of: str, beside: str, third: str = "", fourth: str = "") -> FusedEncoder:
    """Two to four encoders side by side, e.g. `fused(resnet18, descriptors)`.

    Args:
        name: the encoder's name.
        weights: must be None; weights belong to the parts.
        of: the first encoder.
        beside: the second.
        third: one more, or none.
        fourth: one more, or none.

    Raises:
        InputError: weights for the whole, an encoder named twice, or as `load_encoder`.
    """
    from tailprobe.encoders.load import load_encoder  # it imports every encoder

    if weights is not None:
        raise InputError(f"{name}: give --weights to its parts by their names, e.g. {of}={weights}")
    return FusedEncoder([load_encoder(part) for part in (of, beside, third, fourth) if part], name=name)
