"""The images of a study: read, thinned, checked and grouped."""

from tailprobe.datasets.check import check_images
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.datasets.read import read
from tailprobe.embeddings.embeddings import Embeddings, align
from tailprobe.embeddings.precomputed.read import holds_embeddings
from tailprobe.progress import Progress, silent
from tailprobe.randomness import generator
from tailprobe.runs.settings import Study
from tailprobe.study.embedding import group_column, read_precomputed, reader_options
from tailprobe.study.groups import NEAR, group_images


def read_images(study: Study, given: LabeledImages | None = None) -> LabeledImages:
    """Read the images of a study, or take those that are `given`, thinned to a long tail if `long_tail` is set."""
    images = _read(study) if given is None else given
    if study.long_tail:
        images = thin_to_long_tail(images, ratio=study.long_tail, rng=generator(study.seed, "long tail"))
    return images


def _read(study: Study) -> LabeledImages:
    options = reader_options(study)
    if holds_embeddings(study.source, str(options.get("format", "auto"))):
        return read_precomputed(study)[1]
    return read(study.source, on_bad_image=study.on_bad_image, **options)


def check(
    images: LabeledImages, study: Study, *, embeddings: Embeddings | None = None, progress: Progress = silent
) -> LabeledImages:
    """Check that every image can be opened, unless there are only embeddings, and group the images.

    Args:
        images: from `read_images`.
        study: the settings.
        embeddings: embeddings of the images, if they are in memory; otherwise those of the study's source are read if
            near duplicates have to be found in them.
        progress: called as progress(stage, done, total).

    Raises:
        InputError: as `check_images` and `group_images`.
    """
    if images.has_pixels:
        images = check_images(images, on_bad_image=study.on_bad_image)
    elif group_column(study) == NEAR:
        embeddings = align(read_precomputed(study)[0] if embeddings is None else embeddings, images.names)
    return group_images(
        images, group_column(study), on_bad_image=study.on_bad_image, embeddings=embeddings, progress=progress
    )
