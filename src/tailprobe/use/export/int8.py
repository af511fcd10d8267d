"""Quantise the encoder of an exported model to 8 bits, and measure the loss on the user's own images."""

import importlib
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from tailprobe.datasets.pixels.decode import decode
from tailprobe.encoders.runtime.cpu_features import adds_products_in_16_bits
from tailprobe.errors import InputError
from tailprobe.files import write_whole
from tailprobe.use.classifier import Classifier
from tailprobe.use.export.onnx_file import INPUT, required_runtime, start_session
from tailprobe.use.new_images import read_new_images

CALIBRATION = 100  # images from which the ranges of activations are taken
MEASURED = 200  # further images on which the loss is measured
_LEAST = 20
_PRODUCTS = ["Conv", "Gemm"]  # operators to quantise; resizing and the calibration of probabilities stay as they are


@dataclass(frozen=True)
class Int8Loss:
    """Differences between the probabilities of the quantised model and those of the model in float32."""

    images: int  # number of images on which the loss was measured
    mean_difference: float  # mean absolute difference of a probability
    largest_difference: float
    changed_tags: float  # share of decisions, image by class, that change at the model's thresholds
    bytes_before: int
    bytes_after: int

    def lines(self) -> list[str]:
        """Return what to print."""
        return [
            f"int8: {self.bytes_after / 1e6:.1f} MB instead of {self.bytes_before / 1e6:.1f} MB",
            f"int8: on {self.images:,} images that it was not quantised on, probabilities differ by "
            f"{self.mean_difference:.4f} on average and {self.largest_difference:.3f} at most; "
            f"{self.changed_tags:.2%} of the tags change",
        ]


def quantise_onnx(classifier: Classifier, path: Path, images: str) -> Int8Loss:
    """Replace an exported model by one with convolutions and dense layers in 8 bits, and measure the loss.

    Args:
        classifier: the model that was exported.
        path: the ONNX file, see `export_onnx`.
        images: a source of at least 20 images; half of them, at most 100, set the ranges of activations, and the loss
            is measured on the others.

    Raises:
        InputError: there are fewer images, or one cannot be read.
    """
    pixels = _decoded(classifier, images)
    calibration, measured = pixels[: min(CALIBRATION, len(pixels) // 2)], pixels[min(CALIBRATION, len(pixels) // 2) :]
    before = path.read_bytes()
    after = _quantised(path, calibration)
    loss = _measure(classifier, before, after, measured)
    with write_whole(path) as partial:
        partial.write_bytes(after)
    return loss


def _decoded(classifier: Classifier, images: str) -> list[UInt8[np.ndarray, "_h _w 3"]]:
    found = read_new_images(images, bands=classifier.encoder.bands)
    if len(found) < _LEAST:
        raise InputError(f"{images}: int8 needs at least {_LEAST} images, there are {len(found)}")
    step = max(1, len(found) // (CALIBRATION + MEASURED))
    chosen = found.image_sources[::step][: CALIBRATION + MEASURED]
    pixels = [decode(source.read(), bands=found.band_selection, where=str(source)) for source in chosen]
    return [pixels[n] for n in np.random.default_rng(0).permutation(len(pixels))]


def _quantised(path: Path, images: Sequence[UInt8[np.ndarray, "_h _w 3"]]) -> bytes:
    tools = importlib.import_module("onnxruntime.quantization")
    root_logger = logging.getLogger()
    level = root_logger.level
    root_logger.setLevel(logging.ERROR)  # the quantiser logs to the root logger
    try:
        with tempfile.TemporaryDirectory() as folder:
            small = Path(folder) / "small.onnx"
            tools.quantize_static(
                str(path),
                str(small),
                _Images(images),
                quant_format=tools.QuantFormat.QDQ,
                op_types_to_quantize=_PRODUCTS,
                per_channel=True,
                activation_type=tools.QuantType.QUInt8,
                weight_type=tools.QuantType.QInt8,
                reduce_range=adds_products_in_16_bits(),
            )
            return small.read_bytes()
    finally:
        root_logger.setLevel(level)


def _measure(
    classifier: Classifier, before: bytes, after: bytes, images: Sequence[UInt8[np.ndarray, "_h _w 3"]]
) -> Int8Loss:
    runtime = required_runtime()
    exact, small = (
        np.concatenate([session.run(None, {INPUT: image[None]})[0] for image in images])
        for session in (start_session(runtime, before), start_session(runtime, after))
    )
    thresholds = np.array([decision.threshold for decision in classifier.decisions()])
    difference = np.abs(exact - small)
    changed = float(((exact > thresholds) != (small > thresholds)).mean())
    return Int8Loss(len(images), float(difference.mean()), float(difference.max()), changed, len(before), len(after))


class _Images:
    """Images one by one, with the interface of ONNX Runtime's `CalibrationDataReader`."""

    def __init__(self, images: Sequence[UInt8[np.ndarray, "_h _w 3"]]) -> None:
        self._left = iter(images)

    def get_next(self) -> dict[str, Any] | None:
        """Return {input name: (1, h, w, 3) uint8}; None after the last image."""
        image = next(self._left, None)
        return None if image is None else {INPUT: image[None]}
