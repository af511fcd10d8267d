"""The runtimes of a frozen network: torch, OpenVINO or ONNX Runtime, each with its precisions.

Each is a module with the functions `versions()`, `precisions(device)` and `start(network, size, precision, device)`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

RunNetwork = Callable[[UInt8[np.ndarray, "B H W c"]], Float[np.ndarray, "B D"]]
RUNTIMES = ("openvino", "onnxruntime", "torch")  # of two equally fast ones, the earlier is chosen
PRECISIONS = ("float32", "bfloat16", "float16", "int8")


@dataclass(frozen=True)
class RuntimeChoice:
    """A runtime and its precision."""

    runtime: str  # of RUNTIMES
    precision: str  # of PRECISIONS

    def __str__(self) -> str:
        return f"{self.runtime} {self.precision}"
