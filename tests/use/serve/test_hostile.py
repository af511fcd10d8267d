"""Images and requests that are not meant well are refused in one form, and the server goes on."""

import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from serving import Running, contents, serving
from tailprobe.use.classifier import Classifier
from tailprobe.use.serve.settings import Limits, ServerSettings

LIMITS = Limits(image_bytes=50_000, pixels=40_000, images=3, held_bytes=400_000, queue=8)


@pytest.fixture(scope="module")
def running(classifier: Classifier) -> Iterator[Running]:
    with serving(classifier, ServerSettings("digest", limits=LIMITS)) as server:
        yield server


@pytest.fixture(scope="module")
def good(pictures: Path) -> bytes:
    return contents(pictures)[0][1]


def encoded(image: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def png_of(width: int, height: int, data: bytes) -> bytes:
    """Return a PNG whose header promises a size, whatever is in it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8))
HOSTILE: dict[str, tuple[bytes | Callable[[bytes], bytes], int, str]] = {
    "empty": (b"", 422, "unreadable_image"),
    "text": (b"<html>not an image</html>" * 9, 422, "unreadable_image"),
    "script": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n", 422, "unreadable_image"),
    "drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", 422,
                "unreadable_image"),
    "truncated": (lambda good: good[: len(good) // 2], 422, "unreadable_image"),
    "bomb": (png_of(30_000, 30_000, zlib.compress(bytes(10**6))), 413, "too_many_pixels"),
    "large sides": (png_of(2**31 - 1, 2**31 - 1, b""), 413, "too_many_pixels"),
    "one row": (png_of(40_001, 1, b""), 413, "too_many_pixels"),
    "no pixels": (png_of(0, 5, b""), 422, "unreadable_image"),
    "swollen": (png_of(8, 8, zlib.compress(bytes(3 * 10**7))), 200, ""),  # what the header does not promise is not read
    "too many bytes": (encoded(NOISE, "PNG"), 413, "image_too_large"),
    "tiff of nothing": (b"II*\0" + bytes(200), 422, "unreadable_image"),
    "jpeg header": (b"\xff\xd8\xff\xe1\xff\xff" + b"Exif\0" * 999, 422, "unreadable_image"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_image_is_refused_by_name_and_the_next_is_scored(running: Running, good: bytes, name: str) -> None:
    data, status, code = HOSTILE[name]
    answer = running.predict(("good.png", good), (f"{name}.png", data if isinstance(data, bytes) else data(good)))
    assert answer.status_code == status, answer.text
    if code:
        fault = answer.json()["error"]
        assert (fault["code"], fault["image"]) == (code, f"{name}.png")
        assert all(fault[part] for part in ("expected", "got", "fix"))
        assert "--on-bad-image" not in answer.text
    assert running.predict(("good.png", good)).status_code == 200


def test_pixels_and_sizes_that_are_allowed_are_named(running: Running, good: bytes) -> None:
    fault = running.predict(("a.png", png_of(300, 200, b""))).json()["error"]
    assert fault["expected"] == "at most 40,000 pixels per image"
    assert fault["got"] == "300 x 200"


def test_too_many_images_or_bytes_in_a_request(running: Running, good: bytes) -> None:
    answer = running.predict(*[("a.png", good)] * 4)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_many_images")
    answer = running.predict(("a.png", bytes(500_000)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")

    def unannounced() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\n'
        yield from [bytes(50_000)] * 20

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = httpx.post(f"{running.url}/predict", content=unannounced(), headers=kind)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert running.predict(("good.png", good)).status_code == 200


FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\nx\r\n--b--\r\n'
BODIES = {
    "no type": ("", b"x", 415, "unsupported_type"),
    "another type": ("image/png", b"x", 415, "unsupported_type"),
    "JSON where URLs are not allowed": ("application/json", b'{"urls": ["http://a"]}', 415, "unsupported_type"),
    "no boundary": ("multipart/form-data", b"x", 400, "malformed_body"),
    "no part": (FORM, b"--b--\r\n", 400, "malformed_body"),
    "nothing": (FORM, b"", 400, "malformed_body"),
    "another field": (FORM, PART % (b"files", b'; filename="a"'), 400, "malformed_body"),
    "text": (FORM, PART % (b"images", b""), 400, "malformed_body"),
    "cut after a part": (FORM, PART[:-4] % (b"images", b'; filename="a"'), 400, "malformed_body"),
    "cut": (FORM, PART[:-9] % (b"images", b'; filename="a"'), 400, "malformed_body"),
    "part of no name": (FORM, b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n", 400, "malformed_body"),
    "huge part header": (FORM, b"--b\r\nX: " + b"y" * 99_000 + b"\r\n\r\nx\r\n--b--\r\n", 400, "malformed_body"),
    "unknown charset": (FORM + "; charset=idna", PART % (b"\xff", b'; filename="a"'), 400, "malformed_body"),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the parser leaves a cut file open
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_form_of_files_is_refused(running: Running, name: str) -> None:
    kind, body, status, code = BODIES[name]
    answer = httpx.post(f"{running.url}/predict", content=body, headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def test_other_paths_and_methods_have_the_same_form(running: Running) -> None:
    for method, path, status in (("GET", "/predict", 405), ("GET", "/x", 404), ("DELETE", "/classes", 405)):
        answer = httpx.request(method, running.url + path)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"code", "expected", "got", "fix", "image"}
    assert httpx.get(f"{running.url}/predict").headers["allow"] == "POST"
    assert running.get("/docs").status_code == 404


def test_a_huge_header_ends_the_connection_and_not_the_server(running: Running) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.settimeout(60)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n")
        assert b" 400 " in connection.recv(100)
    assert running.get("/health").status_code == 200


def test_names_of_files_are_given_back_as_they_came(running: Running, good: bytes) -> None:
    name = '../../<b>"é\u202e\n.png'
    (image,) = running.predict((name, good)).json()["images"]
    assert image["name"].startswith("../../<b>")
