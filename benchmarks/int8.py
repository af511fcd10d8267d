"""What 8-bit inference costs on real images and real weights: cosines to float32, and average precision.

    python -m benchmarks.int8 EuroSAT.zip

The encoder is `efficientnet_lite0` (ImageNet weights), the images EuroSAT's, thinned to a tail of 100 to 1. About ten
minutes on two cores.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

import tailprobe
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.embeddings.embeddings import Embeddings
from tailprobe.encoders.load import load_encoder
from tailprobe.encoders.runtime.choose import cosine

SEEDS = 10


def main() -> None:
    """Embed in float32 and in int8, train the baseline on each, and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("eurosat", type=Path, help="EuroSAT.zip")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="splits and heads for each precision")
    chosen = parser.parse_args()
    collection = thin_to_long_tail(tailprobe.read(chosen.eurosat), ratio=100, rng=np.random.default_rng(0))
    vectors, found = {}, {}
    for precision in ("float32", "int8"):
        with tempfile.TemporaryDirectory() as folder:
            stored, seconds = _embedded(collection, precision, Path(folder) / "cache")
            run = tailprobe.compare(
                collection,
                embeddings=stored,
                methods=["baseline"],
                seeds=chosen.seeds,
                split="stratified",
                out=Path(folder) / "run",
            )
            vectors[precision] = np.array(stored.vectors)
            found[precision] = _average_precision(run)
        print(f"{precision}: {len(collection)} images, {len(collection) / seconds:.0f} a second, decoding included")
    near = cosine(vectors["int8"], vectors["float32"])
    print(f"cosine to float32: minimum {near.min():.5f}, median {np.median(near):.5f}")
    for group in ("all", "low-frequency"):
        _print_loss(group, found["float32"][group], found["int8"][group])


def _embedded(images: LabeledImages, precision: str, cache: Path) -> tuple[Embeddings, float]:
    encoder = load_encoder("efficientnet_lite0", runtime="auto", precision=precision)
    started = time.perf_counter()
    return tailprobe.embed(images, encoder, cache=cache), time.perf_counter() - started


def _average_precision(run: tailprobe.Run) -> dict[str, np.ndarray]:
    rows = run.results.query("part == 'test' and metric == 'average_precision' and is_group")
    return {
        str(group): of.sort_values("seed")["value"].to_numpy()
        for group, of in rows.groupby("class_name", observed=True)
    }


def _print_loss(group: str, float32: np.ndarray, int8: np.ndarray) -> None:
    lost = int8 - float32
    print(
        f"average precision, {group}: {float32.mean():.4f} in float32, {lost.mean():+.4f} in int8 "
        f"(standard error over {len(lost)} seeds {lost.std(ddof=1) / np.sqrt(len(lost)):.4f}; "
        f"standard deviation in float32 {float32.std(ddof=1):.4f})"
    )


if __name__ == "__main__":
    main()
