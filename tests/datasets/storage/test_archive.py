"""Reading members of a .zip from several threads."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import patch

from tailprobe.datasets.storage.file_source import FileSource


def test_threads_read_the_directory_of_an_archive_once(tmp_path):
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(40):
            archive.writestr(f"{n}.png", bytes([n]) * 10)
    together = Barrier(4)

    def read(first: int) -> list[bytes]:
        together.wait()
        return [FileSource(path, f"{n}.png").read() for n in range(first, 40, 4)]

    with (
        patch.object(
            zipfile.ZipFile, "_RealGetContents", autospec=True, side_effect=zipfile.ZipFile._RealGetContents
        ) as reading,
        ThreadPoolExecutor(4) as pool,
    ):
        found = list(pool.map(read, range(4)))
    assert found == [[bytes([n]) * 10 for n in range(first, 40, 4)] for first in range(4)]
    assert reading.call_count == 1
