"""Images without labels, for embedding."""

import numpy as np

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage, find_images
from tailprobe.datasets.storage.url import Source
from tailprobe.errors import InputError
from tailprobe.labels import Labels

FORMAT = "images"  # the value of --format


def read_unlabelled(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
) -> LabeledImages:
    """Read every image below a folder or in a .zip, without labels; names are paths below it.

    Args:
        source: the folder or .zip.
        labels: must be None.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out members of a .zip that cannot be extracted.

    Raises:
        InputError: there is no image, or a table of labels is given.
    """
    if labels is not None:
        raise InputError(f"{labels}: format 'images' takes no labels; pass --format table")
    files = find_images(source, on_bad_image=on_bad_image)
    if not files.paths:
        raise InputError(f"{source}: expected images, found none; pass the folder that contains them")
    return LabeledImages(
        names=files.paths,
        image_sources=files.sources,
        labels=Labels(np.zeros((len(files.paths), 0), dtype=bool), (), "multi-label"),
        source=str(source),
        bands=bands,
        notes=(*files.notes, "the images have no labels: they can only be embedded"),
    )


def _recognises(source: Source, labels: Source | None) -> bool:
    return False  # only on request, or for `embed`: any folder of images would match


READERS.add(FORMAT, Reader(read_unlabelled, _recognises, "a folder or .zip of images without labels, for embedding"))
