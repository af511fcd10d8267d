"""A model behind HTTP in a process of its own, for benchmarks that ask it."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

_IMAGES = 25  # of a request


@contextmanager
def served(model: Path, *options: str) -> Iterator[str]:
    """Run `tailprobe serve` while the block lasts, and give its URL."""
    line = [sys.executable, "-m", "tailprobe", "serve", str(model), "--port", "0", *options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            found = re.search(r"http://\S+", said)
            if found is None:
                raise RuntimeError(f"the server said {said!r} in place of its URL")
            yield found[0]
        finally:
            process.terminate()


def scores_over_http(url: str, images: Sequence[bytes], classes: Sequence[str]) -> np.ndarray:
    """Return (N, C) probabilities of encoded images, sent several a request."""
    rows: list[list[float]] = []
    with httpx.Client(timeout=120) as client:
        for start in range(0, len(images), _IMAGES):
            files = [("images", (f"{start + n}.jpg", data)) for n, data in enumerate(images[start : start + _IMAGES])]
            answer = client.post(f"{url}/predict", files=files).raise_for_status().json()
            rows += [[image["probabilities"][name] for name in classes] for image in answer["images"]]
    return np.array(rows)
