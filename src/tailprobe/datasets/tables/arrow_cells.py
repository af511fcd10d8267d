"""The cells of a column of an Arrow table, from a file that anybody may have written."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa

from tailprobe.datasets.storage.url import Url
from tailprobe.errors import InputError


def arrow_cells(column: pa.ChunkedArray, path: Path | Url, name: str) -> list[Any]:
    """Return a cell per row; a number that is NaN is None, as a missing cell is.

    Raises:
        InputError: the column holds text that is not UTF-8, or values that Python has no type for.
    """
    try:
        cells = column.to_pylist()
    except Exception as error:  # UnicodeDecodeError, OverflowError of dates, ArrowInvalid, ...
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path.name}: column {name!r} cannot be read ({reason}); write it again, text as UTF-8"
        ) from None
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
