"""A real server on the loopback, in a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from tailprobe.use.classifier import Classifier
from tailprobe.use.serve.app import build_app
from tailprobe.use.serve.download import Downloader
from tailprobe.use.serve.run import listen, server_of
from tailprobe.use.serve.settings import ServerSettings


@dataclass
class Running:
    """A server that takes requests."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def predict(self, *images: tuple[str, bytes], **options: Any) -> httpx.Response:
        """Send images in one request."""
        files = [("images", (name, data)) for name, data in images]
        return httpx.post(f"{self.url}/predict", files=files, timeout=120, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a path."""
        return httpx.get(self.url + path, timeout=120, **options)

    def metric(self, name: str) -> float:
        """Return the number of a metric, by its name and labels as they are written."""
        lines = [line for line in self.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
        assert len(lines) == 1, name
        return float(lines[0].rpartition(" ")[2])


@contextmanager
def serving(
    classifier: Classifier, settings: ServerSettings, *, downloader: Downloader | None = None
) -> Iterator[Running]:
    """Run a server while the block lasts."""
    app = build_app(classifier, settings, downloader=downloader)
    with listen("127.0.0.1", 0) as listening:
        server = server_of(app, settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running = Running(f"http://127.0.0.1:{listening.getsockname()[1]}", server, thread)
        try:
            while thread.is_alive() and not server.started:
                time.sleep(0.01)
            yield running
        finally:
            server.should_exit = True
            thread.join()


def contents(folder: Path) -> list[tuple[str, bytes]]:
    """Return name and bytes of the pictures below a folder."""
    return [(path.name, path.read_bytes()) for path in sorted(folder.glob("*/*.png"))]
