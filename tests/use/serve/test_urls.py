"""Images by URL: only where allowed, only from public addresses, within the limits, redirects included."""

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from serving import Running, contents, serving
from tailprobe.use.classifier import Classifier
from tailprobe.use.serve.download import Address, Downloader, is_public
from tailprobe.use.serve.settings import Limits, ServerSettings

LIMITS = Limits(image_bytes=20_000, images=3)
SETTINGS = ServerSettings("digest", limits=LIMITS, allow_urls=True)
REDIRECTS = {"/private": "http://10.0.0.1/x", "/again": "/again", "/file": "file:///etc/passwd", "/good": "/image"}


def on_loopback(address: Address) -> bool:
    """Allow the site of this test, and refuse what the server refuses otherwise."""
    return address.is_loopback or is_public(address)


@pytest.fixture(scope="module")
def picture(pictures: Path) -> bytes:
    return contents(pictures)[0][1]


@pytest.fixture(scope="module")
def site(picture: bytes) -> Iterator[str]:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path in REDIRECTS else 404 if self.path == "/missing" else 200)
            if self.path in REDIRECTS:
                self.send_header("Location", REDIRECTS[self.path])
            if self.path == "/announced":
                self.send_header("Content-Length", str(10**9))
            self.end_headers()
            if self.path == "/image":
                self.wfile.write(picture)
            elif self.path == "/endless":
                self.wfile.write(bytes(30_000))
            elif self.path == "/slow":
                ended.wait()

        def log_message(self, format: str, *values: object) -> None:
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def running(classifier: Classifier) -> Iterator[Running]:
    downloader = Downloader(most_bytes=LIMITS.image_bytes, seconds=1, is_allowed=on_loopback)
    with serving(classifier, SETTINGS, downloader=downloader) as server:
        yield server


def ask(running: Running, *urls: object) -> httpx.Response:
    return httpx.post(f"{running.url}/predict", json={"urls": urls}, timeout=120)


def test_images_by_url_have_the_scores_of_the_files(running: Running, site: str, picture: bytes) -> None:
    (wanted,) = running.predict(("a.png", picture)).json()["images"]
    found = ask(running, f"{site}/image", f"{site}/good").json()["images"]
    assert [one["name"] for one in found] == [f"{site}/image", f"{site}/good"]
    assert [one["probabilities"] for one in found] == [wanted["probabilities"]] * 2


@pytest.mark.parametrize(
    ("path", "status", "code", "got"),
    [
        ("/missing", 422, "url_not_fetched", "the status 404"),
        ("/endless", 413, "image_too_large", "bytes or more"),
        ("/announced", 413, "image_too_large", "1,000,000,000 bytes or more"),
        ("/slow", 422, "url_not_fetched", "no image within 1 s"),
        ("/private", 422, "url_refused", "the address 10.0.0.1, which is not public"),
        ("/again", 422, "url_not_fetched", "more than 3 redirects"),
        ("/file", 422, "url_refused", "other than an HTTP or HTTPS URL"),
        ("/text", 422, "unreadable_image", "the file is empty"),
    ],
)
def test_a_url_that_leads_to_no_image_is_refused(
    running: Running, site: str, path: str, status: int, code: str, got: str
) -> None:
    answer = ask(running, f"{site}{path}")
    fault = answer.json()["error"]
    assert (answer.status_code, fault["code"], fault["image"]) == (status, code, f"{site}{path}")
    assert got in fault["got"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/a", "http://", "http://user:word@example.org/a", "a", "http://[::1",
        "http://a\x00b/", "http://example.org/" + "a" * 3000, "http://example.org:99999/",
    ],
)  # fmt: skip
def test_a_text_that_is_no_public_url_is_refused(running: Running, url: str) -> None:
    answer = ask(running, url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "url_refused")


def test_private_machines_are_not_reached_by_number_nor_by_name(classifier: Classifier, site: str) -> None:
    port = site.rpartition(":")[2]
    with serving(classifier, SETTINGS) as running:
        for host in (
            "127.0.0.1",
            "localhost",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0.0.0.0",
            "169.254.169.254",
        ):
            answer = ask(running, f"http://{host}:{port}/image")
            assert answer.status_code == 422, host
            assert answer.json()["error"]["code"] in ("url_refused", "url_not_fetched"), host
        assert ask(running, f"{site}/image").json()["error"]["code"] == "url_refused"


def test_json_that_is_no_list_of_urls_is_refused(running: Running, site: str) -> None:
    for body in (b"", b"{", b"[]", b'{"urls": []}', b'{"urls": [1]}', b'{"urls": "a"}', b"[" * 50_000):
        answer = httpx.post(f"{running.url}/predict", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_body"), body[:20]
    assert ask(running, *[f"{site}/image"] * 4).json()["error"]["code"] == "too_many_images"
    answer = httpx.post(f"{running.url}/predict", json={"urls": ["a" * 2**21]}, timeout=120)
    assert answer.json()["error"]["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("9.9.9.9", True), ("2620:fe::9", True), ("::ffff:9.9.9.9", True), ("64:ff9b::909:909", True),
        ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.0.1", False), ("127.0.0.1", False), ("0.0.0.0", False),
        ("100.64.0.1", False), ("169.254.169.254", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1", False), ("fc00::1", False), ("ff02::1", False),
        ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
    ],
)  # fmt: skip
def test_addresses_that_everyone_reaches(text: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(text)) is public
