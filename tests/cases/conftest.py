"""Small collections as people have them, written into a folder."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Rows = Iterable[Sequence[object]]


class Builder:
    """Writes images and tables below a folder."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.count = 0

    def image(self, *paths: str) -> None:
        """Write a small image, each another, under every path."""
        for path in paths:
            self.count += 1
            target = self.top / path
            target.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.full((4, 5, 3), (self.count % 256, self.count // 256, 7), np.uint8)
            Image.fromarray(pixels).save(target)

    def table(self, path: str, rows: Rows, *, separator: str = ",") -> Path:
        """Write rows as CSV."""
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, delimiter=separator).writerows(rows)
        return target

    def text(self, path: str, text: str | bytes) -> Path:
        """Write a file as it is."""
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return target


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    return Builder(tmp_path)


@pytest.fixture
def labelled(build: Builder) -> Callable[[Sequence[Sequence[str]]], list[str]]:
    """Write an image for each list of labels, and return their names."""

    def write(labels: Sequence[Sequence[str]], folder: str = "images", ending: str = "png") -> list[str]:
        names = [f"im_{n:03}.{ending}" for n in range(len(labels))]
        build.image(*(f"{folder}/{name}" for name in names))
        return names

    return write
