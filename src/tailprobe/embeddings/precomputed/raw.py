"""Check and convert an array of precomputed embeddings."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tailprobe.datasets.tables.columns import Columns
from tailprobe.errors import InputError
from tailprobe.learners.class_text import ClassText

_BLOCK = 8192  # rows looked at or converted at a time
# Usual names of columns and arrays of embeddings, most common first.
VECTOR_NAMES = ("embedding", "embeddings", "vector", "vectors", "feature", "features")


@dataclass(frozen=True, eq=False)
class RawEmbeddings:
    """The content of a file of embeddings, before labels are matched."""

    vectors: Float[np.ndarray, "N D"]  # float32 or float16, memory-mapped where the file allows it
    columns: Columns | None  # N rows of the other columns (names, tags, parts); None if there are none
    classes: tuple[str, ...] | None = None  # where the file lists them
    class_text: ClassText | None = None  # embeddings of the class names, where the file has them


def as_vectors(array: np.ndarray, *, where: str, scale: np.ndarray | None = None) -> Float[np.ndarray, "N D"]:
    """Check an array and return it as embeddings; float32 and float16 in native byte order are not copied.

    Args:
        array: (N, D) real numbers; other types are converted to float32, in blocks.
        where: the file, for messages.
        scale: shape (), (1,) or (D,), the factor of quantised integers.

    Raises:
        InputError: the array is empty, not of two dimensions or not of real numbers, `scale` does not fit, or a number
            is not finite or too large for float32.
    """
    if array.ndim != 2 or 0 in array.shape:
        more = " (take the mean over tokens or positions first)" if array.ndim > 2 else ""
        raise InputError(f"{where}: embeddings of shape {array.shape}; expected two dimensions, (images, width){more}")
    if array.dtype.kind not in "fiu":
        raise InputError(f"{where}: embeddings of type {array.dtype}; expected real numbers, store them as float32")
    if scale is not None and (scale.dtype.kind not in "fiu" or scale.shape not in ((), (1,), array.shape[1:])):
        raise InputError(
            f"{where}: a scale of shape {scale.shape}, type {scale.dtype}, for embeddings of shape {array.shape}; "
            "expected one number, or one per column"
        )
    vectors = array if scale is None and array.dtype in (np.float32, np.float16) else _converted(array, scale)
    _refuse_not_finite(vectors, where)
    return vectors


def _converted(array: np.ndarray, scale: np.ndarray | None) -> Float[np.ndarray, "N D"]:
    vectors = np.empty(array.shape, dtype=np.float32)
    with np.errstate(over="ignore"):  # values that overflow become infinite, and are refused below
        for start in range(0, len(array), _BLOCK):
            rows = array[start : start + _BLOCK]
            vectors[start : start + _BLOCK] = rows if scale is None else rows * scale.astype(np.float64)
    return vectors


def _refuse_not_finite(vectors: Float[np.ndarray, "N D"], where: str) -> None:
    for start in range(0, len(vectors), _BLOCK):
        finite = np.isfinite(vectors[start : start + _BLOCK])
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise InputError(
                f"{where}: row {start + row}, column {column} (both from 0) is {vectors[start + row, column]}; "
                "expected finite numbers: leave such rows out or embed them again"
            )
