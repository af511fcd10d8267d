"""What runs a frozen network: torch, OpenVINO or ONNX Runtime, each at a precision."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float, UInt8

Run = Callable[[UInt8[np.ndarray, "B H W 3"]], Float[np.ndarray, "B D"]]
RUNTIMES = ("openvino", "onnxruntime", "torch")  # where two are equally fast, the earlier is taken
PRECISIONS = ("float32", "bfloat16", "float16", "int8")


@dataclass(frozen=True)
class Choice:
    """A runtime and its precision."""

    runtime: str  # of RUNTIMES
    precision: str  # of PRECISIONS

    def __str__(self) -> str:
        return f"{self.runtime} {self.precision}"


class Runtime(Protocol):
    """One of the runtimes; what it opens is called by one thread and works on all cores, or on the GPU."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that its numbers depend on.

        Raises:
            ImportError: it is not installed.
        """

    def precisions(self, device: str) -> tuple[str, ...]:
        """Return the precisions that the device ("cpu" or "cuda") computes in faster than in emulation, best last."""
