import zipfile
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    """Write small pictures, and empty files for names that are no pictures, below a folder."""

    def write(*paths: str, top: str = "data") -> Path:
        for n, path in enumerate(paths):
            target = tmp_path / top / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix in (".jpg", ".png", ".tif"):
                Image.new("RGB", (4 + n, 5), (n, 0, 0)).save(target)
            else:
                target.write_text("")
        return tmp_path / top

    return write


@pytest.fixture
def zipped(tmp_path):
    """Pack a folder."""

    def pack(folder: Path) -> Path:
        target = tmp_path / f"{folder.name}.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return target

    return pack
