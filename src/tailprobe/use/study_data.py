"""The embeddings and labels of a finished run, read once more and held against what the run says of them."""

from dataclasses import dataclass, replace
from pathlib import Path

from tailprobe.datasets.check import check_images
from tailprobe.datasets.pixels.bands import parse_bands
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.errors import InputError
from tailprobe.labels import Labels
from tailprobe.progress import Progress, silent
from tailprobe.runs.run import Run
from tailprobe.setting import make
from tailprobe.study.embedding import embed_all, read_precomputed
from tailprobe.study.execution import Execution, default_cache
from tailprobe.study.reading import read_images


@dataclass(frozen=True, eq=False)
class StudyData:
    """What a run was computed on, under one encoder."""

    embeddings: Embeddings
    labels: Labels


def read_study_data(
    run: Run,
    encoder: str,
    *,
    embeddings: Embeddings | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> StudyData:
    """Return embeddings and labels of a run; embeddings that are stored are not computed again.

    Args:
        encoder: one of the run's.
        embeddings: of the run's images, where they are at hand.
        cache: the folder of stored embeddings.
        progress: told about images done.

    Raises:
        InputError: images, labels or embeddings are not those of the run.
    """
    stored = _embed(run, encoder, cache, progress) if embeddings is None else embeddings
    names = tuple(str(name) for name in run.folder.read_table("labels")["name"])
    labels = run.labels
    known = run.record["encoders"][encoder]["fingerprint"]
    if stored.fingerprint != known or labels.digest() != run.record["labels"]:
        raise InputError(
            f"{run.folder.path}: the images or their embeddings under {encoder} have changed since the run was "
            "computed; compare again, or make the model without refit"
        )
    return StudyData(align(stored, names), labels)


def _embed(run: Run, encoder: str, cache: Path | None, progress: Progress) -> Embeddings:
    study = replace(run.study, encoders=(encoder,))
    images = read_images(study)
    if not images.has_pixels:
        found = read_precomputed(study)[0]
        return found if study.standardise == "auto" else replace(found, standardise=bool(study.standardise))
    identity = run.record["encoders"][encoder]["identity"]
    # Ranges of deep bands were taken from the first training part; the run has them.
    images = replace(check_images(images, on_bad_image=study.on_bad_image), bands=parse_bands(identity["bands"]))
    known = {name: identity[name] for name in ("runtime", "precision", "dtype") if name in identity}
    execution = make(Execution, cache=default_cache() if cache is None else cache, **known)
    return embed_all(study, images, execution, progress=progress)[encoder]
