"""Calibrate an int8 encoder: take its activation ranges from a sample of the images."""

from typing import Any

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.work import prepare_image
from tailprobe.encoders.encoder import Encoder

SAMPLE = 128  # images, evenly spaced over the set


def calibrated(encoder: Encoder, images: LabeledImages) -> Encoder:
    """Return the encoder, calibrated on a sample of the images if it needs that.

    The sample is the same in every call with the same images; unreadable ones are left out.

    Raises:
        InputError: too few of the images can be read.
    """
    if not getattr(encoder, "wants_calibration", False):
        return encoder
    calibratable: Any = encoder  # has `calibrated`, as `wants_calibration` is true
    rows = np.unique(np.linspace(0, len(images) - 1, num=min(SAMPLE, len(images))).round().astype(np.int64))
    prepared = (prepare_image(images, encoder, int(i), "skip") for i in rows)
    calibrated_encoder: Encoder = calibratable.calibrated([pixels for row, pixels in prepared if not row.problem])
    return calibrated_encoder
