"""Every image file read whole: its content hash, and whether it decodes."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection
from tailprobe.datasets.pixels.decode import decode
from tailprobe.datasets.storage.image_source import ImageSource
from tailprobe.errors import InputError
from tailprobe.processor import cores
from tailprobe.progress import Progress, silent

_STEP = 16  # files a thread takes at a time
_ROUND = 1024  # files in flight: what a thread holds is one file and its pixels


@dataclass(frozen=True, eq=False)
class Files:
    """What reading N image files showed."""

    hashes: UInt8[np.ndarray, "N 32"]  # SHA-256 of the bytes; zeros where they could not be had
    problems: tuple[str, ...]  # (N,) why an image cannot be read, empty where it can

    @property
    def unreadable(self) -> int:
        """Images that cannot be read."""
        return sum(bool(problem) for problem in self.problems)


def scan_files(images: LabeledImages, *, workers: int | None = None, progress: Progress = silent) -> Files:
    """Read and decode every image, and remember its content hash and what is wrong with it.

    Memory holds 32 bytes an image and a few images at a time, however many there are. A file that is damaged but there
    keeps its hash, so that two equal damaged files are still found.

    Args:
        workers: threads; one a core by default.
        progress: told of stage "read files".
    """
    hashes = np.zeros((len(images), 32), dtype=np.uint8)
    problems: list[str] = []
    progress("read files", 0, len(images))
    with ThreadPoolExecutor(workers or cores()) as threads:
        for start in range(0, len(images), _ROUND):
            here = images.image_sources[start : start + _ROUND]
            steps = [here[at : at + _STEP] for at in range(0, len(here), _STEP)]
            for found in threads.map(lambda step: _look_at(step, images.band_selection), steps):
                for digest, problem in found:
                    hashes[len(problems)] = np.frombuffer(digest, np.uint8)
                    problems.append(problem)
                progress("read files", len(problems), len(images))
    return Files(hashes, tuple(problems))


def _look_at(image_sources: Sequence[ImageSource], bands: BandSelection) -> list[tuple[bytes, str]]:
    return [_look(location, bands) for location in image_sources]


def _look(location: ImageSource, bands: BandSelection) -> tuple[bytes, str]:
    digest = b"\0" * 32
    try:
        data = location.read()
        digest = hashlib.sha256(data).digest()
        decode(data, bands=bands, where=str(location))
    except InputError as error:
        return digest, str(error)
    return digest, ""
