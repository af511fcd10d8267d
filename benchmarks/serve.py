"""A served model under load: images a second and times of answers, requests scored together beside one by one.

    python -m benchmarks.serve EuroSAT.zip [--seconds 15] [--users 1 8 32]

A classifier under EfficientNet-Lite0 is fitted as in `benchmarks.classifier` and served by `tailprobe serve`, with and
without `--batch 1`, in turns. Locust's users send one image of 64 x 64 pixels after another, on the same machine: what
they compute is part of the load.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.classifier import fitted_on_images
from benchmarks.served import scores_over_http, served

ROUNDS = 2
MODES = {"together": (), "one by one": ("--batch", "1", "--wait", "0")}


def main() -> None:
    """Print a row for each way to serve and number of users."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path, help="EuroSAT.zip")
    parser.add_argument("--seconds", type=int, default=15, help="of load, in each of two rounds")
    parser.add_argument("--users", type=int, nargs="+", default=[1, 8, 32])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        classifier, other = fitted_on_images(given.images, folder)
        model = classifier.save(folder / "model")
        (folder / "images").mkdir()
        for n, source in enumerate(other.image_sources[:200]):
            (folder / "images" / f"{n}.jpg").write_bytes(source.read())
        rows = [
            {"served": mode, "users": users, **_under_load(model, options, users, given.seconds, folder)}
            for _ in range(ROUNDS)
            for mode, options in MODES.items()
            for users in given.users
        ]
    print(_table(pd.DataFrame(rows)).to_string(index=False))


def _under_load(model: Path, options: tuple[str, ...], users: int, seconds: int, folder: Path) -> dict[str, float]:
    out = folder / "load"
    environment = {**os.environ, "TAILPROBE_BENCHMARK_IMAGES": str(folder / "images")}
    first = [path.read_bytes() for path in sorted((folder / "images").glob("*.jpg"))[:25]]
    with served(model, *options) as url:
        scores_over_http(url, first, ())  # an encoder's first batch takes longer than all others
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
