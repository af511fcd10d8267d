"""ONNX Runtime: extra `tailprobe[onnx]`; torch exports to it through onnxscript."""

import contextlib
import importlib
import io
import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8

from tailprobe.encoders.runtime.chunked import CHUNK, chunked
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.runtime import RunNetwork


def versions() -> dict[str, str]:
    """Return the versions of ONNX Runtime and of torch, which exports the network.

    Raises:
        ImportError: ONNX Runtime, onnx or onnxscript is not installed.
    """
    # Untyped and optional; torch exports with the last two.
    runtime, *_ = (importlib.import_module(name) for name in ("onnxruntime", "onnx", "onnxscript"))
    return {"onnxruntime": str(runtime.__version__), "torch": torch.__version__}


def precisions(device: str) -> tuple[str, ...]:
    """Return float32, and int8 after calibration, on the CPU; other precisions are emulated there."""
    return ("float32", "int8") if device == "cpu" else ()


def start(network: Network, *, size: tuple[int, int], precision: str, device: str) -> RunNetwork:
    """Export the network and return a function that runs it, one chunk per core."""
    return start_onnx(exported(network, size))


def start_onnx(model: bytes) -> RunNetwork:
    """Return a function that runs an exported network, one chunk per core."""
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # one core per chunk; the session is shared between threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return chunked(lambda core: _runner(session))


def exported(network: Network, size: tuple[int, int]) -> bytes:
    """Return the network as ONNX for one chunk of images of a size; its input is called `pixels`."""
    pixels = torch.zeros(CHUNK, *size, 3, dtype=torch.uint8)
    # The exporter prints, and warns about deprecations in its own libraries; neither concerns the user.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.inference_mode():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(network.cpu(), (pixels,), dynamo=True, verbose=False)
    assert program is not None
    return program.model_proto.SerializeToString()


def _runner(session: Any) -> RunNetwork:  # noqa: ANN401 - onnxruntime.InferenceSession, if it is installed
    name = session.get_inputs()[0].name

    def run(pixels: UInt8[np.ndarray, "B H W 3"]) -> Float[np.ndarray, "B D"]:
        return np.asarray(session.run(None, {name: pixels})[0], dtype=np.float32)

    return run
