"""Memory of prediction: peak resident memory by number of images, and by size of a scene.

    python -m benchmarks.memory [--images 20000 100000] [--kinds zip tar folder table] [--sides 4000 16000]

A model under an encoder of three numbers, the mean colour, scores images of 8 x 8 pixels (`tailprobe predict`) in a
.zip, in .tar shards of 10,000, in a folder, and in a folder beside a table of their names; and a GeoTIFF in tiles of 64
(`tailprobe map`), each in a process of its own. What an encoder of another size needs comes on top, the same for any
number.
"""

import argparse
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

import tailprobe
from tailprobe.use.classifier import Classifier
from tailprobe.use.new_images import read_new_images
from tailprobe.use.predict import predict_file
from tailprobe.use.storage import load_classifier, model_digest

TILE = 64
SHARD = 10_000  # images in a .tar


class MeanColour:
    """An encoder of three numbers: the mean of red, green and blue."""

    name = "benchmarks.memory:MeanColour"
    width = 3
    standardise = False
    batch_size = 64
    identity: Mapping[str, str] = {"model": "mean colour"}

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Return the mean colour of (h, w, 3) pixels."""
        return image.mean(axis=(0, 1), dtype=np.float32)

    def encode(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        """Return the mean colours of a batch."""
        return np.stack(batch)


def main() -> None:
    """Print a row for each number of images and each scene."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=int, nargs="*", default=[20_000, 100_000])
    parser.add_argument("--kinds", nargs="*", choices=_WRITE, default=["zip"], help="of sources of images")
    parser.add_argument("--sides", type=int, nargs="*", default=[4_000, 16_000], help="of scenes, in pixels")
    parser.add_argument("--measure", nargs=3, metavar=("WHAT", "MODEL", "SOURCE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        _measure(*given.measure)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = _fit(folder)
        for kind in given.kinds:
            for number in given.images:
                source = _WRITE[kind](folder, number)
                _print(f"predict, {number:,} images, {kind}", "predict", model, str(source))
        for side in given.sides:
            _print(f"map, {side:,} x {side:,} pixels", "map", model, str(_write_scene(folder / f"{side}.tif", side)))


def _print(title: str, what: str, model: Path, source: str) -> None:
    line = [sys.executable, "-m", "benchmarks.memory", "--measure", what, str(model), source]
    said = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    print(f"{title}: {said.strip()}", flush=True)


def _measure(what: str, model: str, source: str) -> None:
    """Score in this process, and print its peak memory and time."""
    classifier, out = load_classifier(Path(model), allow_code=True), Path(tempfile.mkdtemp(dir=Path(model).parent))
    started = time.perf_counter()
    if what == "map":
        classifier.map_scene(source, out, tile=TILE)
    else:
        predict_file(classifier, model_digest(Path(model)), read_new_images(source), out / "scores.parquet")
    peak = _peak()
    print(f"peak {peak:,.0f} MB, {time.perf_counter() - started:.0f} s")


def _peak() -> float:
    """Return the peak memory of this process, in MB: `ru_maxrss` would be at least that of the process it began in."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    if found is None:
        raise OSError("/proc/self/status does not give the peak memory (VmHWM); run this on Linux")
    return int(found[1]) / 1024


def _fit(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    labels = ["dark"] * 80 + ["bright"] * 40
    images = [_noise(rng, 60 if label == "dark" else 140) for label in labels]
    with patch("tailprobe.study.run.DRAWN", {}):
        run = tailprobe.compare(
            images, labels=labels, encoders=[MeanColour.name], methods=["baseline"], seeds=2,
            out=folder / "run",
        )  # fmt: skip
        return Classifier.of(run).save(folder / "model")


def _noise(rng: np.random.Generator, level: float) -> np.ndarray:
    return np.clip(rng.normal(level, 30, (8, 8, 3)), 0, 255).astype(np.uint8)


def _pictures(number: int) -> Iterator[tuple[str, bytes]]:
    rng = np.random.default_rng(1)
    for n in range(number):
        stream = io.BytesIO()
        Image.fromarray(_noise(rng, rng.uniform(0, 200))).save(stream, "PNG")
        yield f"{n:07d}.png", stream.getvalue()


def _write_zip(folder: Path, number: int) -> Path:
    path = folder / f"{number}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in _pictures(number):
            archive.writestr(name, data)
    return path


def _write_tar(folder: Path, number: int) -> Path:
    pictures, shards = _pictures(number), -(-number // SHARD)
    for shard in range(shards):
        with tarfile.open(folder / f"{number}-{shard}.tar", "w") as archive:
            for name, data in islice(pictures, SHARD):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return folder / f"{number}-{{0..{shards - 1}}}.tar"


def _write_folder(folder: Path, number: int) -> Path:
    path = folder / f"{number}"
    if not path.exists():
        path.mkdir()
        for name, data in _pictures(number):
            (path / name).write_bytes(data)
    return path


def _write_table(folder: Path, number: int) -> Path:
    images = _write_folder(folder, number)
    path = images / "images.csv"
    path.write_text("\n".join(["image", *(f"{n:07d}.png" for n in range(number))]), encoding="utf-8")
    return path


_WRITE = {"zip": _write_zip, "tar": _write_tar, "folder": _write_folder, "table": _write_table}


def _write_scene(path: Path, side: int) -> Path:
    """Write noise of 8 bits in three bands, in tiles of 512 that repeat."""
    import rasterio

    place = {"crs": "EPSG:32720", "transform": rasterio.Affine(10, 0, 350_000, 0, -10, 8_500_000)}
    about = {"dtype": "uint8", "tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate"}
    pixels = np.random.default_rng(2).integers(0, 200, (3, 512, 512), dtype=np.uint8)
    with rasterio.open(path, "w", "GTiff", side, side, 3, BIGTIFF="IF_SAFER", **about, **place) as file:
        for row in range(0, side, 512):
            for column in range(0, side, 512):
                height, width = min(512, side - row), min(512, side - column)
                window = ((row, row + height), (column, column + width))
                file.write(pixels[:, :height, :width], window=window)
    return path


if __name__ == "__main__":
    main()
