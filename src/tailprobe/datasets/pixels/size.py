"""The largest image that is decoded."""

from tailprobe.errors import InputError

MAX_PIXELS = 2**26  # 67 million, 201 MB once decoded; below the size from which Pillow warns of decompression bombs


class TooManyPixelsError(InputError):
    """An image has more pixels than are decoded."""


def check_size(height: int, width: int, *, where: str) -> None:
    """Refuse an image by the size in its header, before any memory is taken for it.

    Raises:
        InputError: a side is zero.
        TooManyPixelsError: the image has more than `MAX_PIXELS` pixels.

    >>> check_size(100_000, 100_000, where="big.png")
    Traceback (most recent call last):
    tailprobe.datasets.pixels.size.TooManyPixelsError: big.png: 100000 x 100000 pixels are more
    than the 67,108,864 allowed; cut it into tiles
    """
    if height <= 0 or width <= 0:
        raise InputError(f"{where}: an image of {width} x {height} pixels is empty; restore the file")
    if height * width > MAX_PIXELS:
        raise TooManyPixelsError(
            f"{where}: {width} x {height} pixels are more than the {MAX_PIXELS:,} allowed; cut it into tiles"
        )
