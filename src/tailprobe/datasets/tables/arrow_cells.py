"""Convert a column of an Arrow table, which may come from an untrusted file, to Python objects."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa

from tailprobe.datasets.storage.url import Url
from tailprobe.errors import InputError


def arrow_cells(column: pa.ChunkedArray, path: Path | Url, name: str) -> list[Any]:
    """Return one cell per row; NaN becomes None, as for a missing cell.

    Raises:
        InputError: the column holds text that is not UTF-8, or values that Python cannot represent.
    """
    try:
        cells = column.to_pylist()
    except Exception as error:  # UnicodeDecodeError, OverflowError of dates, ArrowInvalid, ...
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path.name}: column {name!r} cannot be read ({reason}); write the file again, with text as UTF-8"
        ) from None
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
