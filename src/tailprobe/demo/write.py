"""One tile's two files, as Planet gives them."""

import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import simplejpeg
import tifffile
from jaxtyping import Float, UInt8, UInt16

JPEG_FOLDER, TIFF_FOLDER = "train-jpg", "train-tif-v2"
# Byte of the JPEG = gain * digital number + offset, for red, green, blue; about the contrast stretch of Planet's JPEGs.
_GAIN = (0.0500, 0.0430, 0.0360)
_OFFSET = (-60.0, -86.0, -92.0)


def tile_files(folder: Path, index: int) -> tuple[Path, Path]:
    """Return the tile's TIFF and JPEG."""
    return folder / TIFF_FOLDER / f"train_{index}.tif", folder / JPEG_FOLDER / f"train_{index}.jpg"


def write_tile(
    folder: Path, index: int, numbers: UInt16[np.ndarray, "S S 4"], *, cast: Float[np.ndarray, " 3"]
) -> None:
    """Write the tile's TIFF, then its JPEG; each is there whole or not at all.

    Args:
        numbers: digital numbers of blue, green, red, near-infrared.
        cast: added to the JPEG's red, green and blue bytes: Planet's stretches differ from scene to scene.

    Raises:
        OSError: the files cannot be written.
    """
    tiff, jpeg = tile_files(folder, index)
    write_whole(tiff, encode_tiff(numbers))
    write_whole(jpeg, encode_jpeg(render(numbers, cast=cast)))


def render(numbers: UInt16[np.ndarray, "S S 4"], *, cast: Float[np.ndarray, " 3"]) -> UInt8[np.ndarray, "S S 3"]:
    """Stretch the tile's red, green and blue bands to bytes."""
    colours = np.empty((*numbers.shape[:2], 3), dtype=np.uint8)
    for channel, band in enumerate((2, 1, 0)):
        value = numbers[..., band] * np.float32(_GAIN[channel])
        value += np.float32(_OFFSET[channel] + cast[channel])
        colours[..., channel] = np.clip(value, 0, 255, out=value)
    return colours


def encode_jpeg(colours: UInt8[np.ndarray, "S S 3"]) -> bytes:
    """Return an ordinary three-component JPEG (Planet's own have four)."""
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(colours), quality=88, colorsubsampling="420"))


def encode_tiff(numbers: UInt16[np.ndarray, "S S 4"]) -> bytes:
    """Return a deflated TIFF of one strip, tagged as Planet's: RGB, the fourth band an extra sample.

    The strip is compressed here: what tifffile would compress with depends on whether imagecodecs is installed, and
    with it the bytes. Neighbouring pixels' differences (the TIFF predictor) are Huffman-coded without a search for
    repeats, which in noise are few: four times as fast as zlib's level 6 and about as small.
    """
    differences = numbers.copy()
    differences[:, 1:] -= numbers[:, :-1]  # wraps around, as the predictor is defined
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    strip = packer.compress(differences.astype("<u2").tobytes()) + packer.flush()
    file = BytesIO()
    tifffile.imwrite(
        file, iter([strip]), shape=numbers.shape, dtype=np.uint16, byteorder="<", photometric="rgb",
        planarconfig="contig", compression="adobe_deflate", predictor=True, rowsperstrip=numbers.shape[0],
        extrasamples=["unassalpha"], metadata=None, software="tailprobe",
    )  # fmt: skip
    return file.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it: an interrupted run leaves no partial file."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
