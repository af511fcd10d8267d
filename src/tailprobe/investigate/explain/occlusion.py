"""Occlusion: how much the logit of a class falls where a part of the image is covered; for any encoder."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from tailprobe.encoders.channels import channels_for
from tailprobe.encoders.encoder import Encoder
from tailprobe.investigate.explain.cells import CELLS
from tailprobe.learners.head import Head


def occlusion_maps(
    encoder: Encoder, head: Head, c: int, images: Sequence[UInt8[np.ndarray, "_h _w _c"]]
) -> Float[np.ndarray, "N G G"]:
    """Return for each image the fall of the logit, 0 where it rises, with each of G x G cells in its mean colour.

    Source:
        Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV 2014, section 4.2.
    """
    return np.stack([_map(encoder, head, c, image) for image in images])


def _map(encoder: Encoder, head: Head, c: int, image: UInt8[np.ndarray, "h w c"]) -> Float[np.ndarray, "G G"]:
    shown = [image, *(_covered(image, row, column) for row in range(CELLS) for column in range(CELLS))]
    vectors = encoder.encode([encoder.prepare(channels_for(encoder, picture)) for picture in shown])
    logits = head.logits(vectors)[:, c]
    return np.maximum(logits[0] - logits[1:], 0).reshape(CELLS, CELLS)


def _covered(image: UInt8[np.ndarray, "h w c"], row: int, column: int) -> UInt8[np.ndarray, "h w c"]:
    covered = image.copy()
    rows, columns = (
        slice(place * side // CELLS, -(-(place + 1) * side // CELLS))
        for place, side in ((row, image.shape[0]), (column, image.shape[1]))
    )
    covered[rows, columns] = image.mean(axis=(0, 1)).round().astype(np.uint8)
    return covered
