"""Show an encoder that runs in int8 the images that its ranges are taken from."""

from typing import Any

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.embeddings.work import prepare_image
from tailprobe.encoders.encoder import Encoder

SAMPLE = 128  # images, evenly spaced over the set


def calibrated(encoder: Encoder, images: LabeledImages) -> Encoder:
    """Return an encoder as it is, or, if it wants images for its ranges, with those of a sample of the images.

    The sample is the same in every call with the same images; unreadable ones are left out of it.

    Raises:
        InputError: too few of the images can be read.
    """
    if not getattr(encoder, "wants_calibration", False):
        return encoder
    wanted: Any = encoder  # of an encoder that wants it, `calibrated` is known
    rows = np.unique(np.linspace(0, len(images) - 1, num=min(SAMPLE, len(images))).round().astype(np.int64))
    prepared = (prepare_image(images, encoder, int(i), "skip") for i in rows)
    found: Encoder = wanted.calibrated([pixels for row, pixels in prepared if not row.problem])
    return found
