"""A table of image names and tags beside a folder, or a .zip, of images."""

from collections.abc import Sequence
from typing import Literal

from tailprobe.datasets.images import LabeledImages
from tailprobe.datasets.pixels.bands import BandSelection, Composite
from tailprobe.datasets.registry import READERS, Reader
from tailprobe.datasets.storage.image_files import OnBadImage, find_images
from tailprobe.datasets.storage.url import Source
from tailprobe.datasets.tables.columns import TABLES
from tailprobe.datasets.tables.join import join_images
from tailprobe.datasets.tables.tags import OnUnknownTag, read_tags
from tailprobe.labels import Kind


def read_table(
    source: Source,
    labels: Source | None = None,
    *,
    bands: BandSelection = Composite.RGB,
    on_bad_image: OnBadImage = "error",
    name_column: str | None = None,
    tags_column: str | None = None,
    part_column: str | None = None,
    separator: str | None = None,
    classes: Sequence[str] | None = None,
    kind: Kind | Literal["auto"] = "auto",
    on_unknown_tag: OnUnknownTag = "error",
) -> LabeledImages:
    """Read the images that a table names.

    Names may have an extension or not, and may be any tail of a path below `source`: `x`, `x.jpg`, `a/x.jpg`.

    Args:
        source: the folder or .zip of the images, or the table itself if the images lie beside it.
        labels: the table.
        bands: see `tailprobe.datasets.pixels.decode`.
        on_bad_image: "skip" leaves out rows whose image is missing, and says which in the notes.
        name_column, tags_column, part_column, separator, classes, kind, on_unknown_tag: see `read_tags`.

    Raises:
        InputError: as `read_tags` and `find_images`; an image is missing, or a name fits several.
    """
    if labels is None:
        source, labels = source.parent, source
    table = read_tags(
        labels,
        name_column=name_column,
        tags_column=tags_column,
        part_column=part_column,
        separator=separator,
        classes=classes,
        kind=kind,
        on_unknown_tag=on_unknown_tag,
    )
    return join_images(table, find_images(source, on_bad_image=on_bad_image), bands=bands, on_bad_image=on_bad_image)


def _recognises(source: Source, labels: Source | None) -> bool:
    return labels is not None or source.suffix.lower() in TABLES


READERS.add(
    "table", Reader(read_table, _recognises, "a table of image names and tags beside a folder or .zip of images")
)
