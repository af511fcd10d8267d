"""The images of a study: read, thinned and checked."""

from typing import Any

from tailprobe.datasets.check import check_images
from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.long_tail import thin_to_long_tail
from tailprobe.datasets.read import read
from tailprobe.embeddings.precomputed.read import holds_embeddings
from tailprobe.randomness import generator
from tailprobe.runs.settings import Study
from tailprobe.study.embedding import read_precomputed


def read_images(study: Study) -> LabeledImages:
    """Read the images of a study, thinned to a long tail where it asks so."""
    options: dict[str, Any] = dict(study.reader)  # checked by the reader, against what its format takes
    if holds_embeddings(study.source, str(options.get("format", "auto"))):
        images = read_precomputed(study)[1]
    else:
        images = read(study.source, on_bad_image=study.on_bad_image, **options)
    if study.long_tail:
        images = thin_to_long_tail(images, ratio=study.long_tail, rng=generator(study.seed, "long tail"))
    return images


def check(images: LabeledImages, study: Study) -> LabeledImages:
    """Check that every image can be opened, where there are images and not their embeddings alone."""
    return check_images(images, on_bad_image=study.on_bad_image) if images.has_pixels else images
