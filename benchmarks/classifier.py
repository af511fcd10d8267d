"""A classifier at work on real images: what is promised of its thresholds, and whether exports and servers agree.

    python -m benchmarks.classifier EMBEDDINGS.npz [--seeds 10] [--images EuroSAT.zip]

The file holds `embeddings` times `scale` and `labels`, as for the other benchmarks on EuroSAT. For each seed the images
are dealt into two halves, each thinned to a long tail of 100 to 1; a classifier is made of the one, and what it expects
of its thresholds is compared with what is found on the other.

With `--images` a classifier is fitted on half of the archive, thinned too, under EfficientNet-Lite0, exported as ONNX,
and 1,000 images of the other half are predicted by Python, by ONNX Runtime and over HTTP, by `tailprobe serve`.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from scipy.stats import betabinom

import tailprobe
from benchmarks.served import scores_over_http, served
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.datasets.pixels.decode import decode
from tailprobe.embeddings.embeddings import align
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.labels import Labels
from tailprobe.randomness import generator
from tailprobe.use.blocks import block_ranges, scored_blocks
from tailprobe.use.classifier import Classifier

AIMS = ("precision=0.8", "precision=0.5", "recall=0.9", "f2", "cost=10")
RARE = 60  # images of a class in the half that is fitted, at most
RATIO = 100.0


def main() -> None:
    """Print a row an aim, then how far ONNX and HTTP are from Python."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--images", type=Path)
    given = parser.parse_args()
    if given.seeds:
        table = pd.concat([promises(given.embeddings, seed) for seed in range(given.seeds)], ignore_index=True)
        print(summary(table).round(3).to_string(index=False))
    if given.images is not None:
        exported(given.images)


def promises(path: Path, seed: int) -> pd.DataFrame:
    """Return expected and found precision and recall by aim and class."""
    arrays = np.load(path, allow_pickle=False)
    vectors = arrays["embeddings"].astype(np.float32) * np.float32(arrays["scale"])
    labels = Labels.from_tags([[str(name)] for name in arrays["labels"]], kind="single-label")
    stored, images = from_arrays(vectors, labels, encoder="mobilenet")
    fitted, other = halves(images, seed)
    rows = {name: n for n, name in enumerate(stored.names)}
    x, y = vectors[[rows[name] for name in fitted.names]], fitted.labels
    made, kept = from_arrays(x, y, encoder="mobilenet")
    with tempfile.TemporaryDirectory() as folder, patch("tailprobe.study.run.DRAWN", {}):
        run = tailprobe.compare(kept, embeddings=made, methods=["baseline"], seeds=5, seed=100 * seed, out=folder)
        models = {
            "study": Classifier.of(run, embeddings=made),
            "refit": Classifier.of(run, refit="all", embeddings=made),
        }
    new = align(stored, other.names).vectors
    found = [
        {"head": head, **row}
        for head, classifier in models.items()
        for aim in AIMS
        for row in _of_aim(classifier, aim, classifier.predict_proba(new), other.labels)
    ]
    return pd.DataFrame(found).assign(seed=seed)


def halves(images: LabeledImages, seed: int) -> tuple[LabeledImages, LabeledImages]:
    """Return two halves of the images, each thinned to a long tail."""
    rng = generator(seed, "halves")
    first = np.zeros(len(images), dtype=bool)
    for column in images.labels.matrix.T:
        carried = rng.permutation(np.flatnonzero(column))
        first[carried[: len(carried) // 2]] = True
    parts = (images.rows(np.flatnonzero(first)), images.rows(np.flatnonzero(~first)))
    one, two = (thin_to_long_tail(part, ratio=RATIO, rng=generator(seed, "thin")) for part in parts)
    return one, two


def _of_aim(classifier: Classifier, aim: str, scores: np.ndarray, labels: Labels) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for c, decision in enumerate(classifier.decisions(aim)):
        tagged, carried = scores[:, c] > decision.threshold, labels.matrix[:, c]
        hits, look = int((tagged & carried).sum()), decision.images_to_look_at(len(scores))
        right, found_of_class = (hits, int(tagged.sum())), (hits, int(carried.sum()))
        found.append(
            {
                "aim": aim,
                "rare": int(classifier.facts.class_figures[c][1]) <= RARE,
                "precision": decision.precision,
                "precision_found": hits / tagged.sum() if tagged.any() else np.nan,
                "precision_inside": _inside(*right, decision.precision_counts),
                "recall": decision.recall,
                "recall_found": hits / carried.sum(),
                "recall_inside": _inside(*found_of_class, decision.recall_counts),
                "tagged": look[0],
                "tagged_found": int(tagged.sum()),
                "tagged_inside": look[1][0] <= tagged.sum() <= look[1][1],
            }
        )
    return found


def _inside(yes: int, images: int, counts: tuple[float, float]) -> float:
    """Return 1 if `yes` of `images` are within the 95% prediction interval of a rate, 0 if not, NaN without images."""
    if not images or np.isnan(counts[0]):
        return np.nan
    low, high = (betabinom.ppf(tail, images, counts[0] + 0.5, counts[1] + 0.5) for tail in (0.025, 0.975))
    return float(low <= yes <= high)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return means over classes and seeds, for rare and other classes, by a head of the study and one refitted."""
    numbers = [name for name in table.columns if name not in ("head", "aim", "rare", "seed")]
    means = table.astype({"tagged_inside": float}).groupby(["head", "aim", "rare"])[numbers].mean()
    return means.reset_index()


def fitted_on_images(archive: Path, folder: Path) -> tuple[Classifier, LabeledImages]:
    """Return a classifier under EfficientNet-Lite0 of one half of the images, and 1,000 images of the other."""
    fitted, other = halves(tailprobe.read(archive), 0)
    with patch("tailprobe.study.run.DRAWN", {}):
        run = tailprobe.compare(
            fitted, encoders=["efficientnet_lite0"], methods=["baseline"], seeds=5, precision="float32",
            out=folder / "run",
        )  # fmt: skip
        classifier = Classifier.of(run)
    return classifier, other.rows(np.sort(generator(0, "new").permutation(len(other))[:1000]))


def exported(archive: Path) -> None:
    """Fit on images, export and serve, and compare 1,000 new images' scores by Python, ONNX Runtime and HTTP."""
    from tailprobe.use.export.onnx_file import INPUT, export_onnx, required_runtime, start_session

    with tempfile.TemporaryDirectory() as folder:
        classifier, other = fitted_on_images(archive, Path(folder))
        model = Path(folder) / "model.onnx"
        checked = export_onnx(classifier, model)
        session = start_session(required_runtime(), model.read_bytes())
        with served(classifier.save(Path(folder) / "model")) as url:
            http = scores_over_http(url, [source.read() for source in other.image_sources], classifier.classes)
    new = replace(other, labels=Labels(np.zeros((len(other), 0), bool), (), "multi-label"))
    blocks = list(scored_blocks(classifier, new, block_ranges(len(new))))
    python = np.concatenate([classifier.calibration.probabilities(block.log_odds) for block in blocks])
    pixels = [decode(source.read(), bands=new.band_selection, where=str(source)) for source in new.image_sources]
    batches = [np.stack(pixels[start : start + 50]) for start in range(0, len(pixels), 50)]
    onnx = np.concatenate([session.run(None, {INPUT: batch})[0] for batch in batches])
    print(f"export: largest difference {checked.largest_difference:.1e} on {checked.images} images of noise")
    for name, scores in (("ONNX Runtime", onnx), ("HTTP", http)):
        print(f"{len(new):,} images: largest difference of a probability by {name} {np.abs(python - scores).max():.1e}")


if __name__ == "__main__":
    main()
