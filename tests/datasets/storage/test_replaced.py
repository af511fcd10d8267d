"""An archive or an Arrow file that is replaced while a process lives gives what it holds now."""

import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.datasets.storage.saved_dataset import open_rows
from tailprobe.errors import InputError


def pack(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", content)


def save_rows(path: Path, values: list[int]) -> None:
    table = pa.table({"value": values})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize("by_rename", [False, True])
def test_a_zip_that_was_replaced_is_opened_again(tmp_path: Path, by_rename: bool) -> None:
    path, source = tmp_path / "images.zip", FileSource(tmp_path / "images.zip", "a.png")
    pack(path, b"first")
    assert source.read() == b"first"
    before = source.etag()
    if by_rename:
        pack(tmp_path / "new.zip", b"other")  # of the same size
        (tmp_path / "new.zip").replace(path)
    else:
        status = path.stat()
        pack(path, b"other")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    assert source.read() == b"other"
    assert source.etag() != before
    path.unlink()
    with pytest.raises(InputError, match=r"images\.zip"):
        source.read()


def test_rows_of_an_arrow_file_that_was_replaced_are_those_of_now(tmp_path: Path) -> None:
    path = tmp_path / "data.arrow"
    save_rows(path, [1, 2])
    assert open_rows(path)["value"].to_pylist() == [1, 2]
    assert open_rows(path) is open_rows(path)
    save_rows(tmp_path / "new.arrow", [3, 4])
    (tmp_path / "new.arrow").replace(path)
    assert open_rows(path)["value"].to_pylist() == [3, 4]
    path.unlink()
    with pytest.raises(InputError, match=r"data\.arrow"):
        open_rows(path)
