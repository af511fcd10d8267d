"""Find an encoder by its name."""

from pathlib import Path

from tailprobe.encoders.descriptors import Descriptors
from tailprobe.encoders.encoder import Encoder


def load_encoder(name: str, *, weights: Path | None = None) -> Encoder:
    """Temporary."""
    return Descriptors()
