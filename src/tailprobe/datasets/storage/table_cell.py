"""Images that are cells of a columnar file: Arrow or Parquet."""

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tailprobe.errors import InputError


@dataclass(frozen=True)
class TableCell(ABC):
    """A cell that holds the encoded bytes of an image, or a struct with them."""

    path: Path
    column: str
    row: int  # in the file, from 0

    @abstractmethod
    def value(self) -> Any:  # noqa: ANN401 - Arrow may hold any value
        """Return the value of the cell.

        Raises:
            InputError: the file cannot be read.
        """

    def read(self) -> bytes:
        """Return the encoded bytes.

        Raises:
            InputError: the file cannot be read, or the cell holds only a path instead of an image.
        """
        cell = self.value()
        data = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(data, bytes):
            raise InputError(f"{self}: holds no image, at most a path to one; save the dataset with its files embedded")
        return data

    def etag(self) -> str:
        """Return the size and modification time of the file, and the row; raises InputError if it is missing."""
        return f"{self.file_etag()} row {self.row}"

    def file_etag(self) -> str:
        """Return the size and modification time of the file; raises InputError if it is missing."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise InputError(f"{self}: is missing ({error}); save the dataset again") from error
        return f"{status.st_size} {status.st_mtime_ns}"

    def header(self) -> io.BytesIO:
        """Return the bytes as a stream; raises as `read`."""
        return io.BytesIO(self.read())

    def __str__(self) -> str:
        return f"{self.path}, row {self.row + 1}"
