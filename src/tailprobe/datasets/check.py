"""A look at every image's header, before long work."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import read_size
from tailprobe.datasets.storage.file_source import Location
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.image_source import Place
from tailprobe.errors import InputError
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent

_SHOWN = 100  # reasons listed in a note
_STEP = 256  # images a thread checks at a time


def check_images(
    images: LabeledImages, *, on_bad_image: OnBadImage = "error", progress: Progress = silent
) -> LabeledImages:
    """Check that every image is there and has a readable header; no pixel is decoded.

    Args:
        images: what a reader gave.
        on_bad_image: "skip" leaves bad images out and lists them, with the reason, in the notes.
        progress: told of stage "check".

    Returns:
        `images` itself where nothing is wrong.

    Raises:
        InputError: an image is bad and `on_bad_image` is "error", or all are.
    """
    reasons = _reasons(images.locations, progress)
    bad = [(n, reason) for n, reason in enumerate(reasons) if reason is not None]
    if not bad:
        return images
    if on_bad_image == "error" or len(bad) == len(images):
        first = bad[0][1]
        others = f" ({len(bad):,} of {len(images):,} images are bad)" if len(bad) > 1 else ""
        raise InputError(f"{first}{others}")
    good = np.array([n for n, reason in enumerate(reasons) if reason is None], dtype=np.int64)
    listed = tuple(f"left out: {reason}" for _, reason in bad[:_SHOWN])
    return images.rows(good, notes=(f"{len(bad):,} of {len(images):,} images are bad and left out", *listed))


def _reasons(locations: tuple[Place, ...], progress: Progress) -> list[str | None]:
    """Return what is wrong with each image, None where nothing is."""
    # In steps, since handing a thread one header costs more than reading it. Of an archive each thread reads the whole
    # directory first, so that more than one does not pay.
    archived = any(isinstance(location, Location) and location.member is not None for location in locations)
    steps = [locations[start : start + _STEP] for start in range(0, len(locations), _STEP)]
    reasons: list[str | None] = []
    progress("check", 0, len(locations))
    with ThreadPoolExecutor(1 if archived else min(16, 4 * cores())) as threads:
        for step in threads.map(lambda step: [_reason(location) for location in step], steps):
            reasons += step
            progress("check", len(reasons), len(locations))
    return reasons


def _reason(location: Place) -> str | None:
    try:
        with location.header() as stream:
            read_size(stream, where=str(location))
    except InputError as error:
        return str(error)
    except Exception as error:  # what unpacking a damaged member raises is not one type: zlib.error, EOFError, ...
        return f"{location}: cannot be read ({error}); restore the file or pass --on-bad-image skip to leave it out"
    return None
