"""A served model under load: images a second and times of answers, requests scored together beside one by one.

    python -m benchmarks.serve EuroSAT.zip [--seconds 10] [--rounds 2] [--users 1 8 32]

A classifier under EfficientNet-Lite0, fitted on at most 60 images a class, is served by `tailprobe serve`, with and
without `--batch 1`, in turns. Locust's users send one image of 64 x 64 pixels after another, on the same machine: what
they compute is part of the load. Each measurement is printed when it is done, then the better of the rounds; the
default takes about six minutes on two cores.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

import tailprobe
from benchmarks.served import scores_over_http, served
from tailprobe.datasets.images import LabeledImages
from tailprobe.use.classifier import Classifier

EACH = 60  # images of the first class that the model is fitted on: what it knows does not matter here
MODES = {"together": (), "one by one": ("--batch", "1", "--wait", "0")}


def main() -> None:
    """Print a row for each way to serve and number of users."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path, help="EuroSAT.zip")
    parser.add_argument("--seconds", type=int, default=10, help="of load, in each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 8, 32])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, images = _fitted(given.images, folder)
        (folder / "images").mkdir()
        for n in range(200):
            source = images.image_sources[n * len(images) // 200]
            (folder / "images" / f"{n}.jpg").write_bytes(source.read())
        rows = []
        for mode, users in [*product(MODES, given.users)] * given.rounds:
            rows.append(
                {"served": mode, "users": users, **_under_load(model, MODES[mode], users, given.seconds, folder)}
            )
            print(rows[-1], flush=True)
    print(_table(pd.DataFrame(rows)).to_string(index=False))


def _fitted(archive: Path, folder: Path) -> tuple[Path, LabeledImages]:
    """Return the model and all images."""
    images = tailprobe.read(archive)
    columns = enumerate(images.labels.matrix.T)  # ever fewer images a class, since a study needs low-frequency classes
    few = np.sort(np.concatenate([np.flatnonzero(column)[: EACH - c] for c, column in columns]))
    with patch("tailprobe.study.run.DRAWN", {}):
        run = tailprobe.compare(
            images.rows(few), encoders=["efficientnet_lite0"], methods=["baseline"], seeds=2, precision="float32",
            low_frequency="percentile(25)", out=folder / "run",
        )  # fmt: skip
        return Classifier.of(run).save(folder / "model"), images


def _under_load(model: Path, options: tuple[str, ...], users: int, seconds: int, folder: Path) -> dict[str, float]:
    out = folder / "load"
    environment = {**os.environ, "TAILPROBE_BENCHMARK_IMAGES": str(folder / "images")}
    first = [path.read_bytes() for path in sorted((folder / "images").glob("*.jpg"))[:25]]
    with served(model, *options) as url:
        scores_over_http(url, first, ())  # the decoders' first images
        subprocess.run(
            [
                sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("serve_client.py")), "--headless",
                "-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--host", url, "--csv", str(out),
                "--only-summary", "--loglevel", "ERROR", "--reset-stats",
            ],
            check=True, capture_output=True, env=environment,
        )  # fmt: skip
    with Path(f"{out}_stats.csv").open(newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["Name"] == "/predict"]
    return {
        "images a second": float(row["Requests/s"]), "p50 ms": float(row["50%"]), "p99 ms": float(row["99%"]),
        "answers": float(row["Request Count"]), "failures": float(row["Failure Count"]),
    }  # fmt: skip


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the better of the rounds, of which any can be disturbed by other programs."""
    best = rows.loc[rows.groupby(["users", "served"])["images a second"].idxmax()]
    return best.astype({"answers": int, "failures": int, "p50 ms": int, "p99 ms": int}).replace({np.nan: 0}).round(1)


if __name__ == "__main__":
    main()
