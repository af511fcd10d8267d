"""Read every image file: its content hash, and whether it decodes."""

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

_STEP = 16  # files per task of a thread
_ROUND = 1024  # files in flight: what a thread holds is one file and its pixels


@dataclass(frozen=True, eq=False)
class Files:
    """Content hashes and read errors of N image files."""

    hashes: UInt8[np.ndarray, "N 32"]  # SHA-256 of the bytes; zeros where they could not be read
    problems: tuple[str, ...]  # (N,) why an image cannot be read, empty if it can

    @property
    def unreadable(self) -> int:
        """Images that cannot be read."""
        return sum(bool(problem) for problem in self.problems)


def scan_files(images: LabeledImages, *, workers: int | None = None, progress: Progress = silent) -> Files:
    """Read and decode every image, and return content hashes and read errors.

    Memory holds 32 bytes per image and a few images at a time. A damaged file keeps its hash, so that two equal damaged
    files are still found.

    Args:
        workers: threads; one per core by default.
        progress: receives stage "read files".
    """
    hashes = np.zeros((len(images), 32), dtype=np.uint8)
    problems: list[str] = []
    progress("read files", 0, len(images))
    with ThreadPoolExecutor(workers or cores()) as threads:
        for start in range(0, len(images), _ROUND):
            sources = images.image_sources[start : start + _ROUND]
            steps = [sources[at : at + _STEP] for at in range(0, len(sources), _STEP)]
            for scanned in threads.map(lambda step: _scan_all(step, images.band_selection), steps):
                for digest, problem in scanned:
                    hashes[len(problems)] = np.frombuffer(digest, np.uint8)
                    problems.append(problem)
                progress("read files", len(problems), len(images))
    return Files(hashes, tuple(problems))


def _scan_all(image_sources: Sequence[ImageSource], bands: BandSelection) -> list[tuple[bytes, str]]:
    return [_scan(source, bands) for source in image_sources]


def _scan(source: ImageSource, bands: BandSelection) -> tuple[bytes, str]:
    digest = b"\0" * 32
    try:
        data = source.read()
        digest = hashlib.sha256(data).digest()
        decode(data, bands=bands, where=str(source))
    except InputError as error:
        return digest, str(error)
    return digest, ""
