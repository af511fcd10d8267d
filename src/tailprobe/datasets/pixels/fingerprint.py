"""A fingerprint of an image's pixels, alike for near duplicates, that needs no encoder."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float32
from PIL import Image

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.errors import InputError
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent

SIDE = 8  # pixels per side of the thumbnail; larger ones would change too much under a shift by a few pixels
WIDTH = SIDE * SIDE * 3
_STEP = 16  # images a thread takes at a time
_ROUND = 1024  # images in flight


def pixel_fingerprints(
    images: LabeledImages, *, on_bad_image: OnBadImage = "error", progress: Progress = silent
) -> Float32[np.ndarray, "N W"]:
    """Return the (N, 192) fingerprints of images: thumbnails of 8 by 8 pixels with each channel's mean subtracted.

    The cosine of two fingerprints is the correlation of the thumbnails. It does not change with brightness or contrast,
    and little with size, compression or a shift by a few pixels. Without subtracting the mean, all images of one kind
    of ground would be alike.

    Args:
        images: images with pixels.
        on_bad_image: "skip" gives zeros, whose cosine to anything is 0, for an image that cannot be decoded.
        progress: called as progress("fingerprint images", done, total).

    Raises:
        InputError: an image cannot be decoded and `on_bad_image` is "error".
    """
    found = np.zeros((len(images), WIDTH), np.float32)
    done = 0
    progress("fingerprint images", done, len(images))
    with ThreadPoolExecutor(cores()) as threads:
        for start in range(0, len(images), _ROUND):
            sources = images.image_sources[start : start + _ROUND]
            steps = [sources[at : at + _STEP] for at in range(0, len(sources), _STEP)]
            for rows in threads.map(lambda step: _fingerprints(step, images.band_selection, on_bad_image), steps):
                found[done : done + len(rows)] = rows
                done += len(rows)
                progress("fingerprint images", done, len(images))
    return found


def _fingerprints(
    sources: tuple[ImageSource, ...], bands: BandSelection, on_bad_image: OnBadImage
) -> Float32[np.ndarray, "M W"]:
    return np.stack([_fingerprint(source, bands, on_bad_image) for source in sources])


def _fingerprint(source: ImageSource, bands: BandSelection, on_bad_image: OnBadImage) -> Float32[np.ndarray, " W"]:
    try:
        pixels = decode(source.read(), bands=bands, where=str(source))
    except InputError:
        if on_bad_image == "error":
            raise
        return np.zeros(WIDTH, np.float32)
    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX)
    channels = np.asarray(small, dtype=np.float32)
    return (channels - channels.mean(axis=(0, 1))).ravel()
