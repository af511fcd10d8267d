"""Read the embeddings and labels of a finished run again, and compare them with the run's record."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tailprobe.datasets.check import check_images
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.precomputed.in_memory import from_arrays
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.setting import make
from tailprobe.study.embedding import embed_all, read_precomputed
from tailprobe.study.execution import Execution, default_cache
from tailprobe.study.reading import read_images


@dataclass(frozen=True, eq=False)
class StudyData:
    """The data of a run under one encoder."""

    embeddings: Embeddings
    labels: Labels


def read_study_data(
    run: Run,
    encoder: str,
    *,
    embeddings: Embeddings | np.ndarray | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> StudyData:
    """Return embeddings and labels of a run; embeddings in the cache are not computed again.

    Args:
        run: the finished run.
        encoder: the name of one of its encoders.
        embeddings: embeddings of the run's images, instead of those in the cache: as `tailprobe.embed` returns them, or
            (N, D) the array that was compared.
        cache: folder of stored embeddings; None for the default one.
        progress: called as progress(stage, done, total).

    Raises:
        InputError: images, labels or embeddings are not those of the run.
    """
    names = tuple(str(name) for name in run.folder.read_table("labels")["name"])
    labels = run.labels
    if isinstance(embeddings, np.ndarray):
        standardise = run.study.standardise is True
        embeddings, _ = from_arrays(embeddings, labels, names=names, encoder=encoder, standardise=standardise)
    stored = _embed(run, encoder, cache, progress) if embeddings is None else embeddings
    known = run.record["encoders"][encoder]["fingerprint"]
    if stored.fingerprint != known or labels.digest() != run.record["labels"]:
        raise InputError(
            f"{run.folder.path}: the images or their embeddings under {encoder} have changed since the run was "
            "computed; compare again, or make the model without refit"
        )
    if run.study.standardise != "auto":
        stored = replace(stored, standardise=run.study.standardise)
    return StudyData(align(stored, names), labels)


def _embed(run: Run, encoder: str, cache: Path | None, progress: Progress) -> Embeddings:
    study = replace(run.study, encoders=(encoder,))
    images = _reread(study)
    if not images.has_pixels:
        return read_precomputed(study)[0]
    identity = run.record["encoders"][encoder]["identity"]
    # Ranges of deep bands were taken from the first training part; the run has them.
    images = replace(check_images(images, on_bad_image=study.on_bad_image), bands=parse_bands(identity["bands"]))
    known = {name: identity[name] for name in ("runtime", "precision", "dtype") if name in identity}
    execution = make(Execution, cache=default_cache() if cache is None else cache, **known)
    return embed_all(study, images, execution, progress=progress)[encoder]


def _reread(study: Study) -> LabeledImages:
    try:
        return read_images(study)
    except InputError as error:
        if Path(study.source).exists():
            raise
        raise InputError(
            f"{study.source}: the images cannot be read again, as they were in memory or have moved ({error}); pass "
            "embeddings=, the array that was compared or what tailprobe.embed returns for the images"
        ) from error
