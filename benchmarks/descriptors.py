"""The built-in encoder: images a second of 256 pixels, and what a linear classifier makes of its numbers of EuroSAT.

    python -m benchmarks.descriptors EuroSAT.zip

Ten minutes on two cores, nearly all of it embedding 27,000 images once; a quarter of that with `--images 6000`.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tailprobe
from benchmarks.row import Row
from tailprobe.encoders.descriptors import FAMILIES, Descriptors

PARTS = {
    "colour moments": slice(0, FAMILIES["moments"]),
    "all statistics": slice(0, sum(FAMILIES.values()) - FAMILIES["convolutions"]),
    "random convolutions": slice(sum(FAMILIES.values()) - FAMILIES["convolutions"], None),
    "everything": slice(None),
}


def rows(*, images: int = 256) -> list[Row]:
    """Measure images a second, decoded, of 256 x 256 pixels, on all cores."""
    encoder = Descriptors()
    noise = np.random.default_rng(0).integers(0, 256, (32, 256, 256, 3), dtype=np.uint8)
    best = float("inf")
    for _ in range(images // len(noise)):
        started = time.perf_counter()
        encoder.encode([encoder.prepare(image) for image in noise])
        best = min(best, (time.perf_counter() - started) / len(noise))
    return [Row("descriptors, 256 px", 1 / best, "images/s")]


def main() -> None:
    """Print images a second, then accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("eurosat", type=Path, help="EuroSAT.zip")
    parser.add_argument("--images", type=int, default=27000, help="that many at random")
    parser.add_argument("--cache", type=Path, help="where embeddings are kept; else nowhere")
    chosen = parser.parse_args()
    print(f"{rows()[0].value:.0f} images of 256 x 256 pixels a second, decoded")
    images = tailprobe.read(chosen.eurosat)
    order = np.random.default_rng(0).permutation(len(images))[: chosen.images]
    images = images.rows(np.sort(order))
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        embedded = tailprobe.embed(images, "descriptors", cache=chosen.cache or Path(folder))
        seconds = time.perf_counter() - started
        x, y = np.array(embedded.vectors), images.labels.matrix.argmax(axis=1)
    print(f"{len(images)} images of 64 x 64 pixels from the archive: {seconds:.0f} s")
    order = np.random.default_rng(1).permutation(len(x))
    training, test = np.split(order, [round(0.6 * len(order))])
    print("| training images | numbers | | accuracy |\n|---|---|---|---|")
    for number in (1800, len(training)):
        for name, part in PARTS.items():
            accuracy = _accuracy(x[:, part], y, training[:number], test)
            print(f"| {number} | {x[:, part].shape[1]} | {name} | {accuracy:.3f} |", flush=True)


def _accuracy(x: np.ndarray, y: np.ndarray, training: np.ndarray, test: np.ndarray) -> float:
    """Score a ridge classifier, its strength chosen by leaving one out of the training images."""
    model = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(-1, 4, 11)))
    return model.fit(x[training], y[training]).score(x[test], y[test])


if __name__ == "__main__":
    main()
