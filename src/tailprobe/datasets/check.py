"""Check the header of every image before long work."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.decode import read_size
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.datasets.storage.image_files import OnBadImage
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.errors import InputError, how_to_read
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent

_MAX_LISTED = 100  # reasons listed in a note
_STEP = 256  # images a thread checks at a time


def check_images(
    images: LabeledImages, *, on_bad_image: OnBadImage = "error", progress: Progress = silent
) -> LabeledImages:
    """Check that every image exists and has a readable header; no pixel is decoded.

    Args:
        images: the result of a reader.
        on_bad_image: "skip" leaves out bad images, and lists them with the reason in the notes.
        progress: called as progress("check", done, total).

    Returns:
        The images without the bad ones; `images` itself if there are none.

    Raises:
        InputError: an image is missing or unreadable and `on_bad_image` is "error", or all images are.
    """
    reasons = _reasons(images.image_sources, progress)
    bad = [(n, reason) for n, reason in enumerate(reasons) if reason is not None]
    if not bad:
        return images
    if on_bad_image == "error" or len(bad) == len(images):
        first = bad[0][1]
        others = f" ({len(bad):,} of {len(images):,} images are bad)" if len(bad) > 1 else ""
        raise InputError(f"{first}{others}")
    good = np.array([n for n, reason in enumerate(reasons) if reason is None], dtype=np.int64)
    listed = tuple(f"left out: {reason}" for _, reason in bad[:_MAX_LISTED])
    return images.rows(good, notes=(f"{len(bad):,} of {len(images):,} images are bad and left out", *listed))


def _reasons(sources: Sequence[ImageSource], progress: Progress) -> list[str | None]:
    """Return what is wrong with each image, None if nothing is."""
    # In steps, since handing one header to a thread costs more than reading it. In an archive each thread reads the
    # whole directory first, so that more than one thread does not pay off.
    archived = any(isinstance(source, FileSource) and source.member is not None for source in sources)
    steps = [sources[start : start + _STEP] for start in range(0, len(sources), _STEP)]
    reasons: list[str | None] = []
    progress("check", 0, len(sources))
    with ThreadPoolExecutor(1 if archived else min(16, 4 * cores())) as threads:
        for step in threads.map(lambda step: [_reason(source) for source in step], steps):
            reasons += step
            progress("check", len(reasons), len(sources))
    return reasons


def _reason(source: ImageSource) -> str | None:
    try:
        with source.header() as stream:
            read_size(stream, where=str(source))
    except InputError as error:
        return str(error)
    except Exception as error:  # unpacking a damaged member raises many types: zlib.error, EOFError, ...
        restore = how_to_read(error, "restore the file")
        return f"{source}: cannot be read ({error}); {restore} or pass --on-bad-image skip to leave it out"
    return None
