"""Post-training quantisation to int8 with ONNX Runtime, calibrated on images."""

import importlib
import logging
import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from tailprobe.encoders.runtime.chunked import CHUNK
from tailprobe.encoders.runtime.cpu_features import adds_products_in_16_bits
from tailprobe.encoders.runtime.network import Network
from tailprobe.encoders.runtime.onnx_runtime import exported


def quantisation() -> str:
    """Return what is quantised to how many bits on this processor."""
    return f"weights {7 if adds_products_in_16_bits() else 8} bits, activations 8 bits"


def quantise(network: Network, sample: UInt8[np.ndarray, "S H W 3"]) -> bytes:
    """Return the network as ONNX with 8-bit matrix products: weights quantised per channel, activations per tensor.

    Where processors add pairs of products in 16 bits, which 8-bit weights would saturate, weights have 7 bits.

    Args:
        network: the model with its normalisation, which stays in float32.
        sample: calibration images prepared by the encoder, at least `CHUNK`; an incomplete last chunk is dropped.

    Source:
        Jacob et al., Quantization and training of neural networks for efficient integer-arithmetic-only inference, CVPR
        2018, as post-training quantisation in ONNX Runtime.
    """
    tools = importlib.import_module("onnxruntime.quantization")
    shapes = importlib.import_module("onnxruntime.quantization.shape_inference")
    root_logger = logging.getLogger()
    level = root_logger.level
    root_logger.setLevel(logging.ERROR)  # the quantiser logs to the root logger
    try:
        with tempfile.TemporaryDirectory() as folder:
            plain, folded, small = (Path(folder) / f"{name}.onnx" for name in ("plain", "folded", "small"))
            plain.write_bytes(exported(network, (sample.shape[1], sample.shape[2])))
            shapes.quant_pre_process(str(plain), str(folded), skip_symbolic_shape=True)
            tools.quantize_static(
                str(folded),
                str(small),
                _Chunks(sample),
                quant_format=tools.QuantFormat.QDQ,
                per_channel=True,
                activation_type=tools.QuantType.QUInt8,
                weight_type=tools.QuantType.QInt8,
                reduce_range=adds_products_in_16_bits(),
            )
            return small.read_bytes()
    finally:
        root_logger.setLevel(level)


class _Chunks:
    """Yields the sample in chunks; implements ONNX Runtime's `CalibrationDataReader`."""

    def __init__(self, sample: UInt8[np.ndarray, "S H W 3"]) -> None:
        starts = range(0, len(sample) - CHUNK + 1, CHUNK)
        self._chunks = iter([sample[start : start + CHUNK] for start in starts])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next chunk under the name of the network's input, None after the last."""
        chunk = next(self._chunks, None)
        return None if chunk is None else {"pixels": chunk}
