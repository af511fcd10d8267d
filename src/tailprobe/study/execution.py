"""`Execution`: where and with what a study is computed."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tailprobe.setting import between, check_settings, setting


def default_cache() -> Path:
    """Return the folder of stored embeddings: `TAILPROBE_CACHE`, else `~/.cache/tailprobe`."""
    return Path(os.environ.get("TAILPROBE_CACHE", "~/.cache/tailprobe")).expanduser()


@dataclass(frozen=True)
class Execution:
    """Where and with what a study is computed. It changes the time, and at most the last digits of the results.

    Exceptions: precision int8 changes embeddings by more, see `TimmEncoder.with_runtime`, and dtype float16 from their
    fourth digit.

    Raises:
        InputError: a value has the wrong type or is unknown.
    """

    cache: Path = setting(
        factory=default_cache,
        help="Folder in which embeddings are kept, e.g. /data/cache. Default: $TAILPROBE_CACHE, else "
        "~/.cache/tailprobe.",
        group="Execution",
        metavar="DIR",
    )
    workers: int | None = setting(
        None,
        help="Heads trained at the same time, e.g. 4. Default: one per CPU core.",
        group="Execution",
        range=between(1, 10_000),
    )
    kernel: str = setting(
        "auto",
        help="What trains the heads: auto (the fastest that keeps full precision), bfloat16 (faster if the CPU supports"
        " it), cuda, cuda-bfloat16, avx512, avx2, baseline (any CPU) or torch; e.g. avx2.",
        group="Execution",
        metavar="NAME",
    )
    engine: Literal["local", "ray"] = setting(
        "local",
        help="Where the work runs: on this machine, or on a Ray cluster (pip install 'tailprobe[ray]').",
        group="Execution",
    )
    runtime: Literal["auto", "torch", "openvino", "onnxruntime"] = setting(
        "auto",
        help="What runs the encoders: auto (the fastest that is installed), torch, openvino or onnxruntime.",
        group="Execution",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = setting(
        "auto",
        help="Number format in which encoders compute: float32, bfloat16, float16, int8 or auto (the fastest whose "
        "embeddings have a cosine similarity of 0.9999 to float32's).",
        group="Execution",
    )
    dtype: Literal["float32", "float16"] = setting(
        "float32",
        help="Number format in which embeddings are stored; float16 takes half the disk space.",
        group="Execution",
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "cache", Path(self.cache).expanduser())
        check_settings(self)
