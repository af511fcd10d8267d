"""What a review works on: a classifier, new images with their scores, and the labelled images it was made of."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.storage.file_source import FileSource
from tailprobe.datasets.storage.url import absolute
from tailprobe.embeddings.compute import embed
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.progress import Progress, silent
from tailprobe.registry import did_you_mean
from tailprobe.runs.run import Run
from tailprobe.study.execution import default_cache
from tailprobe.study.mistakes import file_of
from tailprobe.study.reading import read_images
from tailprobe.use.classifier import Classifier
from tailprobe.use.new_images import read_new_images
from tailprobe.use.storage import ABOUT, RUN, load_classifier
from tailprobe.use.study_data import read_study_data

_LOG = logging.getLogger(__name__)
_HEADS = 5  # of a study, whose probabilities are averaged
_BLOCK = 4096
_RARE = 25  # percentile of the classes' images, if no study says which classes are rare


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labelled images of a study, in the order of its labels."""

    run: Run
    names: tuple[str, ...]
    labels: Labels  # (N, C)
    images: LabeledImages | None = None  # None if they are no longer available
    vectors: Float[np.ndarray, "N D"] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The path or URL of each image, empty if it is not a separate file."""
        if self.images is None:
            return ("",) * len(self.names)
        return tuple(file_of(self.images, row) for row in range(len(self.names)))


@dataclass(frozen=True, eq=False)
class Material:
    """A classifier, new images with their scores, and the labelled images."""

    classifier: Classifier
    new: LabeledImages
    vectors: Float[np.ndarray, "M D"]  # of the new images; may be memory-mapped
    probabilities: Float64[np.ndarray, "M C"]
    labelled: Labelled | None  # None for a model without its comparison
    rare: tuple[int, ...]  # the classes that are reviewed


def read_material(
    source: Path,
    new: str,
    *,
    classes: Sequence[str] = (),
    cache: Path | None = None,
    weights: Path | None = None,
    allow_code: bool = False,
    progress: Progress = silent,
) -> Material:
    """Read a run or a model, embed the new images and score them.

    Args:
        source: a run folder or a model folder.
        new: new images, as `tailprobe predict` takes them; those among them that are labelled are left out.
        classes: those to review; by default the low-frequency ones.
        cache: the folder of stored embeddings.
        weights, allow_code: as of `load_classifier`.

    Raises:
        InputError: the source is neither, a class is not known, or nothing is left to review.
    """
    folder = default_cache() if cache is None else cache
    classifier, run = _open(source, weights, allow_code, progress)
    rare = _classes(classifier, run, classes)
    labelled = None if run is None else read_labelled(run, classifier, folder, progress)
    found = read_new_images(absolute(new), bands=classifier.encoder.bands, on_bad_image="skip")
    found = without_labelled(found, labelled)
    if not found.has_pixels or not len(found):
        raise InputError(f"{new}: holds no image that is not labelled already")
    stored = embed(found, classifier.loaded_encoder, cache=folder, on_bad_image="skip", progress=progress)
    place = {name: row for row, name in enumerate(found.names)}
    found = found.rows(np.array([place[name] for name in stored.names], dtype=np.int64))
    return Material(classifier, found, stored.vectors, _score(classifier, stored.vectors), labelled, rare)


def _open(source: Path, weights: Path | None, allow_code: bool, progress: Progress) -> tuple[Classifier, Run | None]:
    if (source / ABOUT).exists():
        run = Run.load(source / RUN) if (source / RUN / "run.json").exists() else None
        return load_classifier(source, weights=weights, allow_code=allow_code), run
    run = Run.load(source)
    heads = min(_HEADS, len(run.results["seed"].unique()))
    return Classifier.of(run, ensemble=heads, progress=progress), run


def _classes(classifier: Classifier, run: Run | None, names: Sequence[str]) -> tuple[int, ...]:
    known = classifier.classes
    for name in names:
        if name not in known:
            near = did_you_mean(name, known) or "."
            raise InputError(f"--class {name!r}: there is no such class{near} The model has {', '.join(known)}")
    if names:
        return tuple(known.index(name) for name in names)
    counts = np.array([figures[1] for figures in classifier.facts.class_figures])
    if run is None:
        return tuple(int(c) for c in np.flatnonzero(counts <= np.percentile(counts, _RARE)))
    return tuple(int(c) for c in np.flatnonzero(run.classes["low_frequency"].to_numpy(bool)))


def read_labelled(run: Run, classifier: Classifier, cache: Path, progress: Progress) -> Labelled:
    """Return the labelled images of a run; without pixels and embeddings if they have changed or are gone."""
    names = tuple(str(name) for name in run.folder.read_table("labels")["name"])
    alone = Labelled(run, names, run.labels)
    try:
        data = read_study_data(run, classifier.encoder.name, cache=cache, progress=progress)
        images = read_images(run.study)
        place = {name: row for row, name in enumerate(images.names)}
        images = images.rows(np.array([place[name] for name in names], dtype=np.int64))
    except (InputError, KeyError) as error:
        _LOG.info("labelled images are not shown: %s", error)
        return alone
    return Labelled(run, names, run.labels, images if images.has_pixels else None, data.embeddings.vectors)


def without_labelled(new: LabeledImages, labelled: Labelled | None) -> LabeledImages:
    """Return the new images that are not labelled already, by name or as the same file.

    A table of labels may name an image by more of its path than the folder that is given now does.

    Raises:
        InputError: a new image has the name of a labelled one and is another file: no table could tell them apart.
    """
    if labelled is None:
        return new
    known = {name: row for row, name in enumerate(labelled.names)}
    files = set() if labelled.images is None else set(map(_file, labelled.images.image_sources))
    others = [i for i, source in enumerate(new.image_sources) if _file(source) not in files]
    new = new.rows(np.array(others, dtype=np.int64))
    for i, name in enumerate(new.names):
        if name not in known or labelled.images is None:
            continue
        ours, theirs = str(new.image_sources[i]), str(labelled.images.image_sources[known[name]])
        raise InputError(
            f"{ours}: has the name of a labelled image, {theirs}, so that a table of labels could not tell them "
            "apart; rename it, or put all images in one folder and give that"
        )
    kept = [i for i, name in enumerate(new.names) if name not in known]
    return new.rows(np.array(kept, dtype=np.int64))


def _file(source: object) -> str:
    """Return what tells one image file from another, however its path is written."""
    if isinstance(source, FileSource) and isinstance(source.path, Path):
        return str(FileSource(Path(os.path.realpath(source.path)), source.member))
    return str(source)


def _score(classifier: Classifier, vectors: Float[np.ndarray, "M D"]) -> Float64[np.ndarray, "M C"]:
    blocks = [
        classifier.predict_proba(np.array(vectors[start : start + _BLOCK], dtype=np.float32))
        for start in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(blocks)
