"""Where and by what a study is computed."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from tailprobe.encoders.choice import check_choice


def default_cache() -> Path:
    """Return where embeddings are kept: `TAILPROBE_CACHE`, else `~/.cache/tailprobe`."""
    return Path(os.environ.get("TAILPROBE_CACHE", "~/.cache/tailprobe")).expanduser()


@dataclass(frozen=True)
class Computing:
    """Where and by what a study is computed: how long it takes, and of its numbers the last digits at most.

    With int8 embeddings more than the last digits: see `TimmEncoder.with_runtime`; stored as float16, their fourth.

    Raises:
        InputError: `dtype` is neither float32 nor float16.
    """

    cache: Path = field(default_factory=default_cache)  # where embeddings are kept
    workers: int | None = None  # heads trained at once, see `tailprobe.training.engine.train`
    kernel: str = "auto"  # what trains them, see `choose_kernel`
    engine: str = "local"  # where heads are trained and images embedded, see `choose_engine`
    runtime: str = "auto"  # what runs an encoder, see `TimmEncoder.with_runtime`
    precision: str = "auto"  # in which numbers
    dtype: str = "float32"  # of stored embeddings: float32, or float16 in half the disk space

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, ("float32", "float16"), where="embeddings")
