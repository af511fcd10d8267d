"""HEIC images, through pillow-heif; extra `tailprobe[heic]`."""

import importlib
from functools import cache

from tailprobe.errors import InputError

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def is_heif(start: bytes) -> bool:
    """Return whether a file that begins with `start` is HEIF; False for AVIF, which Pillow reads itself."""
    return start[4:8] == b"ftyp" and start[8:12] in _BRANDS and b"avif" not in start[8:40]


@cache
def _register() -> str:
    """Teach Pillow to open HEIF; return what is missing, empty if nothing is."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        return str(error)
    return ""


def register_heif(*, where: str) -> None:
    """Teach Pillow to open HEIF.

    Raises:
        InputError: pillow-heif is not installed.
    """
    if problem := _register():
        raise InputError(f"{where}: HEIC needs pillow-heif ({problem}); pip install 'tailprobe[heic]'")
