"""Sources behind plain web servers, with and without ranges of bytes."""

import io
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tailprobe
from tailprobe.datasets.images import LabeledImages
from tailprobe.errors import InputError

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")


class WholeFiles(SimpleHTTPRequestHandler):
    """Lists folders and sends whole files, as `python -m http.server` does."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Ranges(WholeFiles):
    """Sends the bytes that are asked for, as storage for data sets does."""

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None:
            super().do_GET()
            return
        data = Path(self.translate_path(self.path)).read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(data[first : last + 1])


@contextmanager
def serving(folder: Path, handler: type[WholeFiles]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    rng = np.random.default_rng(0)
    for i in range(4):
        path = folder / "images" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(path)
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for path in sorted((folder / "images").glob("*/*.png")):
            archive.write(path, path.relative_to(folder / "images"))
    return folder


def pixels(images: LabeledImages) -> list[bytes]:
    return [np.asarray(Image.open(io.BytesIO(source.read()))).tobytes() for source in images.image_sources]


@pytest.mark.parametrize("name", ["images", "images.zip"])
def test_a_server_of_ranges_gives_what_the_disk_gives(folder: Path, name: str) -> None:
    plain = tailprobe.read(folder / "images")
    with serving(folder, Ranges) as address:
        found = tailprobe.read(f"{address}/{name}")
        assert found.names == plain.names
        assert pixels(found) == pixels(plain)
        assert all(source.etag() for source in found.image_sources)


def test_a_folder_needs_no_ranges_and_an_archive_says_that_it_does(folder: Path) -> None:
    plain = tailprobe.read(folder / "images")
    with serving(folder, WholeFiles) as address:
        assert pixels(tailprobe.read(f"{address}/images")) == pixels(plain)
        with pytest.raises(InputError, match=r"images\.zip: cannot be read \(its server sends whole files only"):
            tailprobe.read(f"{address}/images.zip")


def test_a_changed_file_has_another_etag(folder: Path) -> None:
    with serving(folder, WholeFiles) as address:
        before = tailprobe.read(f"{address}/images").image_sources[0].etag()
        os.utime(folder / "images" / "a" / "0.png", (0, 86_400))
        assert tailprobe.read(f"{address}/images").image_sources[0].etag() != before
