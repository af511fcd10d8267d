"""`descriptors`: the encoder that needs no download."""

from pathlib import Path

from tailprobe.encoders.encoder import Encoder
from tailprobe.encoders.registry import ENCODERS
from tailprobe.errors import InputError


@ENCODERS.register("descriptors")
def descriptors(name: str, weights: Path | None) -> Encoder:
    """Colour, gradient and texture statistics with random convolutional features; it has no weights.

    Raises:
        InputError: weights are given.
    """
    from tailprobe.encoders.descriptors import Descriptors  # torch is slow to import

    if weights is not None:
        raise InputError(f"encoder {name!r} has no weights to load, but {weights} was given; leave --weights out")
    return Descriptors()
