"""OpenVINO: Intel's compiler of networks, the fastest on most processors; extra `tailprobe[openvino]`."""

import importlib
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8

from tailprobe.encoders.runtime import onnx_runtime
from tailprobe.encoders.runtime.chunked import CHUNK, chunked
from tailprobe.encoders.runtime.cpu_features import has_bfloat16
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import RunNetwork
from tailprobe.processor import cores

_HINTS = {"float32": "f32", "bfloat16": "bf16"}


def versions() -> dict[str, str]:
    """Return the versions of OpenVINO and of torch, which exports the network.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    openvino = importlib.import_module("openvino")  # untyped and optional
    return {"openvino": openvino.get_version().partition("-")[0], "torch": torch.__version__}


def precisions(device: str) -> tuple[str, ...]:
    """Return the precisions of the CPU; CUDA devices are not supported."""
    if device != "cpu":
        return ()
    return ("float32", *(["bfloat16"] if has_bfloat16() else []), *(["int8"] if _has_quantiser() else []))


def start(network: Network, *, size: tuple[int, int], precision: str, device: str) -> RunNetwork:
    """Compile the network and return a function that runs it, one chunk per core."""
    openvino = importlib.import_module("openvino")
    pixels = torch.zeros(CHUNK, *size, 3, dtype=torch.uint8)
    with torch.inference_mode():
        exported = torch.export.export(network.cpu(), (pixels,))
    model = openvino.convert_model(exported)
    model.reshape([CHUNK, *size, 3])
    return _compiled(model, hint=_HINTS[precision])


def start_onnx(model: bytes) -> RunNetwork:
    """Return a function that runs a network exported to ONNX and quantised, one chunk per core."""
    openvino = importlib.import_module("openvino")
    return _compiled(openvino.Core().read_model(model), hint=_HINTS["float32"])  # of the layers that are not quantised


def _compiled(model: Any, *, hint: str) -> RunNetwork:  # noqa: ANN401 - openvino.Model, if it is installed
    openvino = importlib.import_module("openvino")
    threads = {"NUM_STREAMS": str(cores()), "INFERENCE_NUM_THREADS": str(cores())}
    compiled = openvino.Core().compile_model(
        model, "CPU", {**threads, "INFERENCE_PRECISION_HINT": hint, "ENABLE_CPU_PINNING": "NO"}
    )
    return chunked(lambda core: _runner(compiled.create_infer_request()))


def _has_quantiser() -> bool:
    try:
        onnx_runtime.versions()
    except ImportError:
        return False
    return True


def _runner(request: Any) -> RunNetwork:  # noqa: ANN401 - openvino.InferRequest, if it is installed
    def run(pixels: UInt8[np.ndarray, "B H W 3"]) -> Float[np.ndarray, "B D"]:
        return np.array(request.infer([pixels])[0], dtype=np.float32)  # copied: the request reuses its memory

    return run
